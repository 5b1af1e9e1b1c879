#![allow(clippy::unwrap_used, clippy::panic)]

use egui::{Key, Role};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use jiff::{Timestamp, tz::TimeZone};
use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{
    HistoryActivity, HistoryBucket, HistoryCount, HistoryItem, HistoryKind, HistorySource,
    SessionId, SkippedLine, SkippedLines,
};
use proptest::prelude::*;

use super::*;
use crate::fetched::Fetched;
use crate::samples::at;
use crate::testing::harness;

const LINE: &str = r#"{"id":"7d1b0a5e","type":"USER","timestamp":1767225000123,"summary":"Fixed the retry loop in the uploader.","fullResponse":"**Summary:** Fixed","agentSessionId":"0b8f2f0e-7d0b-4c55","sessionName":"api-fix","projectPath":"/srv/app","contextUsage":37,"usageStats":{"inputTokens":5120,"outputTokens":811,"cacheReadInputTokens":40112,"cacheCreationInputTokens":2210,"totalCostUsd":0.0831,"contextWindow":200000},"success":true,"elapsedTimeMs":48211,"hostname":"pedbook"}"#;

fn item(line: &str, local: bool) -> HistoryItem {
    let hostname = Some("pedbook".to_owned());
    HistoryItem { line: line.into(), hostname, local, session: None }
}

fn cards(count: usize) -> Vec<HistoryCard> {
    let line = |n| {
        LINE.replace("Fixed the retry loop", &format!("Change {n} of the loop"))
            .replace("7d1b0a5e", &format!("entry-{n}"))
    };
    (0..count).map(|n| HistoryCard::from_item(&item(&line(n), true))).collect()
}

struct World {
    view: HistoryView,
    cards: Vec<HistoryCard>,
    total: Fetched<u64>,
    loading_more: bool,
    activity: Option<HistoryActivity>,
    sources: Vec<HistoryCount>,
    skipped: Vec<SkippedLines>,
    pending: u64,
    offline: Option<Failure>,
    session: Option<SessionId>,
    answers: Vec<String>,
    acts: Vec<HistoryAct>,
}

fn world(cards: Vec<HistoryCard>) -> World {
    World {
        view: HistoryView::default(),
        total: Fetched::Ready(cards.len() as u64),
        cards,
        loading_more: false,
        activity: None,
        sources: Vec::new(),
        skipped: Vec::new(),
        pending: 0,
        offline: None,
        session: Some(SessionId::new("s")),
        answers: Vec::new(),
        acts: Vec::new(),
    }
}

fn window(world: World) -> Harness<'static, World> {
    let mut window = harness(world, |ui, world| {
        let data = HistoryData {
            now: at(0),
            zone: &TimeZone::UTC,
            version: world.cards.len() as u64,
            cards: &world.cards,
            total: &world.total,
            loading_more: world.loading_more,
            activity: world.activity.as_ref(),
            sources: &world.sources,
            skipped: &world.skipped,
            pending: world.pending,
            offline: world.offline.as_ref(),
            look_back: LookBack::Day,
            session: world.session.as_ref(),
        };
        ui.set_max_width(340.0);
        let answers = &mut world.answers;
        let acts = world.view.ui(ui, &data, &mut |ui, text| {
            ui.label("the answer, drawn elsewhere");
            answers.push(text.to_owned());
        });
        world.acts.extend(acts);
    });
    window.run();
    window
}

fn day() -> HistoryActivity {
    let mut buckets = vec![HistoryBucket::default(); 24];
    buckets[10] = HistoryBucket { user: 2, auto: 1, ..HistoryBucket::default() };
    buckets[22] = HistoryBucket { user: 4, ..HistoryBucket::default() };
    HistoryActivity { from: at(-86_400), to: at(0), buckets }
}

