use super::model::{Deed, Follower, Model, entries, entry, large};
use crate::{FileIndex, Malformed, Settings};

const FILE: &str = "history-box.jsonl";

fn append(bytes: impl Into<Vec<u8>>) -> Deed {
    Deed::Append(FILE.to_owned(), bytes.into())
}

fn rewrite(bytes: impl Into<Vec<u8>>) -> Deed {
    Deed::Rewrite(FILE.to_owned(), bytes.into())
}

fn replace(bytes: impl Into<Vec<u8>>) -> Deed {
    Deed::Replace(FILE.to_owned(), bytes.into())
}

/// A directory with one file of three entries, which has been read.
fn followed() -> (Model, Follower) {
    let model = Model::default();
    model.apply(append(entries(0..3)));
    let mut follower = Follower::new(100, 1 << 20);
    follower.refresh(&model);
    assert_eq!(follower.ids(FILE), ["e0", "e1", "e2"]);
    assert_eq!(model.counts(), (1, 1));
    (model, follower)
}

#[test]
fn nothing_new_is_one_look() {
    for is_terse in [true, false] {
        let (mut model, mut follower) = followed();
        model.is_terse = is_terse;
        assert!(follower.refresh(&model).changes.is_empty());
        assert_eq!(model.counts(), (2, 1));
    }
}

#[test]
fn what_comes_along_with_a_look_is_not_read_again() {
    let (model, mut follower) = followed();
    model.apply(append(entry("new")));
    let refreshed = follower.refresh(&model);
    assert_eq!(refreshed.changes[0].lines.len(), 1);
    assert!(!refreshed.changes[0].reset);
    assert_eq!(follower.ids(FILE), ["e0", "e1", "e2", "new"]);
    assert_eq!(model.counts(), (2, 1));
}

#[test]
fn what_is_too_much_to_come_along_is_read_alone() {
    let (model, mut follower) = followed();
    follower.settings.most = 10;
    let before = model.lock().bytes_read;
    model.apply(append(entries(3..6)));
    assert!(!follower.refresh(&model).changes[0].reset);
    assert_eq!(follower.ids(FILE).len(), 6);
    let read = model.lock().bytes_read - before;
    assert_eq!(read, (256 + entries(0..6).len()) as u64, "and two samples");
}

#[test]
fn a_torn_line_is_taken_when_it_is_complete() {
    let (model, mut follower) = followed();
    let line = entry("new");
    let (one, rest) = line.split_at(20);
    let (other, last) = rest.split_at(rest.len() - 1);
    model.apply(append(one));
    assert!(follower.refresh(&model).changes.is_empty());
    model.apply(append(other));
    follower.refresh(&model);
    assert_eq!(follower.ids(FILE), ["e0", "e1", "e2", "new"], "only its end is missing");
    model.apply(append(last));
    follower.refresh(&model);
    model.apply(append(entry("next")));
    follower.refresh(&model);
    assert_eq!(follower.ids(FILE), ["e0", "e1", "e2", "new", "next"]);
    assert_eq!(follower.lines, model.truth(100));
}

#[test]
fn a_line_that_was_taken_without_its_end_and_goes_on_is_judged_anew() {
    let (model, mut follower) = followed();
    model.apply(append(entry("new").trim_ascii_end()));
    follower.refresh(&model);
    assert_eq!(follower.ids(FILE), ["e0", "e1", "e2", "new"]);
    // Somebody has added a line without looking whether the one before has an end.
    model.apply(append(entry("glued")));
    let refreshed = follower.refresh(&model);
    assert!(refreshed.changes[0].reset);
    assert_eq!(follower.ids(FILE), ["e0", "e1", "e2"]);
    let index = follower.indexes.get(FILE).unwrap();
    assert_eq!((index.skipped, index.first_skipped[0].reason), (1, Malformed::NotJson));
    assert_eq!(index.first_skipped[0].number, Some(4));
}

#[test]
fn a_whole_file_that_is_written_anew_never_flickers() {
    let (model, mut follower) = followed();
    let new = entries(0..4);
    for halfway in [0, 10, 100, 250] {
        model.apply(rewrite(&new[..halfway]));
        let refreshed = follower.refresh(&model);
        assert!(refreshed.is_unsettled && refreshed.changes.is_empty(), "{refreshed:?}");
        assert_eq!(follower.ids(FILE), ["e0", "e1", "e2"]);
    }
    model.apply(rewrite(new));
    let refreshed = follower.refresh(&model);
    assert!(!refreshed.is_unsettled && !refreshed.changes[0].reset);
    assert_eq!(follower.ids(FILE), ["e0", "e1", "e2", "e3"]);
}

