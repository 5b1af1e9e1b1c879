#![allow(clippy::unwrap_used, clippy::panic)]

use super::*;

fn output(step: Step) -> (Vec<u8>, bool, bool) {
    match step {
        Step::Output { bytes, replayed, answer, .. } => (bytes, replayed, answer),
        other => panic!("{other:?}"),
    }
}

#[test]
fn of_all_followers_one_answers_and_the_next_when_it_leaves() {
    let shown = Shown::new();
    shown.push(b"\x1b[c");
    let ((first, first_reads), (second, _second_reads)) = (mpsc::channel(1), mpsc::channel(1));
    let (one, two) = (shown.enter(Some(first)), shown.enter(Some(second)));
    let (mut at_one, mut at_two) = (None, None);
    assert!(matches!(shown.next(one, &mut at_one, 10), Step::Restart { .. }));
    assert!(matches!(shown.next(two, &mut at_two, 10), Step::Restart { .. }));
    assert_eq!(output(shown.next(two, &mut at_two, 10)), (b"\x1b[c".to_vec(), true, false));
    // The shell had just begun to ask when nobody was there yet.
    assert_eq!(output(shown.next(one, &mut at_one, 10)), (b"\x1b[c".to_vec(), true, true));
    shown.push(b"x");
    assert_eq!(output(shown.next(one, &mut at_one, 10)), (b"x".to_vec(), false, true));
    assert_eq!(output(shown.next(two, &mut at_two, 10)), (b"x".to_vec(), false, false));
    // It is asked nothing from the moment on in which nobody reads what it is told, also before it leaves.
    drop(first_reads);
    shown.push(b"y");
    assert_eq!(shown.next(one, &mut at_one, 10), Step::Nothing);
    assert_eq!(output(shown.next(two, &mut at_two, 10)), (b"y".to_vec(), false, true));
    shown.leave(one, None);
    shown.push(b"z");
    assert_eq!(output(shown.next(two, &mut at_two, 10)), (b"z".to_vec(), false, true));
    assert_eq!(shown.next(two, &mut at_two, 10), Step::Nothing);
}

#[test]
fn where_tmux_answers_nobody_does() {
    let shown = Shown::new();
    shown.set_tmux_answers(true);
    let (deliveries, _reads) = mpsc::channel(1);
    let (one, mut at) = (shown.enter(Some(deliveries)), None);
    shown.next(one, &mut at, 10);
    shown.push(b"\x1b[6n");
    assert_eq!(output(shown.next(one, &mut at, 10)), (b"\x1b[6n".to_vec(), false, false));
}

#[test]
fn what_tmux_leaves_to_the_view_is_asked_of_one_view_once() {
    let shown = Shown::new();
    shown.set_tmux_answers(true);
    let ((first, _first_reads), (second, _second_reads)) = (mpsc::channel(1), mpsc::channel(1));
    let (one, two) = (shown.enter(Some(first)), shown.enter(Some(second)));
    let (mut at_one, mut at_two) = (None, None);
    shown.next(one, &mut at_one, 100);
    shown.next(two, &mut at_two, 100);
    shown.push(b"a\x1b[c\x1b]11;?\x07b");
    let question = b"\x1b]11;?\x07".to_vec();
    assert_eq!(output(shown.next(one, &mut at_one, 100)), (b"a\x1b[c".to_vec(), false, false));
    assert_eq!(output(shown.next(one, &mut at_one, 100)), (question, false, true));
    assert_eq!(output(shown.next(one, &mut at_one, 100)), (b"b".to_vec(), false, false));
    let rest = output(shown.next(two, &mut at_two, 100));
    assert_eq!(rest, (b"a\x1b[c\x1b]11;?\x07b".to_vec(), false, false));
    // In two pieces, of which the first was told already.
    shown.push(b"\x1b]10");
    assert_eq!(output(shown.next(one, &mut at_one, 100)), (b"\x1b]10".to_vec(), false, false));
    shown.push(b";?\x1b\\");
    assert_eq!(output(shown.next(one, &mut at_one, 100)), (b";?\x1b\\".to_vec(), false, true));
    // Drawn anew, it is nobody's question any more.
    shown.push(b"\x1b]12;?\x07");
    shown.redraw(b"", b"\x1b]12;?\x07");
    shown.next(one, &mut at_one, 100);
    assert!(!output(shown.next(one, &mut at_one, 100)).2);
}

