//! A project's shared history: appending to it, loading it, and looking for what is new.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use futures::FutureExt;
use orchestrator::history::ShellFiles;
use orchestrator::seam::HistoryScope;
use shared_history::{
    Append, Appended, FileLook, Files, Indexes, Known, NewLine, Settings, refresh,
};
use tempfile::TempDir;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use crate::bed::{ALIAS, Bed};
use crate::counting::Told;
use crate::desk::Desk;
use crate::ours::Engine;
use crate::plain::{PlainMaster, ssh};
use crate::rounds::{Method, Sample, take_turns};
use crate::small::millis;
use crate::table::Row;
use crate::{Outcome, Scale};

/// How many entries a file has, unless it is said.
const ENTRIES: usize = 5_000;

/// So many people's files are loaded.
const PEOPLE: usize = 10;

/// About so long is an entry, in bytes.
const LENGTH: usize = 600;

/// What comes along with a look.
const MOST: u64 = 4 * 1024 * 1024;

/// The most that an append may be told beside its entry, in bytes.
const MOST_WORDS: f64 = 1024.0;

/// A project in a directory of its own; the host is this machine.
struct Project {
    files: ShellFiles,
    dir: TempDir,
}

impl Project {
    /// One with so many people's files of so many entries.
    fn new(engine: &Engine, people: usize, entries: usize) -> Outcome<Self> {
        let dir = tempfile::tempdir()?;
        let path = dir.path().to_string_lossy().into_owned();
        fs::create_dir_all(dir.path().join(".maestro/history"))?;
        let files = ShellFiles::new(engine.connection.clone(), Some(path));
        let project = Self { files, dir };
        for person in 0..people {
            let lines: Vec<u8> = (0..entries).flat_map(|number| line(person, number)).collect();
            fs::write(project.file(person), lines)?;
        }
        Ok(project)
    }

    fn file(&self, person: usize) -> PathBuf {
        self.dir.path().join(".maestro/history").join(name(person))
    }

    /// Appends one entry.
    async fn append(&self, text: &[u8]) -> Outcome<()> {
        let line = NewLine { id: "00000000-0000-4000-8000-000000000000", text };
        let name = name(0);
        let append = Append { name: &name, lines: &[line], in_doubt: false, mend: None };
        match self.files.append(&append).await? {
            Appended::Done { .. } => Ok(()),
            Appended::Torn { .. } => Err("a line is torn".into()),
        }
    }
}

fn name(person: usize) -> String {
    format!("history-person-{person}.local.jsonl")
}

/// An entry with the end of its line.
fn line(person: usize, number: usize) -> Vec<u8> {
    let head = format!(
        "{{\"id\":\"{person:08}-0000-4000-8000-{number:012}\",\"type\":\"USER\",\
         \"timestamp\":{},\"summary\":\"It's größer now — \",\"fullResponse\":\"",
        1_767_225_600_000_u64 + number as u64
    );
    let tail = "\",\"projectPath\":\"/srv/app\",\"hostname\":\"person.local\"}\n";
    let fill = "x".repeat(LENGTH.saturating_sub(head.len() + tail.len()));
    [head, fill, tail.to_owned()].concat().into_bytes()
}

/// An entry without it.
fn entry() -> Vec<u8> {
    let mut line = line(0, 0);
    line.pop();
    line
}

/// Measures it.
pub async fn measure(bed: &Bed, scale: Scale) -> Outcome<Vec<Row>> {
    let (engine, told) = Engine::counted(bed.config())?;
    let plain = PlainMaster::start(bed.config()).await?;
    let mut rows = appends(bed, scale, &engine, &told).await?;
    rows.extend(loads(scale, &engine, &plain).await?);
    rows.extend(refreshes(bed, scale, &engine).await?);
    rows.extend(seen(bed, scale).await?);
    engine.connection.close().await;
    Ok(rows)
}

/// The row of what takes one round trip and little more.
fn one_round_trip(what: &str, ours: &Sample, round_trip: &Sample) -> Row {
    let limit = 1.1 * round_trip.median() + 4.0;
    Row {
        what: what.into(),
        ours: ours.spread("ms"),
        ssh: String::new(),
        ratio: None,
        mark: Some((format!("≤ {limit:.2} ms (1.1 RTT + 4)"), ours.median() <= limit)),
    }
}

