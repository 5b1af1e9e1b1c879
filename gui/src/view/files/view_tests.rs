#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use egui::{Key, Modifiers, Role};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{FileEntry, FileKind, FilePath, Listing, SessionId};

use super::*;
use crate::samples::entry;
use crate::testing::harness;

pub(super) struct World {
    pub(super) view: FilesView,
    pub(super) transfers: Vec<Transfer>,
    pub(super) dropping: bool,
    pub(super) tree: Tree,
    reached: bool,
    pub(super) acts: Vec<FilesAct>,
}

pub(super) fn folder(entries: Vec<FileEntry>) -> Arc<Folder> {
    let directory = "/srv/api".into();
    Arc::new(Folder::of(Listing { directory, entries, ..Listing::default() }))
}

pub(super) fn tree() -> Tree {
    let mut tree = Tree::default();
    let names = ["src/", "docs/", "README.md", "run.sh", "build.rs"];
    tree.put(&"".into(), Ok(Some(folder(names.into_iter().map(entry).collect()))));
    tree
}

pub(super) fn window(tree: Tree) -> Harness<'static, World> {
    let world = World {
        view: FilesView::default(),
        transfers: Vec::new(),
        dropping: false,
        tree,
        reached: true,
        acts: Vec::new(),
    };
    let session = SessionId::new("s");
    let mut window = harness(world, move |ui, world| {
        let data = FilesData {
            session: Some(&session),
            tree: &world.tree,
            directory: "~/api",
            host: "box",
            reached: world.reached,
            shown: None,
            transfers: &world.transfers,
            dropping: world.dropping,
        };
        let acts = world.view.ui(ui, &data);
        // As the window does it.
        for act in &acts {
            match act {
                FilesAct::Unfold { path, open } => {
                    world.tree.unfold(path, *open);
                }
                FilesAct::Filter(filter) => world.tree.set_filter(filter),
                _ => {}
            }
        }
        let acts = acts.into_iter().filter(|act| !matches!(act, FilesAct::Look(_)));
        world.acts.extend(acts);
    });
    window.run();
    window
}

pub(super) fn press(window: &mut Harness<'static, World>, key: Key) {
    window.key_press(key);
    window.run();
}

fn open(path: &str, stays: bool) -> FilesAct {
    FilesAct::Open { path: path.into(), stays }
}

#[test]
fn a_click_unfolds_a_directory_and_opens_a_file() {
    let mut window = window(tree());
    window.get_by_role_and_label(Role::TreeItem, "src").click();
    window.run();
    window.get_by_role_and_label(Role::TreeItem, "README.md").click();
    window.run();
    let unfold = FilesAct::Unfold { path: "src".into(), open: true };
    assert_eq!(window.state().acts, [unfold, open("README.md", false)]);
}

#[test]
fn the_tree_is_used_by_arrow_keys_letters_and_enter() {
    let mut window = window(tree());
    window.state_mut().view.focus();
    window.run();
    // docs, src, build.rs, README.md, run.sh
    press(&mut window, Key::ArrowDown);
    press(&mut window, Key::ArrowRight);
    let unfold = FilesAct::Unfold { path: "src".into(), open: true };
    assert_eq!(window.state().acts, [unfold]);
    window.state_mut().tree.put(&"src".into(), Ok(Some(folder(vec![entry("main.rs")]))));
    window.run();
    press(&mut window, Key::ArrowRight);
    press(&mut window, Key::Enter);
    assert_eq!(window.state().acts.last(), Some(&open("src/main.rs", false)));
    press(&mut window, Key::ArrowLeft);
    press(&mut window, Key::ArrowLeft);
    let fold = FilesAct::Unfold { path: "src".into(), open: false };
    assert_eq!(window.state().acts.last(), Some(&fold));
    press(&mut window, Key::End);
    press(&mut window, Key::Enter);
    assert_eq!(window.state().acts.last(), Some(&open("run.sh", false)));
    window.event(egui::Event::Text("rea".into()));
    window.run();
    window.key_press_modifiers(Modifiers::COMMAND, Key::Enter);
    window.run();
    assert_eq!(window.state().acts.last(), Some(&open("README.md", true)));
    press(&mut window, Key::Delete);
    let delete = FilesAct::Delete(vec!["README.md".into()]);
    assert_eq!(window.state().acts.last(), Some(&delete));
}

