//! A power cut before each step, and half-way through each write.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use futures::executor::block_on;

use super::bed::{Bed, FILE, add, line, lines};
use crate::dir::disk::{Gate, Step};
use crate::dir::process::Process;
use crate::*;

/// Lets some steps pass, and then none.
#[derive(Debug)]
struct Crash {
    left: AtomicUsize,
    /// Whether half of the write takes place at which it happens.
    is_half: bool,
    has_happened: AtomicBool,
    halving: AtomicBool,
}

impl Crash {
    fn at(step: usize, is_half: bool) -> Arc<Self> {
        Arc::new(Self {
            left: step.into(),
            is_half,
            has_happened: false.into(),
            halving: false.into(),
        })
    }

    fn has_happened(&self) -> bool {
        self.has_happened.load(Ordering::SeqCst)
    }
}

fn gone() -> io::Error {
    io::Error::other("no power")
}

impl Gate for Crash {
    fn pass(&self, step: Step) -> io::Result<()> {
        if self.has_happened() {
            return Err(gone());
        }
        let left = self.left.load(Ordering::SeqCst);
        if left > 0 {
            self.left.store(left - 1, Ordering::SeqCst);
            return Ok(());
        }
        self.has_happened.store(true, Ordering::SeqCst);
        if self.is_half && step == Step::Write {
            self.halving.store(true, Ordering::SeqCst);
            return Ok(());
        }
        Err(gone())
    }

    fn pass_write(&self, bytes: usize) -> (usize, io::Result<()>) {
        if self.halving.swap(false, Ordering::SeqCst) {
            return (bytes / 2, Err(gone()));
        }
        (bytes, Ok(()))
    }

    /// Somebody with our number, of long ago.
    fn owner(&self) -> Option<String> {
        let own = Process::current().unwrap().text();
        Some(own.trim_end().rsplit_once('\n').unwrap().0.to_owned() + "\n1\n")
    }
}

fn ids(content: &[u8]) -> Vec<String> {
    assert!(
        content.is_empty() || content.ends_with(b"\n"),
        "torn: {}",
        String::from_utf8_lossy(content)
    );
    let lines = content.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| Head::parse(line).unwrap().id.into_owned()).collect()
}

/// Runs something with a crash at each of its steps, until it gets through.
fn at_every_step(run: impl Fn(&Bed, &Crash, &DirFiles), bed: impl Fn() -> Bed) {
    for is_half in [false, true] {
        let steps = (0..200)
            .take_while(|step| {
                let bed = bed();
                let crash = Crash::at(*step, is_half);
                run(&bed, &crash, &bed.hasty(Some(crash.clone())));
                crash.has_happened()
            })
            .count();
        assert!((5..100).contains(&steps), "{steps}");
    }
}

/// Appends with a crash at each step, and again afterwards, as an outbox does.
fn append_survives(bed: impl Fn() -> Bed, before: &[&str], fragment: Option<&[u8]>) {
    let run = |bed: &Bed, crash: &Crash, files: &DirFiles| {
        let first = add(files, &["x", "y"], false);
        let there = String::from_utf8_lossy(&bed.content()).into_owned();
        match &first {
            Ok(_) => assert!(there.contains("\"x\"") && there.contains("\"y\"")),
            Err(FilesError::InDoubt(_)) => assert!(crash.has_happened()),
            Err(_) => assert!(!there.contains("\"x\"") && !there.contains("\"y\""), "{first:?}"),
        }
        let again = add(&bed.hasty(None), &["x", "y", "z"], true).unwrap();
        let expected: Vec<&str> = before.iter().copied().chain(["x", "y", "z"]).collect();
        assert_eq!(ids(&bed.content()), expected, "{first:?}, {again:?}");
        if let Some(fragment) = fragment {
            let aside = std::fs::read(bed.path(&format!(".{FILE}.torn"))).unwrap();
            assert!(aside.ends_with(b"\n"));
            assert!(aside.split(|byte| *byte == b'\n').any(|line| line == fragment));
        }
        let strange = bed.names().into_iter().find(|name| {
            *name != FILE && *name != format!(".{FILE}.torn") && !name.contains(".lock.dead.")
        });
        assert_eq!(strange, None);
    };
    at_every_step(run, bed);
}

#[test]
fn a_crash_while_the_first_entry_is_written_loses_and_doubles_nothing() {
    append_survives(Bed::empty, &[], None);
}

#[test]
fn a_crash_while_an_entry_is_added_loses_and_doubles_nothing() {
    append_survives(|| Bed::with(&lines(&["a", "b"])), &["a", "b"], None);
}

#[test]
fn a_crash_while_a_line_gets_its_end_loses_and_doubles_nothing() {
    let torn = || Bed::with(&[lines(&["a"]), line("b")].concat());
    append_survives(torn, &["a", "b"], None);
}

#[test]
fn a_crash_while_half_a_line_is_set_aside_loses_and_doubles_nothing() {
    let fragment = b"{\"id\":\"half\",\"time";
    let torn = || Bed::with(&[&lines(&["a"])[..], fragment].concat());
    append_survives(torn, &["a"], Some(fragment));
}

#[test]
fn a_crash_while_a_file_is_trimmed_leaves_all_of_the_old_or_all_of_the_new() {
    let old = lines(&["a", "b", "c"]);
    let run = |bed: &Bed, _: &Crash, files: &DirFiles| {
        let first = block_on(files.trim(FILE, 2));
        let content = bed.content();
        assert!(content == old || content == lines(&["b", "c"]));
        assert!(first.is_err() || content == lines(&["b", "c"]));
        add(&bed.hasty(None), &["d"], false).unwrap();
        block_on(bed.hasty(None).trim(FILE, 2)).unwrap();
        assert_eq!(bed.content(), lines(&["c", "d"]));
        assert_eq!(bed.names(), [FILE]);
    };
    at_every_step(run, || Bed::with(&lines(&["a", "b", "c"])));
}
