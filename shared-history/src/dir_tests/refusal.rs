use std::io;
use std::os::unix::fs::symlink;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::executor::block_on;
use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use super::bed::{Bed, FILE, add, denial, lines};
use crate::dir::disk::{Disk, Gate, Step};
use crate::dir::lock::{Lock, Patience};
use crate::dir::place;
use crate::dir::process::Process;
use crate::*;

#[test]
fn a_symlink_is_followed_inside_of_the_project_only() {
    let bed = Bed::empty();
    std::fs::create_dir(bed.project.join("kept")).unwrap();
    symlink("kept", bed.project.join(".maestro")).unwrap();
    add(&bed.files(), &["a"], false).unwrap();
    assert_eq!(std::fs::read(bed.project.join("kept/history").join(FILE)).unwrap(), lines(&["a"]));

    let outside = tempfile::tempdir().unwrap();
    std::fs::create_dir(outside.path().join("history")).unwrap();
    for (target, name) in [(outside.path().to_owned(), ".maestro"), ("missing".into(), ".maestro")]
    {
        let bed = Bed::empty();
        symlink(&target, bed.project.join(name)).unwrap();
        assert_eq!(denial(add(&bed.files(), &["a"], false)), Denial::Symlink);
        assert_eq!(denial(block_on(bed.files().look(&[], 0))), Denial::Symlink);
    }
    let bed = Bed::empty();
    std::fs::create_dir(bed.project.join(".maestro")).unwrap();
    symlink(outside.path().join("history"), bed.history()).unwrap();
    assert_eq!(denial(add(&bed.files(), &["a"], false)), Denial::Symlink);
    assert_eq!(std::fs::read_dir(outside.path().join("history")).unwrap().count(), 0);
}

#[test]
fn a_file_that_is_a_symlink_or_something_else_is_never_written() {
    let bed = Bed::with(b"");
    let target = bed.project.join("target");
    std::fs::write(&target, "mine").unwrap();
    std::fs::remove_file(bed.path(FILE)).unwrap();
    symlink(&target, bed.path(FILE)).unwrap();
    assert_eq!(denial(add(&bed.files(), &["a"], false)), Denial::Symlink);
    assert_eq!(denial(block_on(bed.files().trim(FILE, 0))), Denial::Symlink);
    assert_eq!(std::fs::read(&target).unwrap(), b"mine");

    std::fs::remove_file(bed.path(FILE)).unwrap();
    std::fs::create_dir(bed.path(FILE)).unwrap();
    assert_eq!(denial(add(&bed.files(), &["a"], false)), Denial::InTheWay);
    assert_eq!(denial(block_on(bed.files().trim(FILE, 0))), Denial::InTheWay);

    let bed = Bed::empty();
    std::fs::write(bed.project.join(".maestro"), "a file").unwrap();
    assert_eq!(denial(add(&bed.files(), &["a"], false)), Denial::InTheWay);
}

#[test]
fn no_name_leads_out_of_the_directory() {
    let bed = Bed::with(b"");
    let append = Append { name: "../x", lines: &[], in_doubt: false, mend: None };
    assert!(matches!(denial(block_on(bed.files().append(&append))), Denial::Other(_)));
    assert!(matches!(denial(block_on(bed.files().trim("../x", 0))), Denial::Other(_)));
}

/// Refuses a kind of step.
#[derive(Debug)]
struct Refusing {
    step: Step,
    errno: Errno,
    /// So many bytes can be written before.
    room: AtomicUsize,
    /// How many steps of that kind are let pass.
    passing: AtomicUsize,
}

impl Refusing {
    fn new(step: Step, errno: Errno, room: usize, passing: usize) -> Arc<Self> {
        Arc::new(Self { step, errno, room: room.into(), passing: passing.into() })
    }
}

impl Gate for Refusing {
    fn pass(&self, step: Step) -> io::Result<()> {
        if step != self.step || step == Step::Write {
            return Ok(());
        }
        let left = self.passing.load(Ordering::SeqCst);
        if left == 0 {
            return Err(self.errno.into());
        }
        self.passing.store(left - 1, Ordering::SeqCst);
        Ok(())
    }

    fn pass_write(&self, bytes: usize) -> (usize, io::Result<()>) {
        if self.step != Step::Write {
            return (bytes, Ok(()));
        }
        let room = self.room.load(Ordering::SeqCst);
        self.room.store(room - room.min(bytes), Ordering::SeqCst);
        if room == 0 { (0, Err(self.errno.into())) } else { (room.min(bytes), Ok(())) }
    }

    fn owner(&self) -> Option<String> {
        Some("1\nshort\n1\n".to_owned())
    }
}

#[test]
fn a_full_disk_leaves_the_file_as_it_was() {
    let owner = "1\nshort\n1\n".len();
    for errno in [Errno::NOSPC, Errno::DQUOT] {
        for room in [0, 1, 30] {
            let before = lines(&["a", "b"]);
            let bed = Bed::with(&before);
            let full = bed.hasty(Some(Refusing::new(Step::Write, errno, owner + room, 0)));
            assert_eq!(denial(add(&full, &["c"], false)), Denial::Full);
            assert_eq!(bed.content(), before);
            let full = bed.hasty(Some(Refusing::new(Step::Write, errno, owner + room, 0)));
            assert_eq!(denial(block_on(full.trim(FILE, 1))), Denial::Full);
            assert_eq!(bed.content(), before);
            assert_eq!(bed.names(), [FILE], "nothing is left");
            add(&bed.files(), &["c"], false).unwrap();
            assert_eq!(bed.content(), lines(&["a", "b", "c"]));
        }
    }
}