#[test]
fn a_file_that_stays_shorter_is_believed_at_the_second_look() {
    for shorter in [rewrite(entries(1..3)), replace(entries(1..3)), rewrite("")] {
        let (model, mut follower) = followed();
        model.apply(shorter);
        assert!(follower.refresh(&model).changes.is_empty());
        assert!(follower.refresh(&model).changes[0].reset);
        assert_eq!(follower.lines, model.truth(100));
    }
}

#[test]
fn a_trimmed_file_that_grows_at_once_is_believed_at_the_second_look() {
    let (model, mut follower) = followed();
    model.apply(replace(entries(2..3)));
    assert!(follower.refresh(&model).changes.is_empty());
    model.apply(append(entry("new")));
    assert!(follower.refresh(&model).changes[0].reset);
    assert_eq!(follower.ids(FILE), ["e2", "new"]);
}

#[test]
fn a_file_that_is_always_of_another_size_is_believed_in_the_end() {
    let (model, mut follower) = followed();
    model.apply(rewrite(""));
    let looks = (0..10).take_while(|at| {
        model.apply(append(" ".repeat(at + 1)));
        follower.refresh(&model).changes.is_empty()
    });
    assert_eq!(looks.count(), 4);
}

#[test]
fn another_file_of_that_name_is_read_anew_at_once() {
    for other in [replace(entries(10..14)), rewrite(entries(10..14))] {
        let (model, mut follower) = followed();
        model.apply(other);
        assert!(follower.refresh(&model).changes[0].reset);
        assert_eq!(follower.lines, model.truth(100));
    }
}

#[test]
fn a_file_that_differs_in_its_head_or_before_the_seam_alone_is_read_anew() {
    for (from, to) in [("e0", "f0"), ("e9", "f9")] {
        let model = Model::default();
        model.apply(append(entries(0..10)));
        let mut follower = Follower::new(100, 1 << 20);
        follower.refresh(&model);
        let changed = String::from_utf8(entries(0..10)).unwrap().replace(from, to);
        model.apply(rewrite([changed.as_bytes(), &entry("new")].concat()));
        assert!(follower.refresh(&model).changes[0].reset);
        assert_eq!(follower.lines, model.truth(100));
    }
}

#[test]
fn one_smaller_file_after_another_is_no_second_look() {
    let (model, mut follower) = followed();
    for _ in 0..3 {
        model.apply(replace(entries(0..1)));
        assert!(follower.refresh(&model).changes.is_empty());
    }
    assert!(follower.refresh(&model).changes[0].reset);
}

#[test]
fn an_empty_file_needs_no_reading() {
    let model = Model::default();
    model.apply(append(""));
    let mut follower = Follower::new(100, 1 << 20);
    assert_eq!(follower.refresh(&model).changes.len(), 1);
    assert_eq!(model.counts(), (1, 0));
}

#[test]
fn a_file_that_was_trimmed_in_place_and_has_grown_is_read_anew() {
    let (mut model, mut follower) = followed();
    model.is_terse = true;
    model.apply(rewrite(entries(1..5)));
    assert!(follower.refresh(&model).changes[0].reset);
    assert_eq!(follower.lines, model.truth(100));
}

#[test]
fn a_file_is_gone_when_two_looks_miss_it() {
    let (model, mut follower) = followed();
    model.apply(Deed::Remove(FILE.to_owned()));
    let refreshed = follower.refresh(&model);
    assert!(refreshed.is_unsettled && refreshed.gone.is_empty());
    assert_eq!(follower.refresh(&model).gone, [FILE]);
    assert!(follower.lines.is_empty());
    assert!(!follower.refresh(&model).is_unsettled);
}