async fn appends(bed: &Bed, scale: Scale, engine: &Engine, told: &Told) -> Outcome<Vec<Row>> {
    let usual = &Project::new(engine, 1, ENTRIES)?;
    let small = &Project::new(engine, 1, 10)?;
    let large = &Project::new(engine, 1, if scale.quick { 20_000 } else { 100_000 })?;
    let rewritten = &Project::new(engine, 1, ENTRIES)?;
    let entry = entry();
    let entry = entry.as_slice();
    let timed = |project| {
        move || {
            async move {
                let start = Instant::now();
                Project::append(project, entry).await?;
                Ok(millis(start))
            }
            .boxed()
        }
    };
    let methods = [
        Method::new("append", timed(usual)),
        Method::new("to 10", timed(small)),
        Method::new("to 100,000", timed(large)),
        Method::new("round trip", || bed.round_trip().boxed()),
    ];
    let samples = take_turns(scale.rounds, &methods).await?;
    let [append, ten, many, round_trip] = &samples[..] else {
        return Err("a method is missing".into());
    };
    let mut rows = vec![one_round_trip("append to a file of 5,000 entries", append, round_trip)];
    let growth = many.ratio_to(ten);
    rows.push(Row {
        what: "the same to 100,000 entries against 10".into(),
        ours: many.spread("ms"),
        ssh: format!("{} (10)", ten.spread("ms")),
        ratio: Some(growth),
        mark: Some(("≤ 1.2".into(), growth <= 1.2)),
    });

    let before = told.bytes();
    usual.append(entry).await?;
    let words = (told.bytes() - before) as f64 - entry.len() as f64;
    rows.push(Row {
        what: format!("bytes sent for an entry of {}, beside it", entry.len()),
        ours: format!("{words} bytes"),
        ssh: String::new(),
        ratio: None,
        mark: Some((format!("≤ {MOST_WORDS}"), words <= MOST_WORDS)),
    });

    let methods = [
        Method::new("append", timed(usual)),
        Method::new("three calls", || {
            async move {
                let start = Instant::now();
                three_calls(bed.config(), rewritten, entry).await?;
                Ok(millis(start))
            }
            .boxed()
        }),
    ];
    let samples = take_turns(scale.share(8), &methods).await?;
    let [append, three] = &samples[..] else { return Err("a method is missing".into()) };
    let ratio = three.ratio_to(append);
    rows.push(Row {
        what: "append, against three calls of `ssh` that rewrite the file".into(),
        ours: append.spread("ms"),
        ssh: three.spread("ms"),
        ratio: Some(ratio),
        mark: bed.is_far().then(|| ("≥ 15".into(), ratio >= 15.0)),
    });
    Ok(rows)
}

/// What it takes to add an entry by reading the whole file and writing it anew, each over a connection of its own.
async fn three_calls(config: &Path, project: &Project, entry: &[u8]) -> Outcome<()> {
    let dir = project.dir.path().display();
    let file = project.file(0);
    let run = |command: String| async move {
        let output = ssh(config).args([ALIAS, &command]).output().await?;
        if output.status.success() { Ok(output.stdout) } else { Err(failed(&output)) }
    };
    run(format!("mkdir -p {dir}/.maestro/history")).await?;
    let mut all = run(format!("cat {}", file.display())).await?;
    all.extend_from_slice(entry);
    all.push(b'\n');
    let mut encoder =
        Command::new("base64").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    feed(&mut encoder, &all)?;
    let text = encoder.wait_with_output().await?.stdout;
    let mut writer = ssh(config)
        .args([ALIAS, &format!("base64 -d >{}", file.display())])
        .stdin(Stdio::piped())
        .spawn()?;
    feed(&mut writer, &text)?;
    let output = writer.wait_with_output().await?;
    if output.status.success() { Ok(()) } else { Err(failed(&output)) }
}

fn failed(output: &std::process::Output) -> Box<dyn std::error::Error + Send + Sync> {
    format!("ended with {}: {}", output.status, String::from_utf8_lossy(&output.stderr)).into()
}

/// Writes a child's stdin in a task of its own, for it may print meanwhile.
fn feed(child: &mut tokio::process::Child, bytes: &[u8]) -> Outcome<()> {
    let Some(mut stdin) = child.stdin.take() else { return Err("no stdin".into()) };
    let bytes = bytes.to_vec();
    tokio::spawn(async move {
        if let Err(error) = stdin.write_all(&bytes).await {
            eprintln!("warning: a program took no more input: {error}");
        }
    });
    Ok(())
}

