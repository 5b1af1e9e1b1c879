use egui::{Key, Role};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use orchestrator::failure::{Code, Failure};
use proptest::prelude::*;

use super::*;
use crate::testing::harness;

struct Open {
    view: FilePickerView,
    rows: Fetched<Vec<FileRow>>,
    version: u64,
    images: bool,
    picks: Picks<'static>,
    acts: Vec<FilePickerAct>,
}

fn row(dir: &str, name: &str, directory: bool) -> FileRow {
    FileRow { name: name.into(), path: Path::new(dir).join(name), directory }
}

fn open(dir: &str, rows: Fetched<Vec<FileRow>>, images: bool) -> Harness<'static, Open> {
    let view = FilePickerView::new(Path::new(dir));
    let state = Open { view, rows, version: 1, images, picks: Picks::File, acts: Vec::new() };
    let mut window = harness(state, |ui, state: &mut Open| {
        let data = FilePickerData {
            heading: "Choose a file",
            home: Path::new("/home/ada"),
            rows: &state.rows,
            version: state.version,
            picks: if state.images { Picks::Image } else { state.picks },
        };
        state.acts.extend(state.view.ui(ui.ctx(), &data));
    });
    window.run();
    window
}

fn ssh() -> Fetched<Vec<FileRow>> {
    let dir = "/home/ada/.ssh";
    Fetched::Ready(vec![
        row(dir, "id_ed25519", false),
        row(dir, "config", false),
        row(dir, "sockets", true),
        row(dir, ".hidden", false),
    ])
}

#[test]
fn a_directory_is_asked_for_once() {
    let mut window = open("/home/ada/.ssh", Fetched::Pending, false);
    window.run();
    window.get_by_label("Reading the directory…");
    assert_eq!(window.state().acts, [FilePickerAct::ListDirectory("/home/ada/.ssh".into())]);
}

#[test]
fn a_file_is_chosen_by_typing_and_enter() {
    let mut window = open("/home/ada/.ssh", ssh(), false);
    window.get_by_role_and_label(Role::TextInput, "Path").type_text("id_");
    window.run();
    assert!(window.query_by_label("config").is_none());
    window.key_press(Key::Enter);
    window.run();
    let picked = FilePickerAct::Picked("/home/ada/.ssh/id_ed25519".into());
    assert_eq!(window.state().acts.last(), Some(&picked));
}

#[test]
fn enter_and_tab_go_into_a_directory() {
    let mut window = open("/home/ada/.ssh", ssh(), false);
    window.key_press(Key::Tab);
    window.run();
    let asked = FilePickerAct::ListDirectory("/home/ada/.ssh/sockets".into());
    assert_eq!(window.state().acts.last(), Some(&asked));
    assert!(window.get_by_role_and_label(Role::TextInput, "Path").is_focused());
}

#[test]
fn arrows_choose_and_a_double_click_takes() {
    let mut window =
        open("/srv", Fetched::Ready(vec![row("/srv", "a", false), row("/srv", "b", false)]), false);
    window.key_press(Key::ArrowDown);
    window.run();
    window.get_by_role_and_label(Role::Button, "Choose").click();
    window.run();
    assert_eq!(window.state().acts.last(), Some(&FilePickerAct::Picked("/srv/b".into())));
    let pos = window.get_by_role_and_label(Role::Button, "a").rect().center();
    let button = |pressed| egui::Event::PointerButton {
        pos,
        button: egui::PointerButton::Primary,
        pressed,
        modifiers: egui::Modifiers::NONE,
    };
    // In one frame: two clicks in a row are one double click only when they are quick.
    let events = &mut window.input_mut().events;
    events.push(egui::Event::PointerMoved(pos));
    events.extend([true, false, true, false].map(button));
    window.run();
    assert_eq!(window.state().acts.last(), Some(&FilePickerAct::Picked("/srv/a".into())));
}

#[test]
fn up_leads_to_the_parent_and_escape_leads_out() {
    let mut window = open("/home/ada/.ssh", ssh(), false);
    window.get_by_role_and_label(Role::Button, "Up to the parent directory").click();
    window.run();
    let up = FilePickerAct::ListDirectory("/home/ada".into());
    assert!(window.state().acts.contains(&up));
    window.key_press(Key::Escape);
    window.run();
    assert_eq!(window.state().acts.last(), Some(&FilePickerAct::Close));
}

#[test]
fn a_directory_that_cant_be_read_says_why_and_can_be_tried_again() {
    let failure = Failure::new(Code::PermissionDenied, "can't read /root").hint("Ask its owner");
    let mut window = open("/root", Fetched::Failed(failure), false);
    window.get_by_label("can't read /root");
    window.get_by_label("Ask its owner");
    window.get_by_role_and_label(Role::Button, "Retry").click();
    window.run();
    assert_eq!(window.state().acts.last(), Some(&FilePickerAct::ListDirectory("/root".into())));
}

