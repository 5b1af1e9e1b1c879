#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use rusqlite::Connection;

use super::*;
use crate::failure::{Code, Failure};
use crate::host::{HostId, Place, Site};
use crate::seam::{EventBody, SessionId};
use crate::store::{Batch, Change, Draft, Store};

/// What is to be written into `~/src` there.
fn at(place: Place) -> OutboxScope {
    OutboxScope::Site(Site { place, cwd: Some("~/src".into()) })
}

fn here() -> Place {
    Place { id: HostId::new("local"), way: None }
}

fn new(id: &str, words: &str) -> NewEntry {
    NewEntry {
        id: id.into(),
        at_ms: 1_700_000_000_000,
        kind: "USER".into(),
        hostname: Some("laptop".into()),
        line: format!("{{\"id\":\"{id}\"}}").into_bytes(),
        words: words.into(),
        session: Some(SessionId::new("s")),
        place: Some(here()),
        cwd: Some("~/src".into()),
        project: None,
        share: true,
    }
}

fn entry(position: u64, id: &str) -> SharedEntry {
    SharedEntry {
        position,
        id: id.into(),
        at_ms: 1_600_000_000_000,
        kind: "AUTO".into(),
        hostname: Some("desk".into()),
        line: format!("{{\"id\":\"{id}\"}}").into_bytes(),
        words: format!("shared {id}"),
    }
}

fn put(project: i64, file: &str, entries: Vec<SharedEntry>) -> Change {
    let (project, file, index) = (ProjectId(project), file.into(), "{}".into());
    Change::PutShared { project, file, index, reset: false, entries, keep: 5_000 }
}

fn project(cwd: &str, root: &str) -> Change {
    Change::PutProject { place: here(), cwd: Some(cwd.into()), root: root.into() }
}

async fn done(store: &Store, changes: Vec<Change>) {
    store.commit(Batch { changes, drafts: Vec::new() }).await.unwrap();
}

async fn refused(store: &Store, change: Change) -> Failure {
    store.commit(Batch { changes: vec![change], drafts: Vec::new() }).await.unwrap_err()
}

fn all() -> HistoryQuery {
    HistoryQuery { limit: 100, ..HistoryQuery::default() }
}

async fn ids(store: &Store, query: &HistoryQuery) -> Vec<String> {
    let found = store.history(query).await.unwrap();
    assert_eq!(found.total, found.rows.len() as u64, "{query:?}");
    found.rows.into_iter().map(|row| row.id).collect()
}

async fn search(store: &Store, phrases: &[&[&str]]) -> Vec<String> {
    let search = phrases.iter().map(|words| words.iter().map(|word| (*word).into()).collect());
    let mut found = ids(store, &HistoryQuery { search: search.collect(), ..all() }).await;
    found.sort();
    found
}

#[tokio::test]
async fn an_entry_and_its_place_in_the_outbox_are_stored_with_the_turns_end_or_not_at_all() {
    let store = Store::memory().unwrap();
    let end = |id: &str| Draft {
        session: SessionId::new("s"),
        tab: None,
        turn: None,
        body: EventBody::Text { text: id.into(), plain: false },
    };
    let batch = |id: &str, last: Vec<Change>| Batch {
        changes: [Change::AddEntry(new(id, "w"))].into_iter().chain(last).collect(),
        drafts: vec![end(id)],
    };
    let nobody = Change::SetHinted(ProjectId(9));
    assert_eq!(store.commit(batch("no", vec![nobody])).await.unwrap_err().code, Code::NotFound);
    assert_eq!((store.head(), store.outbox_len(&OutboxScope::All).await.unwrap()), (0, 0));
    assert!(ids(&store, &all()).await.is_empty());
    store.commit(batch("yes", Vec::new())).await.unwrap();
    assert_eq!((store.head(), store.outbox_len(&OutboxScope::All).await.unwrap()), (1, 1));
    assert_eq!(ids(&store, &all()).await, ["yes"]);
}

