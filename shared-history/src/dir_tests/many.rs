//! Many who write at once.

use std::collections::HashSet;
use std::process::{Child, Command};
use std::time::Duration;

use super::bed::{Bed, FILE, add};
use crate::dir::disk::Disk;
use crate::dir::lock::Patience;
use crate::*;

/// A shell that writes each line in two halves, under a lock.
fn shell(bed: &Bed, number: usize, lock: &str, unlock: &str) -> Child {
    let script = format!(
        r#"set -e
        i=0
        while [ $i -lt 10 ]; do
            {lock}
            printf '{{"id":"shell-%s-%s",' {number} $i >>{FILE}
            sleep 0.003 # wait: so that others would come in between
            printf '"timestamp":1}}\n' >>{FILE}
            {unlock}
            i=$((i + 1))
        done"#
    );
    Command::new("sh").arg("-c").arg(script).current_dir(bed.history()).spawn().unwrap()
}

/// Twenty writers here and four shells elsewhere; every line is there, whole, and once.
fn all_write(lock: &str, unlock: &str) {
    const EACH: usize = 15;
    let bed = Bed::with(b"");
    let shells: Vec<Child> = (0..4).map(|number| shell(&bed, number, lock, unlock)).collect();
    let patient = Patience { wait: Duration::from_secs(100), ..Patience::default() };
    std::thread::scope(|scope| {
        for writer in 0..20 {
            let files = bed.files().with(Disk::default(), patient);
            scope.spawn(move || {
                for entry in 0..EACH {
                    add(&files, &[&format!("here-{writer}-{entry}")], false).unwrap();
                }
            });
        }
    });
    for mut shell in shells {
        assert!(shell.wait().unwrap().success());
    }
    let content = bed.content();
    assert!(content.ends_with(b"\n"));
    let lines: Vec<&[u8]> = content[..content.len() - 1].split(|byte| *byte == b'\n').collect();
    let ids: HashSet<String> =
        lines.iter().map(|line| Head::parse(line).unwrap().id.into_owned()).collect();
    assert_eq!((lines.len(), ids.len()), (20 * EACH + 40, 20 * EACH + 40));
    assert_eq!(bed.names(), [FILE]);
}

#[test]
fn many_writers_and_shells_with_flock_lose_nothing() {
    all_write(&format!("exec 9>>.{FILE}.lock; flock 9"), "exec 9>&-");
}

#[test]
fn many_writers_and_shells_without_flock_lose_nothing() {
    let lock = format!("until mkdir .{FILE}.lock.d 2>/dev/null; do sleep 0.002; done");
    all_write(&lock, &format!("rmdir .{FILE}.lock.d"));
}
