//! Whatever is done to the history, every question about it has the answer that a list in memory would give.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::host::{HostId, Place};
use crate::seam::SessionId;
use crate::store::{Batch, Change, Store};

const TIMES: [i64; 12] = [
    i64::MIN,
    -5,
    0,
    1,
    1_700_000_000_000,
    1_700_000_000_001,
    1_700_000_000_002,
    1_800_000_000_000,
    1 << 43,
    (1 << 43) + 7,
    1 << 60,
    i64::MAX,
];
const KINDS: [&str; 4] = ["USER", "AUTO", "CUE", "user"];
const NAMES: [&str; 3] = ["history-a.jsonl", "history-b.jsonl", "history-c.jsonl"];
const WORDS: [&str; 11] =
    ["fix", "fixed", "fixed-up", "fixing", "fi", "bug", "the", "größe", "a\"b", "near(", "*"];

/// An entry as the list has it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    id: String,
    at: i64,
    kind: &'static str,
    hostname: Option<String>,
    line: Vec<u8>,
    words: Vec<&'static str>,
    session: Option<String>,
    project: Option<i64>,
    /// Nothing for one that was made here.
    file: Option<(&'static str, u64)>,
}

#[derive(Clone, Debug)]
enum Step {
    Add { entry: Entry, place: Option<usize>, cwd: usize, share: bool },
    Project { place: usize, cwd: usize, root: usize },
    Put { project: usize, name: usize, reset: bool, entries: Vec<Entry>, keep: u64 },
    Drop { project: usize, name: usize },
    Rewrite { which: usize, line: u8, words: Vec<&'static str> },
    Remove { session: usize },
    Sent { which: usize },
}

fn place(which: usize) -> Place {
    Place { id: HostId::new(format!("host{which}")), way: None }
}

fn cwd(which: usize) -> Option<String> {
    [None, Some(String::new()), Some("~/src".into())][which].clone()
}

fn words() -> impl Strategy<Value = Vec<&'static str>> {
    prop::collection::vec(prop::sample::select(&WORDS[..]), 0..5)
}

fn entry() -> impl Strategy<Value = Entry> {
    let host = prop::option::of((0..3_u8).prop_map(|host| format!("host{host}")));
    let kind = prop::sample::select(&KINDS[..]);
    (0..7_u8, prop::sample::select(&TIMES[..]), kind, host, 0..2_u8, words(), 0..8_u64).prop_map(
        |(id, at, kind, hostname, line, words, position)| Entry {
            id: format!("id{id}"),
            at,
            kind,
            hostname,
            line: vec![line],
            words,
            session: None,
            project: None,
            file: Some(("", position)),
        },
    )
}

fn step() -> impl Strategy<Value = Step> {
    let session = prop::option::of((0..2_usize).prop_map(|session| format!("s{session}")));
    prop_oneof![
        4 => (entry(), prop::option::of(0..2_usize), 0..3_usize, any::<bool>(), session).prop_map(
            |(entry, place, cwd, share, session)| {
                let share = share && place.is_some();
                Step::Add { entry: Entry { session, file: None, ..entry }, place, cwd, share }
            }
        ),
        3 => (0..2_usize, 0..3_usize, 0..2_usize)
            .prop_map(|(place, cwd, root)| Step::Project { place, cwd, root }),
        6 => (
            0..4_usize, 0..3_usize, prop::bool::weighted(0.2),
            prop::collection::vec(entry(), 0..5), 0..9_u64
        ).prop_map(|(project, name, reset, entries, keep)| {
            Step::Put { project, name, reset, entries, keep }
        }),
        1 => (0..4_usize, 0..3_usize).prop_map(|(project, name)| Step::Drop { project, name }),
        1 => (0..9_usize, 0..2_u8, words())
            .prop_map(|(which, line, words)| Step::Rewrite { which, line, words }),
        1 => (0..2_usize).prop_map(|session| Step::Remove { session }),
        1 => (0..9_usize).prop_map(|which| Step::Sent { which }),
    ]
}

