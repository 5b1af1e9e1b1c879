//! How long it takes to show many entries: `cargo test --release -p shared-history -- --ignored --nocapture`.

use std::time::Instant;

use crate::*;

/// 10 files of 5,000 entries of about 600 bytes.
fn files() -> Vec<(String, Vec<u8>)> {
    let file = |host: usize| {
        let mut bytes = Vec::new();
        for index in 0..5000_usize {
            let id = format!("{host:08x}-0000-4000-8000-{index:012x}");
            let timestamp = 1_767_225_600_000 + i64::try_from(index * 10 + host).unwrap();
            let mut entry = Entry::new(id, EntryKind::User, timestamp, "Fixed it.", "/srv/app");
            entry.full_response = Some("**Summary:** Fixed the retry loop…\\n".repeat(8));
            entry.session_id = Some("2f6f5d1c-1111-4222-8333-444455556666".to_owned());
            entry.hostname = Some(format!("host-{host}"));
            bytes.extend(entry.to_line());
            bytes.push(b'\n');
        }
        (file_name(&format!("host-{host}")), bytes)
    };
    (0..10).map(file).collect()
}

#[test]
#[ignore = "it measures, and means something in a release build only"]
#[expect(clippy::print_stderr, reason = "the number is what it is for")]
fn fifty_thousand_entries_are_read_and_merged_in_120_ms() {
    let files = files();
    let bytes: usize = files.iter().map(|(_, bytes)| bytes.len()).sum();
    let mut times: Vec<_> = (0..15)
        .map(|_| {
            let start = Instant::now();
            let lines = files
                .iter()
                .map(|(name, bytes)| {
                    let (mut lines, mut splitter) = (Vec::new(), Splitter::new());
                    for piece in bytes.chunks(64 * 1024) {
                        splitter.feed(piece, &mut |found| {
                            if let Found::Line(line) = found {
                                lines.push(line);
                            }
                        });
                    }
                    (name.clone(), lines)
                })
                .collect();
            let merged = merge(Vec::new(), lines);
            assert_eq!(merged.len(), 50_000);
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    eprintln!("{bytes} bytes: best {:?}, median {:?}, worst {:?}", times[0], times[7], times[14]);
    assert!(times[7].as_millis() <= 120, "{:?}", times[7]);
}