#[test]
fn a_disk_that_fails_to_keep_what_was_written_has_not_got_it() {
    let bed = Bed::with(&lines(&["a"]));
    let failing = bed.hasty(Some(Refusing::new(Step::Sync, Errno::IO, 0, 0)));
    // Nor can it be said that it was taken back.
    assert!(matches!(add(&failing, &["b"], false), Err(FilesError::InDoubt(_))));
    add(&bed.files(), &["b"], true).unwrap();
    assert_eq!(bed.content(), lines(&["a", "b"]));
}

#[test]
fn a_system_that_refuses_is_quoted() {
    for (errno, expected) in [(Errno::ROFS, Denial::ReadOnly), (Errno::ACCESS, Denial::Permission)]
    {
        let bed = Bed::empty();
        let refusing = bed.hasty(Some(Refusing::new(Step::MakeDirectory, errno, 0, 0)));
        assert_eq!(denial(add(&refusing, &["a"], false)), expected);
        let refusing = bed.hasty(Some(Refusing::new(Step::Create, errno, 0, 0)));
        assert_eq!(denial(add(&refusing, &["a"], false)), expected);
        let bed = Bed::with(&lines(&["a", "b"]));
        let refusing = bed.hasty(Some(Refusing::new(Step::Dress, errno, 0, 0)));
        assert_eq!(denial(block_on(refusing.trim(FILE, 1))), expected);
        assert_eq!(bed.content(), lines(&["a", "b"]));
        assert_eq!(bed.names(), [FILE]);
    }
}

fn held(bed: &Bed, owner: Option<&str>) {
    let lock = bed.path(&format!(".{FILE}.lock.d"));
    std::fs::create_dir(&lock).unwrap();
    if let Some(owner) = owner {
        std::fs::write(lock.join("owner"), owner).unwrap();
    }
}

#[test]
fn a_lock_of_a_dead_process_is_taken_over() {
    let own = Process::current().unwrap().text();
    let recycled = own.trim_end().rsplit_once('\n').unwrap().0.to_owned() + "\n1\n";
    let bed = Bed::with(b"");
    held(&bed, Some(&recycled));
    add(&bed.files(), &["a"], false).unwrap();
    assert_eq!(bed.names(), [FILE]);

    // Without a name it is as good as dead when it is old, here at once.
    for owner in [None, Some("12\nano"), Some("1\nan earlier boot\n1\n")] {
        let bed = Bed::with(b"");
        held(&bed, owner);
        add(&bed.hasty(None), &["a"], false).unwrap();
        assert_eq!(bed.names(), [FILE]);
    }
}

#[test]
fn a_lock_of_somebody_who_may_be_hidden_is_respected_until_it_is_old() {
    // More than any process has.
    let own = Process::current().unwrap().text();
    let place = own.lines().nth(1).unwrap();
    let hidden = format!("{}\n{place}\n1\n", i32::MAX);
    let without_start = format!("{}\n{place}\nunknown\n", std::process::id());
    let quick = Patience { wait: Duration::from_millis(50), ..Patience::default() };
    for (owner, is_anothers) in [(&hidden, true), (&without_start, false)] {
        let bed = Bed::with(b"");
        held(&bed, Some(owner));
        if is_anothers {
            let lock = bed.path(&format!(".{FILE}.lock.d"));
            std::os::unix::fs::chown(lock, Some(4711), None).unwrap_or_else(|error| {
                panic!("this test needs root, to give a lock away: {error}");
            });
        }
        let files = bed.files().with(Disk::default(), quick);
        assert!(matches!(add(&files, &["a"], false), Err(FilesError::Locked { .. })), "{owner}");
        add(&bed.hasty(None), &["a"], false).unwrap();
        assert_eq!(bed.names(), [FILE]);
    }
    // Ours we would see.
    let bed = Bed::with(b"");
    held(&bed, Some(&hidden));
    add(&bed.files().with(Disk::default(), quick), &["a"], false).unwrap();
}

#[test]
fn the_locks_file_is_open_for_writing_where_that_is_allowed() {
    let bed = Bed::with(b"");
    let (directory, disk) = (place::find(&bed.project).unwrap().unwrap(), Disk::default());
    // When it is new, and when it is there.
    for _ in 0..2 {
        let lock = Lock::take(&directory, &disk, FILE, Patience::default()).unwrap();
        let flags = rustix::fs::fcntl_getfl(lock.file()).unwrap();
        assert!(flags.contains(rustix::fs::OFlags::RDWR), "{flags:?}");
    }
}

#[test]
fn a_lock_of_somebody_alive_is_respected() {
    let quick = Patience { wait: Duration::from_millis(50), ..Patience::default() };
    for owner in
        [Some(Process::current().unwrap().text()), None, Some("1\nelsewhere\n1\n".to_owned())]
    {
        let bed = Bed::with(b"");
        held(&bed, owner.as_deref());
        let files = bed.files().with(Disk::default(), quick);
        assert!(matches!(add(&files, &["a"], false), Err(FilesError::Locked { .. })), "{owner:?}");
        assert_eq!(bed.content(), b"");
    }
    // The other kind of lock, and both.
    let bed = Bed::with(b"");
    let files = bed.files().with(Disk::default(), quick);
    let file = std::fs::File::create(bed.path(&format!(".{FILE}.lock"))).unwrap();
    flock(&file, FlockOperation::LockExclusive).unwrap();
    assert!(matches!(add(&files, &["a"], false), Err(FilesError::Locked { .. })));
    drop(file);
    let (directory, disk) = (place::find(&bed.project).unwrap().unwrap(), Disk::default());
    let lock = Lock::take(&directory, &disk, FILE, quick).unwrap();
    assert!(matches!(add(&files, &["a"], false), Err(FilesError::Locked { .. })));
    drop(lock);
    add(&files, &["a"], false).unwrap();
}