#[tokio::test]
async fn an_entry_that_was_made_here_is_never_doubled_and_stays_as_it_was() {
    let store = Store::memory().unwrap();
    done(&store, vec![Change::AddEntry(new("e", "first"))]).await;
    let other = NewEntry { line: b"other".to_vec(), ..new("e", "second") };
    done(&store, vec![Change::AddEntry(other.clone()), Change::AddEntry(other)]).await;
    assert_eq!(ids(&store, &all()).await, ["e"]);
    assert_eq!(store.history_entry("e").await.unwrap().line, new("e", "").line);
    assert_eq!(store.outbox_len(&OutboxScope::All).await.unwrap(), 1);
    assert_eq!(search(&store, &[&["second"]]).await, [""; 0]);
}

#[tokio::test]
async fn what_is_to_be_shared_nowhere_is_refused() {
    let store = Store::memory().unwrap();
    let nowhere = NewEntry { place: None, ..new("e", "w") };
    let failure = refused(&store, Change::AddEntry(nowhere.clone())).await;
    assert_eq!(failure.code, Code::Internal, "{failure}");
    done(&store, vec![Change::AddEntry(NewEntry { share: false, ..nowhere })]).await;
    assert_eq!(ids(&store, &all()).await, ["e"]);
}

#[tokio::test]
async fn a_project_gets_what_was_made_in_its_directory_before_it_was_known() {
    let store = Store::memory().unwrap();
    let home = NewEntry { cwd: None, ..new("home", "w") };
    let elsewhere = NewEntry { cwd: Some("/other".into()), ..new("elsewhere", "w") };
    done(&store, [new("here", "w"), home, elsewhere].map(Change::AddEntry).into()).await;
    done(&store, vec![project("~/src", "/home/me/src"), project("/home/me/src", "/home/me/src")])
        .await;
    let of = |id| HistoryQuery { scope: HistoryScope::Project(ProjectId(id)), ..all() };
    assert_eq!(ids(&store, &of(1)).await, ["here"]);
    // From now on it is looked up, by any of its names.
    let later = NewEntry { cwd: Some("/home/me/src".into()), ..new("later", "w") };
    done(&store, vec![Change::AddEntry(later)]).await;
    assert_eq!(ids(&store, &of(1)).await, ["later", "here"]);
    let root = Change::PutProject { place: here(), cwd: None, root: "/home/me".into() };
    done(&store, vec![root]).await;
    assert_eq!(ids(&store, &of(2)).await, ["home"]);
    let said = NewEntry { project: Some(ProjectId(2)), ..new("said", "w") };
    done(&store, vec![Change::AddEntry(said)]).await;
    assert_eq!(ids(&store, &of(2)).await, ["said", "home"]);

    let known = store.project(&here(), Some("~/src")).await.unwrap().unwrap();
    assert_eq!((known.root.as_str(), known.ignored, known.hinted), ("/home/me/src", None, false));
    assert_eq!(store.project(&here(), Some("")).await.unwrap(), None, "that is no home");
    let ignored = Change::SetIgnored { project: known.id, ignored: "no".into() };
    done(&store, vec![ignored, Change::SetHinted(known.id), project("~/src", "/home/me/src")])
        .await;
    let known = store.projects().await.unwrap().swap_remove(0);
    assert_eq!((known.ignored.as_deref(), known.hinted), (Some("no"), true), "they stay");
}

#[tokio::test]
async fn what_is_said_of_an_unknown_project_is_refused() {
    let store = Store::memory().unwrap();
    let unknown = ProjectId(1);
    for change in [
        put(1, "history-a.jsonl", Vec::new()),
        Change::SetHinted(unknown),
        Change::SetIgnored { project: unknown, ignored: "no".into() },
        Change::AddEntry(NewEntry { project: Some(unknown), ..new("e", "w") }),
        Change::RewriteEntry { row: 5, line: Vec::new(), words: String::new() },
    ] {
        let failure = refused(&store, change).await;
        assert_eq!(failure.code, Code::NotFound, "{failure}");
    }
}

