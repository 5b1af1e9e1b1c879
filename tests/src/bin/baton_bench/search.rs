//! A million entries of history: searched, listed, and added to.

use std::path::Path;
use std::time::Instant;

use futures::FutureExt;
use orchestrator::host::{HostId, Place};
use orchestrator::seam::SessionId;
use orchestrator::store::{
    Batch, Change, HistoryQuery, HistoryScope, NewEntry, ProjectId, SharedEntry, Store,
};

use crate::rounds::{Method, take_turns};
use crate::small::millis;
use crate::table::Row;
use crate::{Outcome, Scale};

/// Projects of the store.
const PROJECTS: i64 = 20;
/// Machines that write into each; one of them is ours, whose entries are stored here, too.
const HOSTS: i64 = 10;
/// Entries of a file, as many as are kept.
const PER_FILE: i64 = 5_000;
/// Entries of one transaction, so that nobody waits for long.
const BATCH: usize = 500;
/// Entries that are added to the full store.
const MORE: i64 = 50_000;
/// What a question may take, in ms.
const MARK_MS: f64 = 50.0;
/// Words of an entry; with the rest of its line some 600 bytes.
const WORDS: usize = 55;
/// Words that there are.
const VOCABULARY: usize = 30_000;
/// The time of the first entry, in ms; one follows every two minutes.
const BEGIN_MS: i64 = 1_700_000_000_000;

/// Measures it. No host has a part in it.
pub async fn measure(scale: Scale) -> Outcome<Vec<Row>> {
    let projects = if scale.quick { PROJECTS / 10 } else { PROJECTS };
    let dir = tempfile::tempdir()?;
    let mut text = Text::new();
    let start = Instant::now();
    let entries = fill(dir.path(), projects, &mut text).await?;
    let filled = start.elapsed().as_secs_f64();
    let size = dir.path().join("baton.db").metadata()?.len() as f64 / (1 << 20) as f64;
    eprintln!("{entries} entries in {filled:.0} s, {size:.0} MiB …");
    let store = Store::open(dir.path())?;

    let questions = [
        ("newest first, unfiltered", query(&[])),
        ("a rare word", query(&[&["rareword"]])),
        ("a word in 30 % of them", query(&[&["common"]])),
        ("two words", query(&[&["common"], &["middle"]])),
        ("a phrase", query(&[&["common", "words"]])),
        ("three letters of words in 60 %", query(&[&["com"]])),
        ("four letters of words in 60 %", query(&[&["comm"]])),
        (
            "a word in 30 %, one project",
            HistoryQuery { scope: HistoryScope::Project(ProjectId(1)), ..query(&[&["common"]]) },
        ),
        (
            "a word in 30 %, one kind of all",
            HistoryQuery { kinds: vec!["AUTO".into()], ..query(&[&["common"]]) },
        ),
        (
            "newest first, one project",
            HistoryQuery { scope: HistoryScope::Project(ProjectId(1)), ..query(&[]) },
        ),
    ];
    let asked = &store;
    let methods: Vec<Method<'_>> = questions
        .iter()
        .map(|(name, query)| {
            Method::new(name, move || {
                async move {
                    let start = Instant::now();
                    let found = asked.history(query).await?;
                    let taken = millis(start);
                    let whole =
                        found.rows.len() == query.limit || found.rows.len() as u64 == found.total;
                    if whole && found.total > 0 {
                        Ok(taken)
                    } else {
                        Err("rows are missing".into())
                    }
                }
                .boxed()
            })
        })
        .collect();
    let samples = take_turns(scale.rounds, &methods).await?;
    let mut rows = Vec::new();
    for (number, (sample, (name, query))) in samples.iter().zip(&questions).enumerate() {
        let total = store.history(query).await?.total;
        // The issue's questions are those over everything; the others are told beside them.
        let marked = number < 7;
        rows.push(Row {
            what: format!("history of {entries}: {name}, 50 of {total}"),
            ours: sample.spread("ms"),
            ssh: String::new(),
            ratio: None,
            mark: marked.then(|| (format!("≤ {MARK_MS} ms"), sample.median() <= MARK_MS)),
        });
    }
    rows.extend(add(&store, projects, &mut text).await?);
    drop(methods);
    store.close().await;
    Ok(rows)
}

fn query(search: &[&[&str]]) -> HistoryQuery {
    let phrases =
        search.iter().map(|phrase| phrase.iter().map(|word| (*word).to_owned()).collect());
    HistoryQuery { search: phrases.collect(), limit: 50, ..HistoryQuery::default() }
}

/// Stores everything, and says how many entries are to be seen.
async fn fill(data: &Path, projects: i64, text: &mut Text) -> Outcome<i64> {
    let store = Store::open(data)?;
    for project in 0..projects {
        put(
            &store,
            vec![Change::PutProject {
                place: place(project),
                cwd: None,
                root: format!("/srv/project{project}"),
            }],
        )
        .await?;
        let mut own = Vec::new();
        for host in 0..HOSTS {
            let mut entries = Vec::new();
            for number in 0..PER_FILE {
                let entry = text.entry(project, host, number);
                if host == 0 {
                    own.push(Change::AddEntry(here(project, &entry)));
                }
                entries.push(entry);
            }
            while !own.is_empty() {
                let rest = own.split_off(own.len().min(BATCH));
                put(&store, std::mem::replace(&mut own, rest)).await?;
            }
            share(&store, project, host, entries).await?;
        }
    }
    store.close().await;
    Ok(projects * HOSTS * PER_FILE)
}