/// Everything as lists.
#[derive(Debug, Default)]
struct Model {
    projects: Vec<(usize, usize)>,
    dirs: BTreeMap<(usize, usize), i64>,
    local: Vec<(Entry, Option<(usize, usize)>)>,
    outbox: Vec<String>,
    files: BTreeMap<(i64, &'static str), BTreeMap<u64, Entry>>,
}

impl Model {
    /// Does it, and says what the store is to do; nothing where there is nothing to do it to.
    fn apply(&mut self, step: &Step) -> Option<Change> {
        match step {
            Step::Add { entry, place: at, cwd: dir, share } => {
                let change = Change::AddEntry(NewEntry {
                    id: entry.id.clone(),
                    at_ms: entry.at,
                    kind: entry.kind.into(),
                    hostname: entry.hostname.clone(),
                    line: entry.line.clone(),
                    words: entry.words.join(" "),
                    session: entry.session.clone().map(SessionId::new),
                    place: at.map(place),
                    cwd: cwd(*dir),
                    project: None,
                    share: *share,
                });
                if !self.local.iter().any(|(one, _)| one.id == entry.id) {
                    let dir = at.map(|at| (at, *dir));
                    let project = dir.and_then(|dir| self.dirs.get(&dir).copied());
                    self.local.push((Entry { project, ..entry.clone() }, dir));
                    self.outbox.extend(share.then(|| entry.id.clone()));
                }
                Some(change)
            }
            Step::Project { place: at, cwd: dir, root } => {
                let known = self.projects.iter().position(|one| *one == (*at, *root));
                let known = known.unwrap_or_else(|| {
                    self.projects.push((*at, *root));
                    self.projects.len() - 1
                });
                let id = i64::try_from(known).unwrap() + 1;
                self.dirs.insert((*at, *dir), id);
                for (entry, of) in &mut self.local {
                    if *of == Some((*at, *dir)) {
                        entry.project.get_or_insert(id);
                    }
                }
                Some(Change::PutProject {
                    place: place(*at),
                    cwd: cwd(*dir),
                    root: format!("/root{root}"),
                })
            }
            Step::Put { project, name, reset, entries, keep } => {
                let id = i64::try_from(*project).unwrap() + 1;
                (*project < self.projects.len()).then_some(())?;
                let file = self.files.entry((id, NAMES[*name])).or_default();
                if *reset {
                    file.clear();
                }
                for entry in entries {
                    let position = entry.file.unwrap().1;
                    let file_of = Some((NAMES[*name], position));
                    let entry = Entry { project: Some(id), file: file_of, ..entry.clone() };
                    file.insert(position, entry);
                }
                while file.len() as u64 > *keep {
                    file.pop_first();
                }
                let entries = entries.iter().map(|entry| SharedEntry {
                    position: entry.file.unwrap().1,
                    id: entry.id.clone(),
                    at_ms: entry.at,
                    kind: entry.kind.into(),
                    hostname: entry.hostname.clone(),
                    line: entry.line.clone(),
                    words: entry.words.join(" "),
                });
                Some(Change::PutShared {
                    project: ProjectId(id),
                    file: NAMES[*name].into(),
                    index: format!("[{keep}]"),
                    reset: *reset,
                    entries: entries.collect(),
                    keep: *keep,
                })
            }
            Step::Drop { project, name } => {
                let id = i64::try_from(*project).unwrap() + 1;
                self.files.remove(&(id, NAMES[*name]));
                Some(Change::DropShared { project: ProjectId(id), file: NAMES[*name].into() })
            }
            Step::Remove { session } => {
                Some(Change::RemoveSession(SessionId::new(format!("s{session}"))))
            }
            // These want numbers of the store.
            Step::Rewrite { .. } | Step::Sent { .. } => None,
        }
    }

    /// What the scope shows.
    fn shown(&self, scope: &HistoryScope) -> Vec<Entry> {
        let all: Vec<&Entry> = self
            .local
            .iter()
            .map(|(entry, _)| entry)
            .chain(self.files.values().flat_map(BTreeMap::values))
            .collect();
        let mut winners: Vec<Entry> = Vec::new();
        for entry in &all {
            // None of the same project and id stands before it.
            let beaten = all.iter().any(|other| {
                (&other.id, other.project) == (&entry.id, entry.project) && other.file < entry.file
            });
            if !beaten {
                winners.push((*entry).clone());
            }
        }
        let key = |entry: &Entry| (entry.file.is_some(), entry.project);
        let twin = |entry: &Entry| {
            winners.iter().any(|other| {
                (&other.id, &other.line) == (&entry.id, &entry.line) && key(other) < key(entry)
            })
        };
        let wanted = |entry: &Entry| match scope {
            HistoryScope::All => !twin(entry),
            HistoryScope::Project(project) => entry.project == Some(project.0),
            HistoryScope::Session { session, project } => match entry.file {
                None => entry.session.as_deref() == Some(session.as_str()),
                Some(_) => project.is_some() && entry.project == project.map(|project| project.0),
            },
        };
        winners.iter().filter(|entry| wanted(entry)).cloned().collect()
    }