#[test]
fn what_one_was_asked_and_has_not_read_is_asked_of_the_next_one() {
    for (tmux_answers, question) in [(false, &b"\x1b[6n"[..]), (true, b"\x1b]11;?\x07")] {
        let shown = Shown::new();
        shown.set_tmux_answers(tmux_answers);
        let ((first, first_reads), (second, _second_reads)) = (mpsc::channel(1), mpsc::channel(1));
        let (one, two) = (shown.enter(Some(first)), shown.enter(Some(second)));
        let (mut at_one, mut at_two) = (None, None);
        shown.next(one, &mut at_one, 100);
        shown.next(two, &mut at_two, 100);
        shown.push(question);
        let before = at_one;
        assert!(output(shown.next(one, &mut at_one, 100)).2);
        assert!(!output(shown.next(two, &mut at_two, 100)).2);
        drop(first_reads);
        shown.leave(one, before);
        assert!(matches!(shown.next(two, &mut at_two, 100), Step::Restart { .. }));
        let again = output(shown.next(two, &mut at_two, 100));
        assert_eq!(again, (question.to_vec(), true, true), "{tmux_answers}");
        assert_eq!(shown.next(two, &mut at_two, 100), Step::Nothing);
        // What was read is asked of nobody else, and nothing is of what was drawn anew.
        shown.leave(two, None);
        let (third, _third_reads) = mpsc::channel(1);
        let (three, mut at_three) = (shown.enter(Some(third)), None);
        shown.next(three, &mut at_three, 100);
        assert!(!output(shown.next(three, &mut at_three, 100)).2);
        shown.redraw(b"", b"drawn");
        shown.leave(three, before);
        let (mut at_four, four) = (None, shown.enter(None));
        shown.next(four, &mut at_four, 100);
        assert!(!output(shown.next(four, &mut at_four, 100)).2);
    }
}

#[test]
fn what_one_was_not_told_before_it_was_closed_is_asked_of_the_next_one() {
    for (tmux_answers, question) in [(false, &b"\x1b[6n"[..]), (true, b"\x1b]11;?\x07")] {
        let shown = Shown::new();
        shown.set_tmux_answers(tmux_answers);
        let ((first, first_reads), (second, _second_reads)) = (mpsc::channel(1), mpsc::channel(1));
        let (one, two) = (shown.enter(Some(first)), shown.enter(Some(second)));
        let (mut at_one, mut at_two) = (None, None);
        shown.next(one, &mut at_one, 100);
        shown.next(two, &mut at_two, 100);
        shown.push(question);
        // The second one is quicker, and it is the first one's to answer.
        assert!(!output(shown.next(two, &mut at_two, 100)).2);
        drop(first_reads);
        assert_eq!(shown.next(one, &mut at_one, 100), Step::Nothing);
        shown.leave(one, at_one);
        assert!(matches!(shown.next(two, &mut at_two, 100), Step::Restart { .. }));
        assert_eq!(output(shown.next(two, &mut at_two, 100)), (question.to_vec(), true, true));
    }
}

#[test]
fn who_is_too_slow_is_told_to_begin_anew() {
    let shown = Shown::new();
    let (slow, mut at) = (shown.enter(None), None);
    shown.next(slow, &mut at, 10);
    for _ in 0..100 {
        shown.push(&[b"y\r\n".repeat(40_000)].concat());
    }
    let Step::Restart { offset, .. } = shown.next(slow, &mut at, 10) else {
        panic!("it had it all")
    };
    assert!(shown.end() - offset <= KEPT.most as u64);
    assert_eq!(output(shown.next(slow, &mut at, 3)).0, b"y\r\n");
}

#[test]
fn a_new_shell_begins_below_what_the_last_one_showed() {
    let shown = Shown::new();
    shown.push(b"one\r\ntwo\x1b[?2004h$ ");
    shown.begin_again();
    shown.push(b"new");
    let mut screen = crate::terminal::Screen::new(20, 8);
    screen.feed(&shown.last_part(1000));
    let rows: Vec<String> = (0..3).map(|row| screen.row_text(row)).collect();
    assert_eq!(rows, ["one", "two$", "new"]);
    assert!(!screen.modes().bracketed_paste());
}

#[test]
fn what_former_shells_showed_is_not_told_again_with_each_look_at_a_flood() {
    let shown = Shown::new();
    shown.push(b"former");
    shown.begin_again();
    shown.glimpse(b"flood");
    assert_eq!(shown.last_part(1000), b"flood");
    shown.redraw(b"", b"calm");
    let all = shown.last_part(1000);
    assert!(all.starts_with(b"former") && all.ends_with(b"\r\ncalm"), "{all:?}");
}

#[test]
fn a_redraw_says_what_is_in_sight() {
    let shown = Shown::new();
    shown.push(b"old");
    let (one, mut at) = (shown.enter(None), None);
    shown.next(one, &mut at, 10);
    shown.redraw(b"above\r\n", b"here");
    assert_eq!(
        shown.next(one, &mut at, 10),
        Step::Restart { in_sight: 10, offset: 3, set_up: vec![] }
    );
    assert_eq!(output(shown.next(one, &mut at, 100)), (b"above\r\nhere".to_vec(), true, false));
}
