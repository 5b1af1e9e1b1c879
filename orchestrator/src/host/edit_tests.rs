#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use proptest::prelude::*;

use super::*;
use crate::host::{TransportKind, parse};

const BY_HAND: &str = r#"# My machines, do not reorder

# the fast one
[host.gpu]   # attic
host = 'gpu.example'   # not the old one
port =   2222
env = { B = "2",   A = "1" } # order is mine

# lab, ask Bob
[host.lab]
ssh_config = "lab"

# nothing below
"#;

fn host(id: &str) -> HostConfig {
    HostConfig::new(HostId::new(id), id, format!("{id}.example"))
}

fn of(text: &str, id: &str) -> HostConfig {
    parse(text).unwrap().get(&HostId::new(id)).unwrap().clone()
}

#[test]
fn writing_what_is_there_already_changes_nothing() {
    let same = [Change::Put(of(BY_HAND, "gpu")), Change::Put(of(BY_HAND, "lab"))];
    assert_eq!(apply(BY_HAND, &same).unwrap(), BY_HAND);
}

#[test]
fn a_changed_value_changes_nothing_around_it() {
    let mut gpu = of(BY_HAND, "gpu");
    gpu.host = "gpu2.example".into();
    gpu.env.insert("A".into(), "9".into());
    let expected =
        BY_HAND.replace("'gpu.example'", "\"gpu2.example\"").replace("A = \"1\"", "A = \"9\"");
    assert_eq!(apply(BY_HAND, &[Change::Put(gpu)]).unwrap(), expected);
}

#[test]
fn a_value_that_is_unset_leaves_the_file() {
    let mut gpu = of(BY_HAND, "gpu");
    gpu.port = None;
    gpu.env.clear();
    let text = apply(BY_HAND, &[Change::Put(gpu.clone())]).unwrap();
    assert!(!text.contains("port") && !text.contains("env"), "{text}");
    assert_eq!(of(&text, "gpu"), gpu);
}

#[test]
fn a_new_entry_goes_to_the_end_and_moves_no_comment() {
    let text = apply(BY_HAND, &[Change::Put(host("new"))]).unwrap();
    assert_eq!(text, format!("{BY_HAND}\n[host.new]\nhost = \"new.example\"\n"));
}

#[test]
fn the_first_entry_goes_below_the_comments_of_the_file() {
    let text = apply("# mine\n", &[Change::Put(host("new"))]).unwrap();
    assert_eq!(text, "# mine\n\n[host.new]\nhost = \"new.example\"\n");
    let text = apply("", &[Change::Put(host("new"))]).unwrap();
    assert_eq!(text, "[host.new]\nhost = \"new.example\"\n");
}

#[test]
fn a_removed_entry_takes_its_own_comment_and_leaves_the_files_heading() {
    let text = apply(BY_HAND, &[Change::Remove(HostId::new("gpu"))]).unwrap();
    assert_eq!(
        text,
        "# My machines, do not reorder\n\n# lab, ask Bob\n[host.lab]\nssh_config = \"lab\"\n\n# nothing below\n"
    );
    let text = apply(&text, &[Change::Remove(HostId::new("lab"))]).unwrap();
    assert_eq!(text, "# My machines, do not reorder\n\n\n# nothing below\n");
}

#[test]
fn the_default_is_set_and_cleared_and_goes_with_its_host() {
    let gpu = HostId::new("gpu");
    let text = apply(BY_HAND, &[Change::Default(Some(gpu.clone()))]).unwrap();
    assert!(
        text.starts_with(
            "# My machines, do not reorder\n\ndefault = \"gpu\"\n\n# the fast one\n[host.gpu]"
        ),
        "{text}"
    );
    let cleared = apply(&text, &[Change::Default(None)]).unwrap();
    assert!(cleared.starts_with("# My machines, do not reorder\n\n"), "{cleared}");
    assert_eq!(parse(&cleared).unwrap(), parse(BY_HAND).unwrap());

    let removed = apply(&text, &[Change::Remove(gpu)]).unwrap();
    assert_eq!(parse(&removed).unwrap().default, None);
    assert!(removed.contains("# My machines"), "{removed}");
}

#[test]
fn entries_written_in_other_ways_are_edited_in_place() {
    for text in [
        "host.a.host = \"x\"\nhost.b.host = \"y\"\n",
        "host = { a = { host = \"x\" }, b = { host = \"y\" } }\n",
        "[host]\na = { host = \"x\" }\nb = { host = \"y\" }\n",
        "[host.a]\nhost = \"x\"\n[host.a.env]\n# why\nK = \"1\"\n[host.b]\nhost = \"y\"\n",
    ] {
        let mut a = of(text, "a");
        a.user = Some("ada".into());
        a.env.insert("K2".into(), "2".into());
        let changes =
            [Change::Put(a.clone()), Change::Remove(HostId::new("b")), Change::Put(host("c"))];
        let edited = apply(text, &changes).unwrap();
        let hosts = parse(&edited).unwrap_or_else(|problems| panic!("{problems:?}\n{edited}"));
        assert_eq!(hosts.hosts, [a, host("c")], "{edited}");
        assert_eq!(edited.contains("# why"), text.contains("# why"), "{edited}");
    }
}

fn any_host() -> impl Strategy<Value = HostConfig> {
    let word = "[a-z][a-z0-9.]{0,8}";
    (
        "[a-z][a-z0-9_-]{0,5}",
        word,
        proptest::option::of(1_u16..),
        proptest::option::of(word),
        proptest::option::of("[ -~é]{1,8}"),
        proptest::collection::btree_map("[A-Z_][A-Z0-9_]{0,4}", "[^\\x00]{0,6}", 0..3),
        (any::<bool>(), any::<bool>(), any::<bool>()),
    )
        .prop_map(|(id, address, port, user, dir, env, (enabled, native, alias))| {
            let mut host = HostConfig::new(HostId::new(&id), format!("{id} name"), address);
            host.port = port;
            host.user = user;
            host.remote_dir = dir;
            host.env = env;
            host.enabled = enabled;
            host.ssh_config = alias.then(|| host.host.clone());
            if native {
                host.transport = TransportKind::Native;
            }
            host
        })
        .prop_filter("`local` is this machine", |host| host.id.as_str() != "local")
}

proptest! {
    #[test]
    fn what_is_written_is_read_back_and_the_rest_stays(
        hosts in proptest::collection::vec(any_host(), 1..6),
        gone in any::<prop::sample::Index>(),
    ) {
        let mut text = BY_HAND.to_owned();
        let mut expected = parse(BY_HAND).unwrap().hosts;
        for host in hosts {
            text = apply(&text, &[Change::Put(host.clone())]).unwrap();
            match expected.iter_mut().find(|old| old.id == host.id) {
                Some(old) => *old = host,
                None => expected.push(host),
            }
        }
        prop_assert_eq!(&parse(&text).unwrap().hosts, &expected);
        prop_assert!(text.starts_with(BY_HAND), "{}", text);

        let gone = expected.remove(gone.index(expected.len()));
        text = apply(&text, &[Change::Remove(gone.id)]).unwrap();
        prop_assert_eq!(&parse(&text).unwrap().hosts, &expected);
    }
}
