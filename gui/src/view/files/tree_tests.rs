#![allow(clippy::unwrap_used)]

use orchestrator::failure::Code;
use proptest::prelude::*;

use super::*;
use crate::samples::entry;

fn folder(names: &[&str]) -> Arc<Folder> {
    let entries = names.iter().map(|name| entry(name)).collect();
    Arc::new(Folder::of(Listing { entries, ..Listing::default() }))
}

fn paths(tree: &Tree) -> Vec<String> {
    (0..tree.rows().len())
        .map(|at| match tree.shown(at).unwrap() {
            (_, Shown::Entry { .. }) => tree.path(at).unwrap().to_string(),
            (_, Shown::Note { note, folder, .. }) => format!("{folder} {note:?}"),
        })
        .collect()
}

fn tree() -> Tree {
    let mut tree = Tree::default();
    tree.put(&"".into(), Ok(Some(folder(&["b.txt", "a10", "a2", "src/", "Docs/"]))));
    tree
}

#[test]
fn directories_stand_first_and_numbers_count_as_numbers() {
    assert_eq!(paths(&tree()), ["Docs", "src", "a2", "a10", "b.txt"]);
}

#[test]
fn a_path_is_whole_once_the_directory_is_known_and_one_that_is_whole_stays() {
    let listing = Listing { directory: "/srv/app".into(), ..Listing::default() };
    let mut tree = Tree::default();
    assert_eq!(tree.whole(&"src/a.rs".into()), "src/a.rs".into());
    tree.put(&"".into(), Ok(Some(Arc::new(Folder::of(listing)))));
    for (path, whole) in
        [("src/a.rs", "/srv/app/src/a.rs"), ("", "/srv/app"), ("/etc/hosts", "/etc/hosts")]
    {
        assert_eq!(tree.whole(&path.into()), whole.into());
    }
}

#[test]
fn a_directory_is_asked_for_when_it_is_unfolded_and_not_again() {
    let mut tree = tree();
    assert!(tree.unfold(&"src".into(), true));
    assert!(tree.ask(&"src".into()));
    assert!(!tree.ask(&"src".into()));
    assert_eq!(paths(&tree)[..3], ["Docs", "src", "src Waits"]);
    tree.put(&"src".into(), Ok(Some(folder(&["main.rs", "empty/"]))));
    assert_eq!(paths(&tree)[..4], ["Docs", "src", "src/empty", "src/main.rs"]);
    assert!(!tree.unfold(&"src".into(), false));
    assert!(!tree.unfold(&"src".into(), true));
    assert_eq!(tree.row_of(&"src/main.rs".into()), Some(3));
    assert_eq!(tree.row_of(&"src/nothing".into()), None);
}

#[test]
fn what_can_t_be_listed_says_so_below_it_and_keeps_what_was_known() {
    let mut tree = tree();
    tree.unfold(&"src".into(), true);
    tree.put(&"src".into(), Ok(Some(folder(&["main.rs"]))));
    tree.put(&"src".into(), Err(Failure::new(Code::PermissionDenied, "no")));
    assert_eq!(paths(&tree)[1..4], ["src", "src Failed", "src/main.rs"]);
    tree.put(&"src".into(), Ok(None));
    assert_eq!(paths(&tree)[1..3], ["src", "src/main.rs"]);
    tree.put(&"src".into(), Err(Failure::new(Code::NotFound, "gone")));
    assert_eq!(paths(&tree)[1..4], ["src", "src Failed", "a2"]);
}

#[test]
fn a_filter_finds_what_is_known_below_folded_directories_and_what_leads_there() {
    let mut tree = tree();
    tree.put(&"src".into(), Ok(Some(folder(&["main.rs", "lib.rs"]))));
    tree.set_filter("MAIN");
    assert_eq!(paths(&tree), ["src", "src/main.rs"]);
    tree.set_filter("nothing");
    assert!(tree.rows().is_empty());
    tree.set_filter("");
    assert_eq!(paths(&tree).len(), 5);
}

#[test]
fn only_directories_in_sight_are_looked_at() {
    let mut tree = tree();
    tree.unfold(&"src".into(), true);
    tree.put(&"src".into(), Ok(Some(folder(&["main.rs"]))));
    let of = |tree: &Tree, rows| -> Vec<String> {
        tree.folders_of(rows).iter().map(ToString::to_string).collect()
    };
    assert_eq!(of(&tree, 0..1), [""]);
    assert_eq!(of(&tree, 0..2), ["", "src"]);
    assert_eq!(of(&tree, 2..3), ["", "src"]);
    assert_eq!(of(&tree, 3..9), [""]);
}

#[test]
fn what_leads_to_a_file_is_unfolded() {
    let mut tree = tree();
    let wanted = tree.reveal(&"src/deep/x.rs".into());
    assert_eq!(wanted, [FilePath::from("src/deep"), FilePath::from("src")]);
    tree.put(&"src".into(), Ok(Some(folder(&["deep/"]))));
    tree.put(&"src/deep".into(), Ok(Some(folder(&["x.rs"]))));
    assert!(tree.row_of(&"src/deep/x.rs".into()).is_some());
    tree.forget(&"src/deep".into());
    assert_eq!(tree.row_of(&"src/deep/x.rs".into()), None);
}

#[test]
fn names_are_shown_so_that_nothing_hides_in_them() {
    assert_eq!(shown_name(&" a ".into()), "·a·");
    assert_eq!(shown_name(&"a b".into()), "a b");
    assert_eq!(shown_name(&FilePath(b"\xff\n".to_vec())), "\\xff\\n");
    assert_eq!(shown_name(&"a\u{202e}b".into()), "a<202e>b");
    assert_eq!(shown_name(&"  ".into()), "··");
}

proptest! {
    #[test]
    fn sorting_is_an_order_and_loses_nothing(names in prop::collection::btree_set("[a-cA-C0-9 .]{1,6}/?", 0..30)) {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let sorted = folder(&names);
        prop_assert_eq!(sorted.entries.len(), names.len());
        for pair in sorted.entries.windows(2) {
            prop_assert!(by_numbers(&pair[0].small, &pair[1].small).is_le() || pair[0].file.kind != pair[1].file.kind);
        }
    }

    #[test]
    fn a_path_is_its_directory_and_its_name(bytes in prop::collection::vec(any::<u8>(), 1..20)) {
        prop_assume!(!bytes.windows(2).any(|pair| pair == b"//"));
        let path = FilePath(bytes);
        let (folder, name) = parted(&path);
        if path.bytes().contains(&b'/') {
            let again = folder.join(name);
            prop_assert_eq!(again.bytes(), path.bytes());
        } else {
            prop_assert_eq!(name, path.bytes());
        }
    }
}
