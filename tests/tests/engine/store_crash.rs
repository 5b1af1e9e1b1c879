//! What was stored is stored, whatever kills us.

use std::path::Path;
use std::process::Command;

use orchestrator::failure::Code;
use orchestrator::seam::{Event, EventBody, SessionId};
use orchestrator::store::{Batch, Draft, Store};

use crate::support::{Dirs, Probe, text};

async fn all(store: &Store) -> Vec<Event> {
    let mut all: Vec<Event> = Vec::new();
    loop {
        let since = all.last().map_or(0, |event| event.seq);
        let (events, more) = store.events(since, None, None, 1000).await.unwrap();
        all.extend(events);
        if !more {
            return all;
        }
    }
}

#[tokio::test]
async fn a_kill_in_the_midst_of_storing_loses_nothing_and_splits_nothing() {
    let dirs = Dirs::new();
    let data = dirs.data();
    let mut told: Vec<(String, Vec<u64>)> = Vec::new();
    for round in 0..12 {
        let mut probe = Probe::start(&["commit", data.to_str().unwrap()]);
        assert_eq!(probe.line().as_deref(), Some("open"));
        // At another moment each time.
        for _ in 0..(round * 7) % 23 {
            told.push(numbers(&probe.line().unwrap(), &probe));
        }
        let pid = probe.pid();
        probe.kill();
        // What was said before the kill and not heard yet counts, too.
        while let Some(line) = probe.line() {
            told.push((pid.to_string(), line.split(' ').map(|seq| seq.parse().unwrap()).collect()));
        }
    }
    let store = Store::open(&data).unwrap();
    let events = all(&store).await;
    assert!(events.windows(2).all(|pair| pair[0].seq < pair[1].seq), "numbers don't grow");
    let numbers: Vec<u64> = events.iter().map(|event| event.seq).collect();
    for (pid, batch) in &told {
        assert!(
            batch.iter().all(|seq| numbers.binary_search(seq).is_ok()),
            "process {pid} was told that {batch:?} is stored"
        );
        let of = |seq: u64| text(&events[numbers.binary_search(&seq).unwrap()]).split(' ').next();
        assert!(batch.iter().all(|seq| of(*seq) == Some(pid)), "{batch:?} was given out twice");
    }
    // Each batch has three texts side by side, and no process' batches have a gap.
    assert_eq!(events.len() % 3, 0, "a batch was split");
    for batch in events.chunks(3) {
        let (head, _) = text(&batch[0]).rsplit_once(' ').unwrap();
        let wanted: Vec<String> = (0..3).map(|part| format!("{head} {part}")).collect();
        assert!(batch.iter().map(text).eq(wanted.iter().map(String::as_str)), "{head}");
    }
    assert!(told.len() > 50, "{} batches", told.len());
}

fn numbers(line: &str, probe: &Probe) -> (String, Vec<u64>) {
    (probe.pid().to_string(), line.split(' ').map(|seq| seq.parse().unwrap()).collect())
}

#[tokio::test]
async fn two_processes_may_write_at_once() {
    let dirs = Dirs::new();
    let data = dirs.data();
    let start = || Probe::start(&["commit", data.to_str().unwrap(), "--batches", "60"]);
    let probes = [start(), start(), start()];
    let mut told: Vec<u64> = std::thread::scope(|scope| {
        let readers = probes.map(|mut probe| {
            scope.spawn(move || {
                assert_eq!(probe.line().as_deref(), Some("open"));
                let mut told = Vec::new();
                while let Some(line) = probe.line() {
                    told.extend(numbers(&line, &probe).1);
                }
                assert!(probe.leave().success());
                told
            })
        });
        readers.into_iter().flat_map(|reader| reader.join().unwrap()).collect()
    });
    told.sort_unstable();
    assert!(told.iter().copied().eq(1..=540), "{} numbers", told.len());
    let store = Store::open(&data).unwrap();
    assert_eq!((store.head(), all(&store).await.len()), (540, 540));
}

