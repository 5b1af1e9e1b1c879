use egui::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use jiff::tz::TimeZone;

use super::*;
use crate::fetched::Fetched;
use crate::samples::at;
use crate::testing::harness;
use crate::view::files::Tree;
use crate::view::history::LookBack;

fn window(page: RightPage) -> Harness<'static, (RightView, Vec<RightAct>)> {
    let state = (RightView::default(), Vec::new());
    let mut window = harness(state, move |ui, (view, acts)| {
        let history = HistoryData {
            now: at(0),
            zone: &TimeZone::UTC,
            version: 0,
            cards: &[],
            total: &Fetched::Ready(0),
            loading_more: false,
            activity: None,
            sources: &[],
            skipped: &[],
            pending: 0,
            offline: None,
            look_back: LookBack::Day,
            session: None,
        };
        let files = FilesData {
            session: None,
            tree: &Tree::default(),
            directory: "~",
            host: "box",
            reached: true,
            shown: None,
            transfers: &[],
            dropping: false,
        };
        let data = RightData { page, files, history };
        acts.extend(view.ui(ui, &data, &mut |_, _| {}));
    });
    window.run();
    window
}

#[test]
fn its_pages_are_a_click_apart() {
    let mut window = window(RightPage::History);
    window.get_by_label("No history yet");
    window.get_by_role_and_label(Role::Tab, "Auto Run").click();
    window.run();
    assert_eq!(window.state().1, [RightAct::Page(RightPage::AutoRun)]);
}

#[test]
fn pages_to_come_say_in_one_line_what_will_be_there_and_have_no_dead_buttons() {
    for (page, words) in [
        (RightPage::Files, "Those of the session that is shown stand here."),
        (RightPage::AutoRun, "Lists of tasks that an agent works off by itself will be here."),
    ] {
        let window = window(page);
        window.get_by_label(words);
        assert!(window.query_all_by_role(Role::Button).next().is_none());
    }
}

#[test]
fn what_a_person_wants_of_the_history_is_passed_on() {
    let mut window = window(RightPage::History);
    window.get_by_role_and_label(Role::Button, "History sync").click();
    window.run();
    assert_eq!(window.state().1, [RightAct::History(HistoryAct::Sync)]);
}
