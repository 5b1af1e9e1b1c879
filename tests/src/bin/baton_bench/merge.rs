//! Reading many entries and making one history of them, on one core.

use std::time::Instant;

use shared_history::{Entry, EntryKind, Found, Splitter, file_name, merge};

use crate::table::Row;
use crate::{Outcome, Scale};

/// So many people's files, of so many entries each.
const PEOPLE: usize = 10;
const ENTRIES: usize = 5_000;

/// What must be, in milliseconds.
const MUST_MS: f64 = 120.0;

/// What a read hands over at once.
const CHUNK_BYTES: usize = 64 * 1024;

/// Measures it. No host has a part in it.
pub fn measure(scale: Scale) -> Outcome<Vec<Row>> {
    let files: Vec<(String, Vec<u8>)> = (0..PEOPLE).map(file).collect();
    let bytes: usize = files.iter().map(|(_, bytes)| bytes.len()).sum();
    let mut times = Vec::new();
    for _ in 0..scale.share(2) {
        let start = Instant::now();
        let lines = files.iter().map(|(name, bytes)| (name.clone(), lines(bytes))).collect();
        let merged = merge(Vec::new(), lines);
        times.push(start.elapsed().as_secs_f64() * 1000.0);
        if merged.len() != PEOPLE * ENTRIES {
            return Err(format!("{} entries came", merged.len()).into());
        }
    }
    times.sort_by(f64::total_cmp);
    let median = times[times.len() / 2];
    Ok(vec![Row {
        what: format!(
            "reading and merging {} entries, {} bytes each, one core",
            PEOPLE * ENTRIES,
            bytes / (PEOPLE * ENTRIES)
        ),
        ours: format!("{median:.0} ms ({:.0}–{:.0})", times[0], times[times.len() - 1]),
        ssh: String::new(),
        ratio: None,
        mark: Some((format!("≤ {MUST_MS:.0} ms"), median <= MUST_MS)),
    }])
}

fn lines(bytes: &[u8]) -> Vec<shared_history::Line> {
    let (mut lines, mut splitter) = (Vec::with_capacity(ENTRIES), Splitter::new());
    for chunk in bytes.chunks(CHUNK_BYTES) {
        splitter.feed(chunk, &mut |found| {
            if let Found::Line(line) = found {
                lines.push(line);
            }
        });
    }
    lines
}

/// One person's file: entries of about 600 bytes.
fn file(person: usize) -> (String, Vec<u8>) {
    let mut bytes = Vec::new();
    for number in 0..ENTRIES {
        let id = format!("{person:08x}-0000-4000-8000-{number:012x}");
        let at = 1_767_225_600_000 + i64::try_from(number * PEOPLE + person).unwrap_or(0);
        let mut entry = Entry::new(id, EntryKind::User, at, "Fixed it.", "/srv/app");
        entry.full_response = Some("**Summary:** Fixed the retry loop…\n".repeat(10));
        entry.session_id = Some("2f6f5d1c-1111-4222-8333-444455556666".to_owned());
        entry.hostname = Some(format!("host-{person}"));
        bytes.extend(entry.to_line());
        bytes.push(b'\n');
    }
    (file_name(&format!("host-{person}")), bytes)
}