    fn answer(&self, query: &HistoryQuery) -> Vec<Entry> {
        let mut found = self.shown(&query.scope);
        found.retain(|entry| {
            let source = match &query.source {
                None => true,
                Some(HistorySource::Local) => entry.file.is_none(),
                Some(HistorySource::Hostname(name)) => {
                    entry.file.is_some() && entry.hostname.as_deref().unwrap_or_default() == name
                }
            };
            source
                && (query.kinds.is_empty() || query.kinds.iter().any(|kind| kind == entry.kind))
                && query.since_ms.is_none_or(|since| entry.at >= since)
                && query.until_ms.is_none_or(|until| entry.at < until)
                && query.search.iter().all(|phrase| says(&entry.words, phrase))
        });
        found.sort();
        found
    }
}

fn says(words: &[&str], phrase: &[String]) -> bool {
    let phrase: Vec<&str> =
        phrase.iter().map(String::as_str).filter(|word| !word.is_empty()).collect();
    let Some((last, before)) = phrase.split_last() else { return true };
    words
        .windows(phrase.len())
        .any(|window| window[..before.len()] == *before && window[before.len()].starts_with(last))
}

fn query() -> impl Strategy<Value = HistoryQuery> {
    let project = || (1..4_i64).prop_map(ProjectId);
    let scope = prop_oneof![
        Just(HistoryScope::All),
        project().prop_map(HistoryScope::Project),
        (0..2_usize, prop::option::of(project())).prop_map(|(session, project)| {
            HistoryScope::Session { session: SessionId::new(format!("s{session}")), project }
        }),
    ];
    let kind = prop::sample::select(&KINDS[..]).prop_map(str::to_owned);
    let source = prop_oneof![
        Just(HistorySource::Local),
        prop::sample::select(&["host0", "host1", ""][..])
            .prop_map(|name| HistorySource::Hostname(name.into())),
    ];
    let time = || prop::option::weighted(0.3, prop::sample::select(&TIMES[..]));
    let word = prop_oneof![
        prop::sample::select(&WORDS[..]).prop_map(str::to_owned),
        prop::sample::select(
            &["f", "g", "a\"", "", "gr", "zz", "fixi", "fixe", "near", "größ", "fixedly"][..]
        )
        .prop_map(str::to_owned),
    ];
    let phrase = prop::collection::vec(word, 0..3);
    (
        scope,
        prop::collection::vec(kind, 0..3),
        prop::option::weighted(0.3, source),
        time(),
        time(),
        prop::collection::vec(phrase, 0..3),
        0..6_usize,
        0..4_usize,
    )
        .prop_map(|(scope, kinds, source, since_ms, until_ms, search, limit, offset)| {
            HistoryQuery { scope, kinds, source, since_ms, until_ms, search, limit, offset }
        })
}

/// What both can say of a row.
type Told = (String, i64, String, Option<String>, bool, Option<String>, Option<i64>, Vec<u8>);

fn told(row: &HistoryRow) -> Told {
    let row = row.clone();
    let session = row.session.map(|session| session.as_str().to_owned());
    let project = row.project.map(|project| project.0);
    (row.id, row.at_ms, row.kind, row.hostname, row.local, session, project, row.line)
}

fn told_of(entry: Entry) -> Told {
    let local = entry.file.is_none();
    let kind = entry.kind.to_owned();
    (entry.id, entry.at, kind, entry.hostname, local, entry.session, entry.project, entry.line)
}

async fn compare(store: &Store, model: &Model, query: &HistoryQuery) {
    let wanted = model.answer(query);
    let all = HistoryQuery { limit: 1_000, offset: 0, ..query.clone() };
    let all = store.history(&all).await.unwrap();
    assert_eq!(all.total, wanted.len() as u64, "{query:?}");
    let mut found: Vec<Told> = all.rows.iter().map(told).collect();
    let mut wanted_rows: Vec<Told> = wanted.iter().cloned().map(told_of).collect();
    found.sort();
    wanted_rows.sort();
    assert_eq!(found, wanted_rows, "{query:?}");
    let in_reach = |at: i64| at.clamp(0, (1 << 43) - (1 << 20) - 1);
    assert!(
        all.rows.windows(2).all(|pair| {
            pair[0].row > pair[1].row && in_reach(pair[0].at_ms) >= in_reach(pair[1].at_ms)
        }),
        "newest first: {:?}",
        all.rows
    );
    let page = store.history(query).await.unwrap();
    let slice: Vec<_> = all.rows.iter().skip(query.offset).take(query.limit).cloned().collect();
    assert_eq!((page.rows, page.total), (slice, all.total), "{query:?}");

    let mut sources: BTreeMap<HistorySource, u64> = BTreeMap::new();
    for entry in model.shown(&query.scope) {
        let source = match entry.file {
            None => HistorySource::Local,
            Some(_) => HistorySource::Hostname(entry.hostname.unwrap_or_default()),
        };
        *sources.entry(source).or_default() += 1;
    }
    let found = store.history_sources(&query.scope).await.unwrap();
    assert_eq!(found, sources.into_iter().collect::<Vec<_>>(), "{:?}", query.scope);

    for (from, to) in [
        (-5, 1_700_000_000_003),
        (1_700_000_000_000, 1_700_000_000_002),
        (i64::MIN, i64::MAX),
        (7, 7),
    ] {
        let mut buckets = vec![Activity::default(); 3];
        for entry in wanted.iter().filter(|entry| entry.at >= from && entry.at < to) {
            let since = i128::from(entry.at) - i128::from(from);
            let at = since * 3 / (i128::from(to) - i128::from(from));
            let bucket = &mut buckets[usize::try_from(at).unwrap()];
            *match entry.kind {
                "USER" => &mut bucket.user,
                "AUTO" => &mut bucket.auto,
                "CUE" => &mut bucket.cue,
                _ => &mut bucket.other,
            } += 1;
        }
        let found = store.history_activity(query, from, to, 3).await.unwrap();
        assert_eq!(found, buckets, "{from}..{to} {query:?}");
    }
}

async fn check(steps: Vec<(Step, HistoryQuery)>) {
    let store = Store::memory().unwrap();
    let mut model = Model::default();
    for (step, query) in steps {
        let mut changes: Vec<Change> = model.apply(&step).into_iter().collect();
        let everything = HistoryQuery { limit: 1_000, ..HistoryQuery::default() };
        match &step {
            Step::Rewrite { which, line, words } if !model.local.is_empty() => {
                let at = which % model.local.len();
                let entry = &mut model.local[at].0;
                (entry.line, entry.words) = (vec![*line], words.clone());
                let rows = store.history(&everything).await.unwrap().rows;
                let row = rows.iter().find(|row| row.local && row.id == entry.id).unwrap().row;
                let (line, words) = (vec![*line], words.join(" "));
                changes.push(Change::RewriteEntry { row, line, words });
            }
            Step::Sent { which } if !model.outbox.is_empty() => {
                let at = which % model.outbox.len();
                model.outbox.remove(at);
                let job = store.outbox(&OutboxScope::All, 0).await.unwrap()[at].position;
                changes.push(Change::Sent(vec![job]));
            }
            Step::Add { .. }
            | Step::Project { .. }
            | Step::Put { .. }
            | Step::Drop { .. }
            | Step::Remove { .. }
            | Step::Rewrite { .. }
            | Step::Sent { .. } => {}
        }
        store.commit(Batch { changes, drafts: Vec::new() }).await.unwrap();
        compare(&store, &model, &query).await;
        let ids: Vec<String> = store
            .outbox(&OutboxScope::All, 0)
            .await
            .unwrap()
            .into_iter()
            .map(|job| job.id)
            .collect();
        assert_eq!(ids, model.outbox);
    }
    let projects = (1..4).map(|project| HistoryScope::Project(ProjectId(project)));
    for scope in projects.chain([HistoryScope::All]) {
        for word in WORDS {
            let search = vec![vec![word.to_owned()]];
            let query = HistoryQuery { scope: scope.clone(), search, ..HistoryQuery::default() };
            let found = store.history(&query).await.unwrap().total;
            assert_eq!(found, model.answer(&query).len() as u64, "{query:?}");
        }
    }
    let everything = model.shown(&HistoryScope::All);
    for id in everything.iter().map(|entry| &entry.id).collect::<BTreeSet<_>>() {
        let first = everything
            .iter()
            .filter(|entry| entry.id == *id)
            .min_by_key(|entry| (entry.file.is_some(), entry.project));
        let found = store.history_entry(id).await.unwrap();
        assert_eq!(Some(told(&found)), first.cloned().map(told_of));
    }
    for project in 1..4 {
        let names: Vec<String> = store
            .history_files(ProjectId(project))
            .await
            .unwrap()
            .into_iter()
            .map(|one| one.0)
            .collect();
        let wanted: Vec<&str> =
            model.files.keys().filter(|key| key.0 == project).map(|key| key.1).collect();
        assert_eq!(names, wanted);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]
    #[test]
    fn the_history_answers_as_a_list_in_memory_would(
        steps in prop::collection::vec((step(), query()), 1..40)
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(check(steps));
    }
}