fn last(window: &Harness<'static, World>) -> Wanted {
    match window.state().acts.last() {
        Some(HistoryAct::Want(wanted)) => wanted.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_entry_of_the_shared_format_is_read_whole() {
    let card = HistoryCard::from_item(&item(LINE, false));
    assert_eq!(card.kind, CardKind::User);
    assert_eq!(card.octet.as_deref(), Some("0B8F2F0E"));
    assert_eq!(card.duration.as_deref(), Some("48.2 s"));
    assert_eq!(card.cost.as_deref(), Some("$0.08"));
    assert_eq!(card.tokens, Some([5120, 811, 40112, 2210]));
    assert_eq!(card.context.map(|context| context.percent()), Some(37));
    assert_eq!((card.success, card.validated), (Some(true), false));
    assert_eq!(card.at, Timestamp::from_millisecond(1_767_225_000_123).ok());
}

#[test]
fn the_least_that_an_entry_may_have_is_enough() {
    let line = r#"{"id":"a1","type":"NEWER","timestamp":1767229300000,"summary":"minimal","projectPath":"/srv"}"#;
    let card = HistoryCard::from_item(&item(line, true));
    assert_eq!(card.kind, CardKind::Other("NEWER".into()));
    assert!(!card.can_resume() && card.answer.is_none() && card.tokens.is_none());
}

#[test]
fn a_line_that_is_no_entry_is_shown_as_such() {
    let broken = HistoryCard::from_item(&item("{\"id\":\x1b broken", true));
    assert!(broken.fault.is_some());
    assert!(!broken.summary.contains('\x1b'));
    window(world(vec![broken])).get_by_role(Role::ListBoxOption);
}

proptest! {
    #[test]
    fn no_line_is_too_strange_for_a_card(line in any::<String>(), letters in 0..200_usize) {
        let card = HistoryCard::from_item(&item(&line, false));
        prop_assert!((1..=3).contains(&card.lines(letters)));
    }

    #[test]
    fn the_bars_of_a_graph_cover_its_time_without_a_gap(
        counts in prop::collection::vec(0..50_u64, 1..40),
    ) {
        let buckets =
            counts.iter().map(|user| HistoryBucket { user: *user, ..HistoryBucket::default() });
        let activity =
            HistoryActivity { from: at(-100_000), to: at(7), buckets: buckets.collect() };
        let bars: Vec<Bucket> =
            (0..counts.len()).map(|at| Bucket::of(&activity, at).unwrap()).collect();
        prop_assert_eq!(bars[0].from, activity.from);
        prop_assert_eq!(bars[bars.len() - 1].to, activity.to);
        for pair in bars.windows(2) {
            prop_assert_eq!(pair[0].to, pair[1].from);
            prop_assert_eq!(pair[0].newer, pair[1].newer + pair[1].entries);
        }
        prop_assert!(Bucket::of(&activity, counts.len()).is_none());
    }
}

#[test]
fn a_card_says_what_came_of_a_turn_and_where() {
    let window = window(world(vec![HistoryCard::from_item(&item(LINE, false))]));
    window.get_by_role_and_label(Role::ListBoxOption, "Fixed the retry loop in the uploader.");
    for words in ["done", "10 min ago", "48.2 s  ·  $0.08", "pedbook", "Remote"] {
        window.get_by_label(words);
    }
}

#[test]
fn what_failed_and_what_was_validated_look_different() {
    let failed = LINE.replace("\"success\":true", "\"success\":false");
    let ticked = LINE.replace("\"success\":true", "\"success\":true,\"validated\":true");
    let ticked = ticked.replace("7d1b0a5e", "other");
    let both = [failed, ticked].map(|line| HistoryCard::from_item(&item(&line, true)));
    let window = window(world(both.to_vec()));
    window.get_by_label("failed");
    window.get_by_label("done and validated");
    assert!(window.query_by_label("Remote").is_none(), "both were made here");
}

#[test]
fn the_octet_resumes_the_conversation() {
    let mut window = window(world(cards(1)));
    window.get_by_role_and_label(Role::Button, "Resume this conversation").click();
    window.run();
    assert!(matches!(&window.state().acts[..], [HistoryAct::Resume(_)]));
    assert!(window.query_by_role_and_label(Role::Button, "Next").is_none(), "no dialog");
}

#[test]
fn details_tell_all_and_go_to_the_next_entry() {
    let mut window = window(world(cards(2)));
    window
        .get_by_role_and_label(Role::ListBoxOption, "Change 0 of the loop in the uploader.")
        .click();
    window.run();
    window.get_by_label("the answer, drawn elsewhere");
    window.get_by_label("Tokens: 5,120 in, 811 out, 40,112 from the cache, 2,210 into it");
    window.get_by_label("Context 37 %");
    window.get_by_role_and_label(Role::Button, "Next").click();
    window.run();
    assert!(window.get_by_role_and_label(Role::Button, "Next").accesskit_node().is_disabled());
    window.get_by_role_and_label(Role::Button, "Copy").click();
    window.run();
    window.get_by_role_and_label(Role::Button, "Resume").click();
    window.run();
    let [HistoryAct::Copy(text), HistoryAct::Resume(card)] = &window.state().acts[..] else {
        panic!("{:?}", window.state().acts)
    };
    assert_eq!(text, "**Summary:** Fixed");
    assert!(card.summary.starts_with("Change 1"));
    assert!(window.query_by_label("the answer, drawn elsewhere").is_none());
}

#[test]
fn details_close_by_escape() {
    let mut window = window(world(cards(1)));
    window.get_by_role(Role::ListBoxOption).click();
    window.run();
    window.key_press(Key::Escape);
    window.run();
    assert!(window.query_by_label("the answer, drawn elsewhere").is_none());
}

#[test]
fn pills_hide_types_and_hiding_the_last_one_shows_all() {
    let mut window = window(world(cards(3)));
    for (pill, kinds) in [
        ("AUTO", vec![HistoryKind::User, HistoryKind::Cue]),
        ("CUE", vec![HistoryKind::User]),
        ("USER", vec![]),
        ("USER", vec![HistoryKind::Auto, HistoryKind::Cue]),
        ("USER", vec![]),
    ] {
        window.get_by_role_and_label(Role::Button, pill).click();
        window.run();
        assert_eq!(last(&window).filter.kinds, kinds);
    }
}

#[test]
fn a_search_is_a_wish_and_so_is_its_end() {
    let mut window = window(world(cards(3)));
    window.get_by_role_and_label(Role::TextInput, "Search the history").focus();
    window.run();
    window.get_by_role_and_label(Role::TextInput, "Search the history").type_text("loop");
    window.run();
    assert_eq!(last(&window).filter.search.as_deref(), Some("loop"));
    window.key_press(Key::Escape);
    window.run();
    assert_eq!(last(&window).filter.search, None);
}

#[test]
fn a_bar_is_chosen_and_let_go() {
    let mut window = window(World { activity: Some(day()), ..world(cards(7)) });
    window.get_by_role_and_label(Role::Button, "3 entries, Dec 31, 10:00 to 11:00").click();
    window.run();
    let wanted = last(&window);
    assert_eq!(wanted.filter.since, Some(at(-86_400 + 36_000)));
    let time = wanted.time.unwrap();
    assert_eq!((time.newer, time.entries), (4, 3));
    window.get_by_role_and_label(Role::Button, "Show all times").click();
    window.run();
    assert_eq!(last(&window), Wanted::default());
}

#[test]
fn the_look_back_is_chosen_from_a_menu() {
    let mut window = window(World { activity: Some(day()), ..world(cards(1)) });
    window.get_by_role_and_label(Role::Button, "Look back: 24 hours").click();
    window.run();
    window.get_by_label("6 months").click();
    window.run();
    assert_eq!(window.state().acts, [HistoryAct::LookBack(LookBack::HalfYear)]);
}

#[test]
fn look_backs_have_their_hours_and_bars() {
    let bars = LookBack::ALL.map(LookBack::buckets);
    assert_eq!(bars, [24, 24, 28, 28, 30, 24, 24, 24]);
    for look_back in LookBack::ALL {
        assert_eq!(LookBack::of_hours(look_back.hours()), look_back);
    }
    let now = at(0);
    assert_eq!(LookBack::Day.span(now, None), (at(-86_400), now));
    assert_eq!(LookBack::All.span(now, Some(at(-999_999))), (at(-999_999), now));
    assert_eq!(LookBack::All.span(now, Some(now)), (at(-86_400), now));
}

#[test]
fn sources_are_offered_when_there_are_several() {
    let count =
        |hostname: &str, local, entries| HistoryCount { hostname: hostname.into(), local, entries };
    let sources = vec![count("here", true, 5), count("pedbook", false, 7)];
    let mut window = window(World { sources, ..world(cards(2)) });
    window.get_by_role_and_label(Role::ComboBox, "Source").click();
    window.run();
    window.get_by_label("pedbook  7").click();
    window.run();
    let source = Some(HistorySource::Hostname("pedbook".into()));
    assert_eq!(last(&window).filter.source, source);
}

#[test]
fn everything_may_be_looked_at_instead_of_one_project() {
    let mut window = window(world(cards(2)));
    window.get_by_role_and_label(Role::Button, "Of: This project").click();
    window.run();
    window.get_by_role_and_label(Role::Button, "Everything").click();
    window.run();
    assert!(last(&window).everything);
}

#[test]
fn a_box_that_cant_be_reached_is_told_and_what_was_known_stays() {
    let failure = Failure::new(Code::ConnectionTimedOut, "no answer").on("box");
    let skipped = vec![SkippedLines {
        file: "history-x.jsonl".into(),
        lines: 2,
        first: vec![SkippedLine {
            number: Some(1),
            position: 0,
            reason: "no JSON".into(),
            beginning: "?".into(),
        }],
    }];
    let mut window =
        window(World { offline: Some(failure), skipped, pending: 1, ..world(cards(1)) });
    window.get_by_label("box can't be reached: what is shown was known before");
    window.get_by_label("2 lines are no entry and left out");
    window.get_by_label("1 entry waits to be shared");
    window.get_by_role(Role::ListBoxOption);
    window.get_by_role_and_label(Role::Button, "Try now").click();
    window.run();
    assert_eq!(window.state().acts, [HistoryAct::Sync]);
}

#[test]
fn no_history_nothing_found_and_a_failure_each_say_what_to_do() {
    window(world(Vec::new())).get_by_label("No history yet");
    let waits = World { total: Fetched::Pending, ..world(Vec::new()) };
    window(waits).get_by_label("Reading the history…");
    let failure = Failure::new(Code::Internal, "the database is gone");
    let mut failed = window(World { total: Fetched::Failed(failure), ..world(Vec::new()) });
    failed.get_by_role_and_label(Role::Button, "Retry").click();
    failed.run();
    assert_eq!(failed.state().acts, [HistoryAct::Retry]);
    let mut nothing = window(world(Vec::new()));
    nothing.get_by_role_and_label(Role::Button, "CUE").click();
    nothing.run();
    nothing.get_by_label("Nothing found");
    nothing.get_by_role_and_label(Role::Button, "Show everything").click();
    nothing.run();
    assert_eq!(last(&nothing), Wanted::default());
}

#[test]
fn a_further_page_is_wanted_at_the_end_and_only_there() {
    let mut many = world(cards(100));
    many.total = Fetched::Ready(5000);
    let mut window = window(many);
    assert!(window.state().acts.is_empty());
    let drawn = window.get_all_by_role(Role::ListBoxOption).count();
    assert!(drawn < 12, "{drawn}");
    window.get_by_label("Change 0 of the loop in the uploader.").focus();
    window.run();
    window.key_press(Key::End);
    window.run_steps(3);
    assert!(window.state().acts.contains(&HistoryAct::LoadMore));
    window.state_mut().loading_more = true;
    window.state_mut().acts.clear();
    window.run_steps(3);
    assert!(window.state().acts.is_empty(), "one page at a time");
}

#[test]
fn details_stay_with_their_entry_when_others_come_before_it() {
    let mut window = window(world(cards(3)));
    window.get_by_label("Change 1 of the loop in the uploader.").click();
    window.run();
    let mut newer = cards(1);
    newer[0].id = "newer".into();
    window.state_mut().cards.splice(0..0, newer);
    window.run();
    window.get_by_role_and_label(Role::Button, "Resume").click();
    window.run();
    let Some(HistoryAct::Resume(card)) = window.state().acts.last() else { panic!() };
    assert_eq!(card.id, "entry-1");
}

#[test]
fn everything_on_the_page_and_in_the_details_has_a_name() {
    let mut window = window(World { activity: Some(day()), pending: 2, ..world(cards(3)) });
    assert_eq!(window.unnamed_widgets(), [""; 0]);
    window.get_by_label("Change 1 of the loop in the uploader.").click();
    window.run();
    assert_eq!(window.unnamed_widgets(), [""; 0]);
}

#[test]
fn cards_are_reached_from_the_search_and_opened_by_keys() {
    let mut window = window(world(cards(3)));
    window.get_by_role_and_label(Role::TextInput, "Search the history").focus();
    window.run();
    for key in [Key::ArrowDown, Key::ArrowDown, Key::Enter] {
        window.key_press(key);
        window.run();
    }
    window.get_by_label("the answer, drawn elsewhere");
    window.key_press(Key::Escape);
    window.run();
    window.run();
    assert!(window.get_by_label("Change 1 of the loop in the uploader.").is_focused());
}