#[test]
fn only_images_are_offered_where_an_image_is_wanted() {
    let rows = vec![row("/p", "a.PNG", false), row("/p", "b.txt", false), row("/p", "c", true)];
    let window = open("/p", Fetched::Ready(rows), true);
    window.get_by_label("a.PNG");
    window.get_by_label("c");
    assert!(window.query_by_label("b.txt").is_none());
    let none = open("/p", Fetched::Ready(Vec::new()), true);
    none.get_by_label("This directory is empty.");
}

#[test]
fn directories_stand_first_and_hidden_ones_on_wish() {
    let rows = vec![row("/", "z", true), row("/", "a", false), row("/", ".h", false)];
    assert_eq!(fitting(&rows, "", false, Picks::File), [0, 1]);
    assert_eq!(fitting(&rows, "", true, Picks::File), [0, 2, 1]);
    assert_eq!(fitting(&rows, ".", false, Picks::File), [2]);
}

#[test]
fn a_path_is_parted_at_its_last_slash() {
    let home = Path::new("/home/ada");
    let parts = |typed: &str| parted(typed, home);
    assert_eq!(parts("~/.ssh/id"), ("/home/ada/.ssh".into(), "id".into()));
    assert_eq!(parts("/etc"), ("/".into(), "etc".into()));
    assert_eq!(parts("~"), ("/home/ada".into(), String::new()));
    assert_eq!(parts("x"), ("/home/ada".into(), "x".into()));
    assert_eq!(from_home(Path::new("/home/ada/.ssh/id"), home), "~/.ssh/id");
    assert_eq!(from_home(Path::new("/etc/key"), home), "/etc/key");
}

proptest! {
    #[test]
    fn every_row_that_fits_is_there_once(names in proptest::collection::vec("[.a-zA-Z]{1,6}", 0..30), begun in "[a-z]{0,2}") {
        let rows: Vec<FileRow> = names.iter().map(|name| row("/", name, false)).collect();
        let mut fit = fitting(&rows, &begun, true, Picks::File);
        fit.sort_unstable();
        let wanted: Vec<usize> = (0..rows.len()).filter(|at| rows[*at].name.to_lowercase().contains(&begun)).collect();
        prop_assert_eq!(fit, wanted);
    }
}

#[test]
fn a_small_window_shows_it_too() {
    let mut window = open("/home/ada/.ssh", ssh(), false);
    window.set_size(egui::vec2(420.0, 300.0));
    window.run();
    window.get_by_role_and_label(Role::Button, "Cancel").click();
    window.run();
    assert_eq!(window.state().acts.last(), Some(&FilePickerAct::Close));
}

#[test]
fn a_directory_is_picked_where_one_is_and_files_are_not_offered() {
    let mut window = open("/home/ada/.ssh", ssh(), false);
    window.state_mut().picks = Picks::Directory("Download here");
    window.state_mut().version = 2;
    window.run();
    assert!(window.query_by_role_and_label(Role::Button, "config").is_none());
    window.get_by_role_and_label(Role::Button, "sockets").click();
    window.run();
    window.state_mut().acts.clear();
    window.get_by_role_and_label(Role::Button, "Download here").click();
    window.run();
    assert_eq!(window.state().acts, [FilePickerAct::Picked("/home/ada/.ssh".into())]);
    window.state_mut().acts.clear();
    window.get_by_role_and_label(Role::Button, "Open").click();
    window.run();
    let into = FilePickerAct::ListDirectory("/home/ada/.ssh/sockets".into());
    assert_eq!(window.state().acts, [into]);
}

#[test]
fn a_file_or_the_directory_itself_is_picked_where_both_can_be_sent() {
    let mut window = open("/home/ada/.ssh", ssh(), false);
    window.state_mut().picks = Picks::Any("Send this directory");
    window.state_mut().version = 2;
    window.run();
    window.get_by_role_and_label(Role::Button, "config").click();
    window.run();
    window.state_mut().acts.clear();
    window.get_by_role_and_label(Role::Button, "Choose").click();
    window.run();
    assert_eq!(window.state().acts, [FilePickerAct::Picked("/home/ada/.ssh/config".into())]);
    window.state_mut().acts.clear();
    window.get_by_role_and_label(Role::Button, "Send this directory").click();
    window.run();
    assert_eq!(window.state().acts, [FilePickerAct::Picked("/home/ada/.ssh".into())]);
}