#[test]
fn a_file_that_shrinks_while_it_is_read_gives_nothing_false() {
    // A new one.
    let model = Model::default();
    model.apply(append(entries(0..50)));
    let mut follower = Follower::new(100, 1 << 20);
    model.lock().before_read = Some(rewrite(entries(0..2)));
    let refreshed = follower.refresh(&model);
    assert!(refreshed.is_unsettled && refreshed.changes.is_empty());
    follower.settle(&model);
    assert_eq!(follower.ids(FILE), ["e0", "e1"]);

    // One that has grown.
    follower.settings.most = 10;
    model.apply(append(entries(2..50)));
    model.lock().before_read = Some(rewrite(entries(0..7)));
    assert!(follower.refresh(&model).is_unsettled);
    assert_eq!(follower.ids(FILE), ["e0", "e1"]);
    follower.settle(&model);
    assert_eq!(follower.lines, model.truth(100));

    // One that is gone.
    model.apply(append(entries(60..70)));
    model.lock().before_read = Some(Deed::Remove(FILE.to_owned()));
    assert!(follower.refresh(&model).is_unsettled);
    follower.settle(&model);
    assert!(follower.lines.is_empty());
}

#[test]
fn of_a_large_file_only_the_end_is_read() {
    let model = Model::default();
    model.apply(append(entries(0..2000)));
    let mut follower = Follower::new(10, 1 << 20);
    follower.refresh(&model);
    assert_eq!(follower.lines, model.truth(10));
    assert_eq!(model.lock().bytes_read, 10 * 4096 + 1 + 256);
    let index = follower.indexes.get(FILE).unwrap();
    assert!(index.start > 0 && index.lines >= 10);

    model.apply(append([&b"broken\n"[..], &entries(2000..2001)].concat()));
    assert!(!follower.refresh(&model).changes[0].reset);
    assert_eq!(follower.lines, model.truth(10));
    let index = follower.indexes.get(FILE).unwrap();
    assert_eq!(index.first_skipped[0].number, None, "nobody has counted");
}

#[test]
fn windows_grow_until_there_are_enough_lines_or_the_start_is_reached() {
    for (lines, bytes, limit) in
        [(40, 9000, 4), (40, 100_000, 4), (5, 20_000, 100), (3, 300_000, 1)]
    {
        let model = Model::default();
        for line in 0..lines {
            model.apply(append(large(&format!("e{line}"), bytes)));
        }
        let size = model.lock().files[FILE].bytes.len() as u64;
        let mut follower = Follower::new(limit, 1 << 20);
        follower.refresh(&model);
        assert_eq!(follower.lines, model.truth(limit));
        assert!(follower.refresh(&model).changes.is_empty());
        let read = model.lock().bytes_read;
        assert!(read < 2 * size + 1000, "{read} of {size}");
        model.apply(append(entry("new")));
        assert!(!follower.refresh(&model).changes[0].reset);
        assert_eq!(follower.lines, model.truth(limit));
    }
}

#[test]
fn an_overlong_last_line_is_not_read_again_and_again() {
    let (model, mut follower) = followed();
    model.apply(append(vec![b'x'; 17 << 20]));
    follower.refresh(&model);
    assert_eq!(follower.indexes.get(FILE).unwrap().skipped, 1);
    let before = model.lock().bytes_read;
    model.apply(append(b"xyz\n".to_vec()));
    model.apply(append(entry("new")));
    follower.refresh(&model);
    assert_eq!(follower.ids(FILE), ["e0", "e1", "e2", "new"]);
    assert_eq!(model.lock().bytes_read, before);
    let index = follower.indexes.get(FILE).unwrap();
    assert_eq!((index.skipped, index.first_skipped.len()), (1, 1));
}

#[test]
fn what_was_skipped_is_counted_and_the_first_of_it_remembered() {
    let (model, mut follower) = followed();
    model.apply(append("42\n".repeat(15)));
    follower.refresh(&model);
    model.apply(append("null\n".repeat(15)));
    follower.refresh(&model);
    let index = follower.indexes.get(FILE).unwrap();
    assert_eq!((index.skipped, index.first_skipped.len(), index.lines), (30, 20, 33));
    assert_eq!(index.first_skipped[15].start, "null");
    assert_eq!(index.first_skipped[15].number, Some(19));
}

#[test]
fn an_index_is_what_it_was_after_it_was_stored() {
    let (model, mut follower) = followed();
    model.apply(append("42\n"));
    follower.refresh(&model);
    let index = follower.indexes.get(FILE).unwrap().clone();
    let stored = serde_json::to_string(&index).unwrap();
    assert_eq!(serde_json::from_str::<FileIndex>(&stored).unwrap(), index);
    follower.restart();
    assert!(follower.refresh(&model).changes.is_empty());
    assert_eq!(Settings::default().limit, 5000);
}
