//! Whatever an account's login shell is, and whichever `sh` its machine has.

use std::sync::Arc;

use baton_tests::{LoginShells, TestSshd};
use shared_history::{Appended, Files, FilesError, Known, Mend};

use crate::bed::{Machine, NAME, Project, Tools, append, append_surely, entry, inode};
use crate::support::openssh_as;

/// All that is done with a file, once.
pub async fn whole_life(project: &Project, of: &str) {
    let mut expected = Vec::new();
    for (id, summary) in [("1", "größe"), ("2", "it's"), ("3", "\u{7f}")] {
        let line = entry(id, summary);
        project.add(id, &line).await;
        expected.extend([&line[..], b"\n"].concat());
    }
    assert!(project.bytes() == expected, "{of}");
    let long = entry("4", &"länger ".repeat(5_000));
    let both = [("3", &entry("3", "\u{7f}")[..]), ("4", &long[..])];
    let done = append(&project.files, &both, true, None).await.unwrap();
    assert!(matches!(done, Appended::Done { found: 1, .. }), "{of}: {done:?}");
    expected.extend([&long[..], b"\n"].concat());
    assert!(project.bytes() == expected, "{of}");

    let known = Known { name: NAME.into(), identity: inode(&project.file()), offset: 300 };
    let look = project.files.look(&[known], 1024 * 1024).await.unwrap();
    let fresh = look.files[0].fresh.clone().unwrap();
    assert!(fresh.bytes == expected[300..] && fresh.seam == expected[44..300], "{of}");
    let read = crate::bed::read(&project.files, NAME, 10, 1_000_000).await;
    assert!(read == expected[10..], "{of}");

    let trimmed = project.files.trim(NAME, 2).await.unwrap();
    assert_eq!(trimmed.removed, 2, "{of}");
    let kept = [&entry("3", "\u{7f}")[..], b"\n", &long[..], b"\n"].concat();
    assert!(project.bytes() == kept, "{of}");

    std::fs::write(project.file(), [&kept[..], b"{\"id\":\"to"].concat()).unwrap();
    let torn = project.append(&[("5", b"{}")]).await.unwrap();
    let (from, size) = (kept.len() as u64, kept.len() as u64 + 9);
    assert!(matches!(torn, Appended::Torn { from: at, .. } if at == from), "{of}: {torn:?}");
    let mend = Some(Mend { from, size, is_whole: false });
    append(&project.files, &[("5", b"{}")], false, mend).await.unwrap();
    assert!(project.bytes() == [&kept[..], b"{}\n"].concat(), "{of}");
    assert_eq!(project.litter(), [format!(".{NAME}.torn")], "{of}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_lives_its_whole_life_under_every_login_shell() {
    let sshd = Arc::new(TestSshd::builder().login_shells(LoginShells::usable()).start());
    for shell in LoginShells::usable_names() {
        let host = openssh_as(&sshd, shell);
        whole_life(&Project::new(&host.connection), shell).await;
        host.connection.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_lives_its_whole_life_under_every_sh_and_with_every_lock() {
    let machines = [
        ("dash", Tools::All),
        ("bash", Tools::All),
        ("mksh", Tools::All),
        ("busybox", Tools::NoLock),
        ("dash", Tools::Flock),
        ("bash", Tools::Flock),
        ("mksh", Tools::Flock),
        ("dash", Tools::Perl),
        ("bash", Tools::Perl),
        ("mksh", Tools::Perl),
        ("dash", Tools::NoLock),
        ("bash", Tools::NoLock),
        ("mksh", Tools::NoLock),
    ];
    let all = machines.map(|(sh, tools)| {
        tokio::spawn(async move {
            let machine = Machine::new(sh, tools);
            whole_life(&Project::new(&machine.connection), &format!("{sh} {tools:?}")).await;
            machine.connection.close().await;
        })
    });
    for one in futures::future::join_all(all).await {
        one.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_is_found_from_home_wherever_it_is() {
    let machine = Machine::new("dash", Tools::All);
    let home = machine.home.path();
    for (named, dir) in [
        (Some("~/größe it's"), "größe it's"),
        (Some("-x y"), "-x y"),
        (Some("a/b"), "a/b"),
        (None, "."),
    ] {
        let dir = home.join(dir);
        std::fs::create_dir_all(&dir).unwrap();
        let named = named.map(str::to_owned);
        let files = orchestrator::history::ShellFiles::new(machine.connection.clone(), named);
        append_surely(&files, "1", &entry("1", "x")).await;
        assert!(dir.join(".maestro/history").join(NAME).exists(), "{dir:?}");
        let look = files.look(&[], 0).await.unwrap();
        let expected = dir.canonicalize().unwrap();
        assert_eq!(look.root, expected.to_str().unwrap().as_bytes());
        assert_eq!(crate::bed::read(&files, NAME, 0, 7).await, b"{\"id\":\"");
    }
    let nowhere =
        orchestrator::history::ShellFiles::new(machine.connection.clone(), Some(String::new()));
    let refused = nowhere.look(&[], 0).await.unwrap_err();
    assert!(matches!(refused, FilesError::Unreachable(_)), "{refused:?}");
    machine.connection.close().await;
}