/// Runs the probe where the data directory is a file system of its own with `room`, e.g. `size=64k`.
fn on_a_small_disk(data: &Path, room: &str, fill: bool) -> Vec<String> {
    let fill = if fill { "cat /dev/zero >\"$1/fill\" 2>/dev/null;" } else { "" };
    let script = format!(
        "mount -t tmpfs -o {room} tmpfs \"$1\" || exit 99; {fill} exec \"$2\" commit \"$1\""
    );
    let unshare = if rustix::process::geteuid().is_root() { "-m" } else { "-rm" };
    let mut command = Command::new("unshare");
    command.args([unshare, "sh", "-c", &script, "sh"]);
    command.arg(data).arg(env!("CARGO_BIN_EXE_engine-probe"));
    let mut probe = Probe::of(&mut command);
    let mut said = Vec::new();
    while let Some(line) = probe.line() {
        said.push(line);
    }
    said
}

#[test]
fn a_full_disk_is_said() {
    let dirs = Dirs::new();
    std::fs::create_dir(dirs.data()).unwrap();
    let room = "No space left on device; Free some space; what was stored before is as it was";
    let said = on_a_small_disk(&dirs.data(), "size=64k", true);
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].starts_with("failed internal could not "), "{said:?}");
    assert!(said[0].contains(room), "{said:?}");
    let said = on_a_small_disk(&dirs.data(), "size=512k", false);
    assert!(said.len() > 3, "it became full later: {said:?}");
    let last = said.last().unwrap();
    assert!(last.starts_with("failed internal could not write "), "{last}");
    assert!(last.contains(room), "{last}");
}

#[tokio::test]
async fn a_file_that_outgrows_its_limit_fails_the_batch_and_keeps_the_rest() {
    let dirs = Dirs::new();
    let data = dirs.data();
    let script = "trap '' XFSZ; ulimit -f 300; exec \"$1\" commit \"$2\"";
    let mut command = Command::new("sh");
    command.args(["-c", script, "sh", env!("CARGO_BIN_EXE_engine-probe")]).arg(&data);
    let mut probe = Probe::of(&mut command);
    let mut told = 0;
    let last = loop {
        let line = probe.line().unwrap();
        if line.starts_with("failed") {
            break line;
        }
        told += u64::from(line != "open");
    };
    assert!(last.contains("baton.db"), "{last}");
    let store = Store::open(&data).unwrap();
    assert_eq!((all(&store).await.len() as u64, store.head()), (told * 3, told * 3), "{last}");
    let draft = Draft {
        session: SessionId::new("s"),
        tab: None,
        turn: None,
        body: EventBody::Text { text: "afterwards".into(), plain: false },
    };
    let batch = Batch { changes: Vec::new(), drafts: vec![draft] };
    assert_eq!(store.commit(batch).await.unwrap()[0].seq, told * 3 + 1);
}

#[tokio::test]
async fn a_damaged_page_is_said_when_it_is_met() {
    let dirs = Dirs::new();
    let data = dirs.data();
    let mut probe = Probe::start(&["commit", data.to_str().unwrap(), "--batches", "400"]);
    while probe.line().is_some() {}
    assert!(probe.leave().success());
    let path = data.join("baton.db");
    let mut bytes = std::fs::read(&path).unwrap();
    let pages = bytes.len() / 4096;
    // All but the schema and the small tables in front: what was stored last.
    bytes[4096 * (pages - pages / 4)..].fill(0xA5);
    std::fs::write(&path, &bytes).unwrap();
    let store = Store::open(&data).unwrap();
    let mut since = 0;
    let failure = loop {
        match store.events(since, None, None, 1000).await {
            Ok((events, true)) => since = events.last().unwrap().seq,
            Ok((_, false)) => panic!("nobody noticed"),
            Err(failure) => break failure,
        }
    };
    assert_eq!(failure.code, Code::Corrupt, "{failure}");
    assert!(failure.message.contains(path.to_str().unwrap()), "{failure}");
}
