#![allow(clippy::unwrap_used, clippy::panic)]

use proptest::prelude::*;
use tokio::io::AsyncReadExt as _;

use super::*;

fn small() -> SpillLimits {
    SpillLimits { memory_bytes: 64, batch_bytes: 32, segment_bytes: 100, limit_bytes: 1 << 20 }
}

/// The `n`th byte of a stream in which no two neighbourhoods are alike.
fn byte(n: usize) -> u8 {
    (n.wrapping_mul(2_654_435_761) >> 13) as u8
}

fn run<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap().block_on(test)
}

#[derive(Clone, Debug)]
enum Step {
    Push(usize),
    Read(usize),
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn every_byte_comes_out_once_and_in_order(steps in prop::collection::vec(
        prop_oneof![(0_usize..200).prop_map(Step::Push), (0_usize..150).prop_map(Step::Read)], 0..120,
    )) {
        let dir = tempfile::tempdir().unwrap();
        let got = run(async {
            let (writer, mut reader) = spill(dir.path(), small());
            let (mut pushed, mut got) = (0, Vec::new());
            for step in steps {
                match step {
                    Step::Push(length) => {
                        let bytes: Vec<u8> = (pushed..pushed + length).map(byte).collect();
                        writer.push(bytes.into()).await.unwrap();
                        pushed += length;
                    }
                    Step::Read(length) => {
                        let mut some = vec![0; length.min(pushed - got.len())];
                        reader.read_exact(&mut some).await.unwrap();
                        got.extend(some);
                    }
                }
                let state = writer.shared.lock();
                assert!(state.front_bytes <= 64 + 200, "{}", state.front_bytes);
                assert!(state.tail_bytes < 32, "{}", state.tail_bytes);
            }
            writer.finish();
            reader.read_to_end(&mut got).await.unwrap();
            assert_eq!(got.len(), pushed);
            got
        });
        prop_assert!(got.iter().enumerate().all(|(n, b)| *b == byte(n)));
    }

    #[test]
    fn it_holds_with_both_ends_at_work_at_once(
        pushes in prop::collection::vec(1_usize..300, 1..80), buffer in 1_usize..400,
    ) {
        let dir = tempfile::tempdir().unwrap();
        let total: usize = pushes.iter().sum();
        let got = run(async {
            let (writer, mut reader) = spill(dir.path(), small());
            let writing = tokio::spawn(async move {
                let mut pushed = 0;
                for length in pushes {
                    let bytes: Vec<u8> = (pushed..pushed + length).map(byte).collect();
                    writer.push(bytes.into()).await.unwrap();
                    pushed += length;
                    if pushed % 3 == 0 { tokio::task::yield_now().await; }
                }
                writer.finish();
            });
            let (mut got, mut part) = (Vec::new(), vec![0; buffer]);
            loop {
                match reader.read(&mut part).await.unwrap() {
                    0 => break,
                    n => got.extend_from_slice(&part[..n]),
                }
            }
            writing.await.unwrap();
            got
        });
        prop_assert_eq!(got.len(), total);
        prop_assert!(got.iter().enumerate().all(|(n, b)| *b == byte(n)));
    }
}

#[tokio::test]
async fn a_reader_that_waits_is_woken() {
    let dir = tempfile::tempdir().unwrap();
    let (writer, mut reader) = spill(dir.path(), small());
    let reading = tokio::spawn(async move {
        let mut got = Vec::new();
        reader.read_to_end(&mut got).await.map(|_| got)
    });
    tokio::task::yield_now().await;
    writer.push(Bytes::from_static(b"now")).await.unwrap();
    writer.finish();
    assert_eq!(reading.await.unwrap().unwrap(), b"now");
}

#[tokio::test]
async fn what_waits_is_on_disk_and_the_disk_is_given_back() {
    let dir = tempfile::tempdir().unwrap();
    let limits = SpillLimits { segment_bytes: 1 << 20, ..SpillLimits::default() };
    let (writer, mut reader) = spill(&dir.path().join("spill"), limits);
    for _ in 0..1024 {
        writer.push(vec![7; 16 << 10].into()).await.unwrap();
    }
    {
        let state = writer.shared.lock();
        assert!(state.front_bytes + state.tail_bytes <= 256 << 10);
        assert!(state.disk_bytes >= 15 << 20, "{}", state.disk_bytes);
    }
    assert_eq!(std::fs::read_dir(dir.path().join("spill")).unwrap().count(), 0, "no names");
    writer.finish();
    let mut sink = vec![0; 1 << 20];
    for _ in 0..16 {
        reader.read_exact(&mut sink).await.unwrap();
    }
    assert_eq!(reader.read(&mut sink).await.unwrap(), 0);
    let state = writer.shared.lock();
    assert!(state.disk_bytes == 0 && state.segments.len() <= 1, "{}", state.segments.len());
}

#[tokio::test]
async fn a_reader_too_far_behind_gets_what_was_kept_and_then_the_error() {
    let dir = tempfile::tempdir().unwrap();
    let (writer, mut reader) = spill(dir.path(), SpillLimits { limit_bytes: 1000, ..small() });
    let mut pushed = 0;
    let refused = loop {
        match writer.push(vec![1; 50].into()).await {
            Ok(()) => pushed += 50,
            Err(refused) => break refused,
        }
        assert!(pushed < 5000, "no limit");
    };
    assert!(matches!(refused, SpillError::Full { limit_bytes: 1000 }), "{refused:?}");
    writer.fail(|| io::Error::other("too far behind"));
    let mut got = Vec::new();
    let failed = reader.read_to_end(&mut got).await.unwrap_err();
    assert_eq!(failed.to_string(), "too far behind");
    assert!(got.len() >= pushed, "{} of {pushed}", got.len());
}

#[tokio::test]
async fn a_disk_that_refuses_is_an_error_and_no_hang() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("in-the-way");
    std::fs::write(&file, "").unwrap();
    let (writer, _reader) = spill(&file.join("spill"), small());
    let refused = loop {
        if let Err(refused) = writer.push(vec![1; 50].into()).await {
            break refused;
        }
    };
    assert!(matches!(refused, SpillError::Disk(_)), "{refused:?}");
}

#[tokio::test]
async fn without_a_reader_bytes_are_dropped() {
    let dir = tempfile::tempdir().unwrap();
    let (writer, reader) = spill(dir.path(), SpillLimits { limit_bytes: 100, ..small() });
    drop(reader);
    writer.abandoned().await;
    for _ in 0..100 {
        writer.push(vec![1; 50].into()).await.unwrap();
    }
    assert_eq!(writer.shared.lock().front_bytes, 0);
}

#[tokio::test]
async fn a_writer_that_vanishes_is_no_end_of_file() {
    let dir = tempfile::tempdir().unwrap();
    let (writer, mut reader) = spill(dir.path(), small());
    writer.push(Bytes::from_static(b"half")).await.unwrap();
    drop(writer);
    let mut got = Vec::new();
    assert!(reader.read_to_end(&mut got).await.is_err());
    assert_eq!(got, b"half");
}