#[tokio::test]
async fn an_entry_of_ours_comes_back_in_our_file_and_is_shown_once() {
    let store = Store::memory().unwrap();
    done(&store, vec![project("~/src", "/src"), Change::AddEntry(new("mine", "w"))]).await;
    done(&store, vec![put(1, "history-laptop.jsonl", vec![entry(0, "mine"), entry(9, "theirs")])])
        .await;
    let of = HistoryQuery { scope: HistoryScope::Project(ProjectId(1)), ..all() };
    assert_eq!(ids(&store, &of).await, ["mine", "theirs"]);
    assert_eq!(ids(&store, &all()).await, ["mine", "theirs"]);
    assert_eq!(search(&store, &[&["shared"]]).await, ["theirs"], "what isn't shown isn't found");
    let sources = store.history_sources(&of.scope).await.unwrap();
    assert_eq!(sources, [(HistorySource::Local, 1), (HistorySource::Hostname("desk".into()), 1)]);
    assert!(store.history_entry("mine").await.unwrap().local);
}

#[tokio::test]
async fn a_shared_file_is_replaced_trimmed_and_forgotten_without_a_trace() {
    let store = Store::memory().unwrap();
    done(&store, vec![project("~/src", "/src")]).await;
    let a = "history-a.jsonl";
    done(&store, vec![put(1, a, (0..9).map(|at| entry(at, &format!("e{at}"))).collect())]).await;
    let more = |reset, keep, entries| Change::PutShared {
        project: ProjectId(1),
        file: a.into(),
        index: format!("{keep}"),
        reset,
        entries,
        keep,
    };
    // What was read twice is stored once.
    done(&store, vec![more(false, 3, vec![entry(8, "e8"), entry(9, "e9")])]).await;
    assert_eq!(ids(&store, &all()).await, ["e9", "e8", "e7"]);
    assert_eq!(search(&store, &[&["e"]]).await, ["e7", "e8", "e9"]);
    assert_eq!(store.history_files(ProjectId(1)).await.unwrap(), [(a.into(), "3".into())]);
    done(&store, vec![more(true, 3, vec![entry(0, "new")])]).await;
    assert_eq!(search(&store, &[&["shared"]]).await, ["new"]);
    done(&store, vec![Change::DropShared { project: ProjectId(1), file: a.into() }]).await;
    assert!(ids(&store, &all()).await.is_empty() && search(&store, &[&["new"]]).await.is_empty());
    assert!(store.history_files(ProjectId(1)).await.unwrap().is_empty());
    assert_eq!(store.history_sources(&HistoryScope::All).await.unwrap(), []);
}

#[tokio::test]
async fn the_history_outlives_its_session() {
    let store = Store::memory().unwrap();
    done(&store, vec![Change::AddEntry(new("e", "w"))]).await;
    done(&store, vec![Change::RemoveSession(SessionId::new("s"))]).await;
    let scope = HistoryScope::Session { session: SessionId::new("s"), project: None };
    assert_eq!(ids(&store, &HistoryQuery { scope, ..all() }).await, ["e"]);
    assert_eq!(store.outbox(&OutboxScope::All, 0).await.unwrap().len(), 1, "and is sent");
}