async fn loads(scale: Scale, engine: &Engine, plain: &PlainMaster) -> Outcome<Vec<Row>> {
    let project = &Project::new(engine, PEOPLE, ENTRIES)?;
    let size: u64 = (0..PEOPLE)
        .map(|person| Ok(fs::metadata(project.file(person))?.len()))
        .sum::<Outcome<u64>>()?;
    let methods = [
        Method::new("load", || {
            async move {
                let start = Instant::now();
                let mut indexes = Indexes::default();
                let settings = Settings { limit: ENTRIES, most: MOST };
                let read = refresh(&project.files, &mut indexes, &settings).await?;
                let took = millis(start);
                let got: usize = read.changes.iter().map(|change| change.lines.len()).sum();
                if got == PEOPLE * ENTRIES {
                    Ok(took)
                } else {
                    Err(format!("{got} entries").into())
                }
            }
            .boxed()
        }),
        Method::new("cat", || {
            async move {
                let start = Instant::now();
                let dir = project.dir.path().display();
                let cat = format!("cat {dir}/.maestro/history/history-*.jsonl");
                let got = plain.command(&cat).output().await?.stdout.len() as u64;
                if got == size { Ok(millis(start)) } else { Err(format!("{got} of {size}").into()) }
            }
            .boxed()
        }),
    ];
    let samples = take_turns(scale.share(4), &methods).await?;
    let [load, cat] = &samples[..] else { return Err("a method is missing".into()) };
    let ratio = load.ratio_to(cat);
    Ok(vec![Row {
        what: format!(
            "first load of {PEOPLE} files of {ENTRIES} entries, {} MiB, read and parsed",
            size / 1024 / 1024
        ),
        ours: load.spread("ms"),
        ssh: format!("{} (ssh -S, cat)", cat.spread("ms")),
        ratio: Some(ratio),
        mark: Some(("≤ 1.3".into(), ratio <= 1.3)),
    }])
}

async fn refreshes(bed: &Bed, scale: Scale, engine: &Engine) -> Outcome<Vec<Row>> {
    let project = &Project::new(engine, PEOPLE, ENTRIES)?;
    let known = project.files.look(&[], MOST).await?.files.into_iter();
    let known: Vec<Known> = known
        .map(|FileLook { name, identity, size: offset, .. }| Known { name, identity, offset })
        .collect();
    let (same, behind) = (&known, &Mutex::new(known.clone()));
    let methods = [
        Method::new("nothing new", || {
            async move {
                let start = Instant::now();
                let look = project.files.look(&same[1..], MOST).await?;
                if look.files.iter().any(|file| file.fresh.is_some()) {
                    return Err("something is new".into());
                }
                Ok(millis(start))
            }
            .boxed()
        }),
        Method::new("one entry", || {
            async move {
                let mut file = fs::OpenOptions::new().append(true).open(project.file(0))?;
                std::io::Write::write_all(&mut file, &line(0, 1))?;
                let known = behind.lock().map_err(|_| "a round has failed")?.clone();
                let start = Instant::now();
                let look = project.files.look(&known, MOST).await?;
                let taken = millis(start);
                let fresh = look.files.first().and_then(|file| file.fresh.as_ref());
                let came = fresh.map_or(0, |fresh| fresh.bytes.len());
                if came != line(0, 1).len() {
                    return Err(format!("{came} bytes came").into());
                }
                behind.lock().map_err(|_| "a round has failed")?[0].offset += came as u64;
                Ok(taken)
            }
            .boxed()
        }),
        Method::new("round trip", || bed.round_trip().boxed()),
    ];
    let samples = take_turns(scale.rounds, &methods).await?;
    let [nothing, one, round_trip] = &samples[..] else {
        return Err("a method is missing".into());
    };
    Ok(vec![
        one_round_trip(&format!("refresh of {PEOPLE} files, nothing new"), nothing, round_trip),
        one_round_trip("the same, one new entry", one, round_trip),
    ])
}

/// How soon somebody who looks sees what a colleague has written.
async fn seen(bed: &Bed, scale: Scale) -> Outcome<Vec<Row>> {
    let desk = &Desk::new(bed.config(), &["dev"]).await?;
    let dir = tempfile::tempdir()?;
    let shared = dir.path().join(".maestro/history");
    fs::create_dir_all(&shared)?;
    let cwd = Some(dir.path().to_string_lossy().into_owned());
    let scope = HistoryScope::Project { host: "dev".into(), cwd };
    let mut looking = desk.look(&scope).await?;
    let mut times = Vec::new();
    for number in 1..=scale.share(4) {
        let mut file = fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(shared.join("history-colleague.jsonl"))?;
        // At any moment between two looks.
        tokio::time::sleep(Duration::from_millis(fastrand::u64(0..1500))).await; // wait: as above
        std::io::Write::write_all(&mut file, &line(0, number as usize))?;
        let start = Instant::now();
        looking.until(u64::from(number)).await?;
        times.push(millis(start));
    }
    drop(looking);
    desk.stop().await;
    times.sort_by(f64::total_cmp);
    let (median, longest) = (times[times.len() / 2], times[times.len() - 1]);
    Ok(vec![Row {
        what: "a colleague's entry, until who looks sees it".into(),
        ours: format!("{median:.0} ms (longest {longest:.0})"),
        ssh: String::new(),
        ratio: None,
        mark: Some(("≤ 2000 ms".into(), longest <= 2000.0)),
    }])
}