/// Adds the files of further machines to the full store; every batch is on the disk before the next one comes.
async fn add(store: &Store, project: i64, text: &mut Text) -> Outcome<Vec<Row>> {
    put(
        store,
        vec![Change::PutProject { place: place(project), cwd: None, root: "/srv/another".into() }],
    )
    .await?;
    let mut batches = Vec::new();
    let start = Instant::now();
    for host in 1..=MORE / PER_FILE {
        let entries = (0..PER_FILE).map(|number| text.entry(project, host, number)).collect();
        batches.extend(share(store, project, host, entries).await?);
    }
    let whole = start.elapsed().as_secs_f64();
    batches.sort_by(f64::total_cmp);
    let (middle, longest) = (batches[batches.len() / 2], batches[batches.len() - 1]);
    Ok(vec![Row {
        what: format!("storing {MORE} more of shared files, {BATCH} at a time"),
        ours: format!("{whole:.1} s; a batch {middle:.0} ms, the longest {longest:.0} ms"),
        ssh: String::new(),
        ratio: None,
        mark: None,
    }])
}

/// Stores a file's entries; what each batch took, in ms.
async fn share(
    store: &Store,
    project: i64,
    host: i64,
    mut entries: Vec<SharedEntry>,
) -> Outcome<Vec<f64>> {
    let mut batches = Vec::new();
    while !entries.is_empty() {
        let rest = entries.split_off(entries.len().min(BATCH));
        let start = Instant::now();
        put(
            store,
            vec![Change::PutShared {
                project: ProjectId(project + 1),
                file: format!("history-host{host}.jsonl"),
                index: "{}".into(),
                reset: false,
                entries: std::mem::replace(&mut entries, rest),
                keep: PER_FILE as u64,
            }],
        )
        .await?;
        batches.push(millis(start));
    }
    Ok(batches)
}

async fn put(store: &Store, changes: Vec<Change>) -> Outcome<()> {
    store.commit(Batch { changes, drafts: Vec::new() }).await?;
    Ok(())
}

fn place(project: i64) -> Place {
    Place { id: HostId::new(format!("box{project}")), way: None }
}

fn here(project: i64, entry: &SharedEntry) -> NewEntry {
    NewEntry {
        id: entry.id.clone(),
        at_ms: entry.at_ms,
        kind: entry.kind.clone(),
        hostname: entry.hostname.clone(),
        line: entry.line.clone(),
        words: entry.words.clone(),
        session: Some(SessionId::new(format!("session{project}"))),
        place: Some(place(project)),
        cwd: None,
        project: None,
        share: false,
    }
}

/// Entries with words as people use them: the few often, the many seldom.
struct Text {
    words: Vec<String>,
    /// The sum of the shares up to each.
    shares: Vec<f64>,
    random: fastrand::Rng,
}

impl Text {
    fn new() -> Self {
        const SYLLABLES: [&str; 24] = [
            "re", "con", "ta", "ver", "pa", "ser", "in", "lo", "mi", "test", "ing", "der", "ex",
            "po", "sa", "un", "ca", "tion", "le", "ma", "fi", "ro", "de", "ket",
        ];
        let words = (0..VOCABULARY)
            .map(|number| {
                let mut word = String::new();
                let mut rest = number + SYLLABLES.len();
                while rest > 0 {
                    word.push_str(SYLLABLES[(rest * 7) % SYLLABLES.len()]);
                    rest /= SYLLABLES.len();
                }
                word
            })
            .collect();
        let mut sum = 0.0;
        let shares = (0..VOCABULARY)
            .map(|number| {
                sum += 1.0 / (number + 20) as f64;
                sum
            })
            .collect();
        Self { words, shares, random: fastrand::Rng::with_seed(7) }
    }

    fn word(&mut self) -> &str {
        let all = self.shares.last().copied().unwrap_or_default();
        let at = self.random.f64() * all;
        let number = self.shares.partition_point(|share| *share < at);
        self.words.get(number).map_or("end", String::as_str)
    }

    fn entry(&mut self, project: i64, host: i64, number: i64) -> SharedEntry {
        let mut words = String::new();
        for _ in 0..WORDS {
            let word = self.word().to_owned();
            words.push_str(&word);
            words.push(' ');
        }
        for (word, one_in_ten_thousand) in [
            ("common words", 3_000),
            ("command", 2_000),
            ("comment", 2_000),
            ("middle", 500),
            ("rareword", 1),
        ] {
            if self.random.u32(0..10_000) < one_in_ten_thousand {
                words.push_str(word);
                words.push(' ');
            }
        }
        words.truncate(words.trim_end().len());
        let at_ms = BEGIN_MS + (number * HOSTS + host) * 120_000 + project * 7;
        let id = format!("7d1b0a5e-{project:04x}-4c7e-{host:04x}-{number:012x}");
        let kind = if number % 5 == 0 { "AUTO" } else { "USER" };
        let hostname = format!("host{host}.local");
        let line = format!(
            r#"{{"id":"{id}","type":"{kind}","timestamp":{at_ms},"summary":"{words}","projectPath":"/srv/project{project}","success":true,"elapsedTimeMs":48211,"hostname":"{hostname}"}}"#
        );
        SharedEntry {
            position: u64::try_from(number).unwrap_or_default(),
            id,
            at_ms,
            kind: kind.into(),
            hostname: Some(hostname),
            line: line.into_bytes(),
            words,
        }
    }
}