#[tokio::test]
async fn the_outbox_keeps_its_order_and_what_went_wrong() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let far = Place { id: HostId::new("box"), way: None };
    let there = NewEntry { place: Some(far.clone()), ..new("there", "w") };
    done(&store, [new("a", "w"), there, new("b", "w")].map(Change::AddEntry).into()).await;
    let jobs = store.outbox(&at(here()), 0).await.unwrap();
    assert_eq!(jobs.iter().map(|job| job.id.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(jobs[0].site.cwd.as_deref(), Some("~/src"));
    assert_eq!(jobs[0].line, new("a", "").line);
    assert_eq!(store.outbox(&OutboxScope::All, jobs[0].position).await.unwrap().len(), 2);
    let failure = Failure::new(Code::PermissionDenied, "no").hint("ask");
    let positions = vec![jobs[0].position];
    done(&store, vec![Change::NotSent { positions, failure: failure.clone() }]).await;
    done(&store, vec![Change::Sent(vec![jobs[1].position, 999])]).await;
    let rewritten = b"with its path".to_vec();
    let change =
        Change::RewriteEntry { row: jobs[0].row, line: rewritten.clone(), words: "path".into() };
    done(&store, vec![change]).await;
    store.close().await;
    drop(store);
    let store = Store::open(dir.path()).unwrap();
    let jobs = store.outbox(&at(here()), 0).await.unwrap();
    assert_eq!(jobs.len(), 1);
    assert_eq!((&jobs[0].failure, &jobs[0].line), (&Some(failure), &rewritten));
    assert_eq!(store.outbox(&at(far.clone()), 0).await.unwrap()[0].id, "there");
    assert_eq!(search(&store, &[&["path"]]).await, ["a"]);
    assert_eq!(store.outbox_len(&OutboxScope::All).await.unwrap(), 2);
    assert_eq!(store.outbox_len(&at(here())).await.unwrap(), 1);
    let session = |name: &str| OutboxScope::Session(SessionId::new(name));
    assert_eq!(store.outbox_len(&session("s")).await.unwrap(), 2);
    assert_eq!(store.outbox_len(&session("other")).await.unwrap(), 0);
    let sites: Vec<Place> =
        store.outbox_sites().await.unwrap().into_iter().map(|site| site.place).collect();
    assert_eq!(sites, [here(), far.clone()]);
    // A position is never given out again: an answer that comes late can't take another's job away.
    let last = jobs[0].position.max(store.outbox(&at(far.clone()), 0).await.unwrap()[0].position);
    done(&store, vec![Change::AddEntry(new("c", "w"))]).await;
    assert!(store.outbox(&OutboxScope::All, last).await.unwrap()[0].position > last + 1);
}

#[tokio::test]
async fn one_answer_holds_what_fits_into_it_and_one_line_always() {
    let store = Store::memory().unwrap();
    for id in 0..5 {
        let large = NewEntry { line: vec![b'x'; 300 << 10], ..new(&format!("e{id}"), "w") };
        done(&store, vec![Change::AddEntry(large)]).await;
    }
    let huge = NewEntry { line: vec![b'x'; 2 << 20], ..new("huge", "w") };
    done(&store, vec![Change::AddEntry(huge)]).await;
    let mut seen = Vec::new();
    while seen.len() < 6 {
        let query = HistoryQuery { offset: seen.len(), ..all() };
        let found = store.history(&query).await.unwrap();
        assert_eq!((found.total, found.rows.len()), (6, 1));
        seen.extend(found.rows.into_iter().map(|row| row.id));
    }
    assert_eq!(seen, ["huge", "e4", "e3", "e2", "e1", "e0"]);
    let mut after = 0;
    for wanted in ["e0", "e1", "e2", "e3", "e4", "huge"] {
        let jobs = store.outbox(&OutboxScope::All, after).await.unwrap();
        assert_eq!(jobs.iter().map(|job| job.id.as_str()).collect::<Vec<_>>(), [wanted]);
        after = jobs[0].position;
    }
    assert!(store.outbox(&OutboxScope::All, after).await.unwrap().is_empty());
    let many = HistoryQuery { limit: usize::MAX, offset: usize::MAX, ..all() };
    assert_eq!(store.history(&many).await.unwrap().total, 6);
}

#[tokio::test]
async fn words_are_found_as_they_are_and_nothing_in_them_is_a_command() {
    let store = Store::memory().unwrap();
    let add = |id: &str, words: &str| Change::AddEntry(new(id, words));
    done(
        &store,
        vec![
            add("a", "fixed the retry-loop in src/uploader.rs"),
            add("b", "near( \"quoted\" words: * ^x and or not"),
            add("c", "größe café 漢字 naïve 🙂 emoji"),
            add("d", "fix the retry loop"),
            add("e", ""),
        ],
    )
    .await;
    assert_eq!(search(&store, &[&["retry-loop"]]).await, ["a"]);
    assert_eq!(search(&store, &[&["retry"]]).await, ["a", "d"], "the beginning of a word");
    assert_eq!(search(&store, &[&["loop"]]).await, ["d"], "not its end");
    assert_eq!(search(&store, &[&["the", "retry", "l"]]).await, ["d"]);
    assert_eq!(search(&store, &[&["fix"], &["src/"]]).await, ["a"]);
    assert_eq!(search(&store, &[&["gröss"]]).await, [""; 0]);
    assert_eq!(search(&store, &[&["grö"], &["漢"], &["🙂"]]).await, ["c"]);
    assert_eq!(search(&store, &[&["cafe"]]).await, [""; 0], "letters stay as they are");
    for word in ["near(", "\"quoted\"", "words:", "*", "^x", "and", "or", "not", "\"", "nea"] {
        assert_eq!(search(&store, &[&[word]]).await, ["b"], "{word}");
    }
    let nothing = [
        "words:near",
        "{words}",
        "-words",
        "near(a, 5)",
        "a\" OR \"b",
        "';--",
        "a*b",
        "\\",
        "(",
        ")",
        "\u{7f}x\0y",
        "%",
        "_",
        "\u{feff}",
        "words : a",
        "x\"*",
        "''",
        "+",
    ];
    for word in nothing {
        assert_eq!(search(&store, &[&[word]]).await, [""; 0], "{word:?}");
    }
    for none in [&[][..], &[""], &[" "], &["\0"]] {
        assert_eq!(search(&store, &[none]).await.len(), 5, "no word is no search");
    }
    let long = "x".repeat(1 << 20);
    assert_eq!(search(&store, &[&[&long]]).await, [""; 0]);
    let words: Vec<&str> = vec!["fix"; 200];
    let phrases: Vec<&[&str]> = words.chunks(1).collect();
    assert_eq!(search(&store, &phrases).await, ["a", "d"]);
    assert_eq!(search(&store, &[&words]).await, [""; 0]);
    let query = HistoryQuery { search: vec![vec!["x".into(); 201]], ..all() };
    assert_eq!(store.history(&query).await.unwrap_err().code, Code::TooLarge);
}

#[tokio::test]
async fn a_beginning_finds_every_word_however_many_begin_so() {
    let store = Store::memory().unwrap();
    let mut wanted = Vec::new();
    for number in 0..40 {
        let id = format!("e{number:02}");
        let words = format!("the uploader{number} Said");
        done(&store, vec![Change::AddEntry(new(&id, &words))]).await;
        wanted.push(id);
        for beginning in ["upload", "uploader", "u", "upl"] {
            assert_eq!(search(&store, &[&["the", beginning]]).await, wanted, "{beginning}");
        }
    }
    assert_eq!(search(&store, &[&["uploader3"]]).await.len(), 11);
    assert_eq!(search(&store, &[&["uploader39"]]).await, ["e39"]);
    assert_eq!(search(&store, &[&["uploader39", "sai"]]).await, ["e39"], "ASCII letters are small");
    assert_eq!(search(&store, &[&["UPLOADER39"]]).await, ["e39"]);
}

#[tokio::test]
async fn words_of_any_length_are_found_by_their_beginning() {
    let store = Store::memory().unwrap();
    let hash = "deadbeef".repeat(9);
    done(&store, vec![Change::AddEntry(new("short", "the deadbeef bug"))]).await;
    assert_eq!(search(&store, &[&["dead"]]).await, ["short"]);
    done(&store, vec![Change::AddEntry(new("long", &format!("token {hash} leaked")))]).await;
    done(&store, vec![Change::AddEntry(new("wide", &"größe".repeat(20)))]).await;
    for beginning in ["dea", "dead", "deadbeef"] {
        assert_eq!(search(&store, &[&[beginning]]).await, ["long", "short"], "{beginning}");
    }
    assert_eq!(search(&store, &[&["token", &hash[..20]]]).await, ["long"]);
    assert_eq!(search(&store, &[&[&hash]]).await, ["long"]);
    assert_eq!(search(&store, &[&[&hash[..70]]]).await, ["long"]);
    assert_eq!(search(&store, &[&["größegr"]]).await, ["wide"]);
    assert_eq!(search(&store, &[&["deadline"]]).await, [""; 0]);
}

#[tokio::test]
async fn an_entry_is_found_by_the_beginning_of_its_id() {
    let store = Store::memory().unwrap();
    done(&store, ["abc", "abd", "ab", "b%"].map(|id| Change::AddEntry(new(id, "w"))).into()).await;
    assert_eq!(store.history_entry("abc").await.unwrap().id, "abc");
    assert_eq!(store.history_entry("b").await.unwrap().id, "b%");
    assert_eq!(store.history_entry("ab").await.unwrap().id, "ab", "a whole id is no prefix");
    let several = store.history_entry("a").await.unwrap_err();
    assert_eq!(
        (several.code, several.message.as_str()),
        (Code::Conflict, "`a` could be ab, abc, abd")
    );
    for none in ["", "%", "x", "abcd", "aa"] {
        assert_eq!(store.history_entry(none).await.unwrap_err().code, Code::NotFound, "{none}");
    }
}

#[tokio::test]
async fn activity_is_counted_in_equal_spans_and_too_many_are_refused() {
    let store = Store::memory().unwrap();
    for (id, at_ms, kind) in [("a", 0, "USER"), ("b", 9, "AUTO"), ("c", 10, "CUE"), ("d", 20, "X")]
    {
        let entry = NewEntry { at_ms, kind: kind.into(), ..new(id, "w") };
        done(&store, vec![Change::AddEntry(entry)]).await;
    }
    let found = store.history_activity(&all(), 0, 20, 2).await.unwrap();
    let first = Activity { user: 1, auto: 1, ..Activity::default() };
    assert_eq!(found, [first, Activity { cue: 1, ..Activity::default() }]);
    let backwards = store.history_activity(&all(), 20, 0, 2).await.unwrap();
    assert_eq!(backwards, [Activity::default(); 2]);
    assert!(store.history_activity(&all(), 0, 20, 0).await.unwrap().is_empty());
    let failure = store.history_activity(&all(), 0, 20, 10_001).await.unwrap_err();
    assert_eq!(failure.code, Code::TooLarge);
}

#[tokio::test]
async fn two_that_have_the_store_open_write_one_history() {
    let dir = tempfile::tempdir().unwrap();
    let stores = [Store::open(dir.path()).unwrap(), Store::open(dir.path()).unwrap()];
    done(&stores[0], vec![project("~/src", "/src")]).await;
    let work = stores.iter().enumerate().map(|(who, store)| async move {
        for number in 0..40 {
            let own = NewEntry { share: number % 2 == 0, ..new(&format!("{who}-{number}"), "own") };
            let both = new(&format!("both-{number}"), "both");
            let file = format!("history-{who}.jsonl");
            let shared = put(1, &file, vec![entry(number, &format!("shared-{number}"))]);
            done(store, vec![Change::AddEntry(own), Change::AddEntry(both), shared]).await;
        }
    });
    futures::future::join_all(work).await;
    for store in &stores {
        let found = store.history(&HistoryQuery { limit: 1_000, ..all() }).await.unwrap();
        assert_eq!((found.total, found.rows.len()), (160, 160));
        assert_eq!(store.outbox_len(&OutboxScope::All).await.unwrap(), 80);
        assert_eq!(search(store, &[&["both"]]).await.len(), 40);
    }
    let db = Connection::open(dir.path().join("baton.db")).unwrap();
    db.execute_batch("INSERT INTO history_words (history_words) VALUES ('integrity-check')")
        .unwrap();
    let fault: String = db.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(fault, "ok");
}