#[test]
fn a_file_is_renamed_by_f2_and_not_to_what_is_there() {
    let mut window = window(tree());
    window.state_mut().view.focus();
    window.run();
    press(&mut window, Key::End);
    press(&mut window, Key::F2);
    window.run();
    let field = |window: &Harness<'static, World>| {
        window.get_by_role_and_label(Role::TextInput, "Name").focus();
    };
    field(&window);
    window.run();
    window.key_press_modifiers(Modifiers::COMMAND, Key::A);
    window.run();
    window.get_by_role_and_label(Role::TextInput, "Name").type_text("README.md");
    window.run();
    window.get_by_label("There is one of that name already");
    press(&mut window, Key::Enter);
    assert!(window.state().acts.is_empty(), "{:?}", window.state().acts);
    field(&window);
    window.run();
    window.key_press_modifiers(Modifiers::COMMAND, Key::A);
    window.run();
    window.get_by_role_and_label(Role::TextInput, "Name").type_text("go.sh");
    window.run();
    press(&mut window, Key::Enter);
    let rename = FilesAct::Rename { from: "run.sh".into(), to: "go.sh".into() };
    assert_eq!(window.state().acts, [rename]);
}

#[test]
fn the_menu_does_what_it_says_by_pointer_and_by_keys() {
    let mut window = window(tree());
    window.get_by_role_and_label(Role::TreeItem, "README.md").click_secondary();
    window.run();
    window.get_by_label("Copy path").click();
    window.run();
    let copy = FilesAct::Copy { what: "Path", text: "/srv/api/README.md".into() };
    assert_eq!(window.state().acts.last(), Some(&copy));
    window.key_press_modifiers(Modifiers::SHIFT, Key::F10);
    window.run();
    window.get_by_label("Mention in prompt").focus();
    window.run();
    press(&mut window, Key::Enter);
    let mention = FilesAct::Mention("README.md".into());
    assert_eq!(window.state().acts.last(), Some(&mention));
    window.run();
    assert!(window.query_by_label("Mention in prompt").is_none(), "the menu is closed");
}

#[test]
fn what_a_file_is_can_be_heard() {
    let mut tree = Tree::default();
    let link = FileEntry { link: Some("../x".into()), outside: true, ..entry("out") };
    let broken = FileEntry { kind: FileKind::Broken, link: Some("no".into()), ..entry("broken") };
    let ignored = FileEntry { ignored: true, ..entry("target/") };
    tree.put(&"".into(), Ok(Some(folder(vec![link, broken, ignored]))));
    let window = window(tree);
    let heard = |name| {
        let node = window.get_by_role_and_label(Role::TreeItem, name);
        node.accesskit_node().description().unwrap()
    };
    assert_eq!(heard("out"), "5 bytes, leads to ../x, outside of the session's directory");
    assert_eq!(heard("broken"), "broken link, leads to no");
    assert_eq!(heard("target"), "directory, ignored by git");
}

#[test]
fn a_directory_of_100_000_files_lays_out_what_is_seen_alone() {
    let mut tree = Tree::default();
    let names = (0..100_000).map(|number| entry(&format!("file-{number}"))).collect();
    tree.put(&"".into(), Ok(Some(folder(names))));
    let mut window = window(tree);
    let rows = window.get_all_by_role(Role::TreeItem).count();
    assert!((10..60).contains(&rows), "{rows}");
    window.state_mut().view.focus();
    window.run();
    press(&mut window, Key::End);
    window.get_by_role_and_label(Role::TreeItem, "file-99999");
    let began = std::time::Instant::now();
    for _ in 0..20 {
        window.step();
    }
    // A debug build on a busy machine; a release's frame is far below the 8 ms that one may take.
    assert!(began.elapsed().as_millis() < 20 * 60, "{:?}", began.elapsed());
}

#[test]
fn a_directory_that_can_t_be_listed_says_why_and_can_be_tried_again() {
    let mut tree = tree();
    tree.unfold(&"src".into(), true);
    let failure = Failure::new(Code::PermissionDenied, "src can't be read");
    tree.put(&FilePath::from("src"), Err(failure));
    let mut window = window(tree);
    window.get_by_label("src can't be read (click to try again)").click();
    window.run();
    assert!(window.state().acts.contains(&FilesAct::Refresh));
}

#[test]
fn a_host_that_isn_t_reached_is_asked_only_when_a_person_wants_it() {
    let mut window = window(Tree::default());
    assert!(window.state().acts.contains(&FilesAct::Show));
    window.state_mut().reached = false;
    window.state_mut().acts.clear();
    window.run();
    assert_eq!(window.state().acts, []);
    window.get_by_role_and_label(Role::Button, "Connect and list them").click();
    window.run();
    assert_eq!(window.state().acts, [FilesAct::Show]);
}
