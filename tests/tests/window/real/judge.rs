//! Which calls of the system may keep a window waiting. What no rule knows does.

use std::collections::BTreeSet;

use super::call::Call;

/// A wait for another thread that is longer than this, in milliseconds, is a wait for what that thread does: a disk, a
/// network. Locks that are held for a moment are shorter also on a machine that is busy.
const LOCK: f64 = 100.0;

/// What a call means for the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// It never waits for anything outside of the kernel's memory.
    Free,
    /// It may wait, and is meant to: why.
    Meant(&'static str),
    /// It keeps the window waiting: why.
    Blocks(&'static str),
}

/// Judges the calls of one thread, in their order.
#[derive(Debug, Default)]
pub struct Judge {
    /// The sockets that lead to the display, by the number of their inode.
    display: BTreeSet<String>,
    /// The descriptors of files that may be read: their paths.
    meant: BTreeSet<String>,
}

impl Judge {
    /// What this call means. Calls before the ones that matter are to be shown to it, too: it learns what leads where.
    pub fn judge(&mut self, call: &Call) -> Verdict {
        use Verdict::{Blocks, Free, Meant};
        match &*call.name {
            // Memory, and what the kernel knows of us.
            "brk" | "mmap" | "munmap" | "mprotect" | "mremap" | "madvise" | "getpid" | "gettid"
            | "getuid" | "geteuid" | "getgid" | "getegid" | "getrandom" | "sched_yield"
            | "sched_getaffinity" | "uname" | "sysinfo" | "prlimit64" | "clock_gettime"
            | "clock_getres" | "rt_sigaction" | "rt_sigprocmask" | "rt_sigreturn"
            | "sigaltstack" | "prctl" | "set_robust_list" | "rseq" | "membarrier" | "getcwd"
            | "restart_syscall" => Free,
            // Descriptors that are made or set; none of these waits for who is at the other end.
            "dup" | "dup2" | "dup3" | "eventfd2" | "epoll_create1" | "epoll_ctl"
            | "timerfd_create" | "timerfd_settime" | "memfd_create" | "pipe2" | "socket"
            | "socketpair" | "setsockopt" | "getsockopt" | "getsockname" | "getpeername"
            | "shutdown" | "shmget" | "shmat" | "shmdt" | "shmctl" => Free,
            "clone" | "clone3" if call.arguments.contains("CLONE_THREAD") => Free,
            "exit" | "exit_group" => Free,
            "connect" => self.connect(call),
            "futex" => futex(call),
            "epoll_wait" | "epoll_pwait" | "epoll_pwait2" => {
                Meant("the event loop rests until something comes")
            }
            "poll" | "ppoll" => {
                let waits_for = call.descriptors();
                if !waits_for.is_empty() && waits_for.iter().all(|of| self.is_display(of)) {
                    Meant("the display's server answers; without it there is no window")
                } else {
                    Blocks("it waits for a descriptor beside the event loop")
                }
            }
            "read" | "readv" | "recvfrom" | "recvmsg" | "write" | "writev" | "sendto"
            | "sendmsg" | "close" | "fstat" | "newfstatat" | "statx" | "lseek" | "fcntl"
            | "ioctl" | "ftruncate" | "fallocate" | "pread64" | "openat" | "access"
            | "faccessat2" | "readlink" | "getdents64" => self.file(call),
            "clone" | "clone3" | "fork" | "vfork" | "execve" => Blocks("it starts a program"),
            "wait4" | "waitid" => Blocks("it waits for a program's end"),
            "clock_nanosleep" if call.arguments.contains("{tv_sec=0, tv_nsec=10000000}") => {
                Meant("eframe rests 10 ms in a frame of a window that can't be seen")
            }
            "nanosleep" | "clock_nanosleep" | "pause" => Blocks("it sleeps"),
            "select" | "pselect6" => Blocks("it waits for a descriptor beside the event loop"),
            "flock" | "fsync" | "fdatasync" | "msync" | "sync" | "rename" | "renameat"
            | "renameat2" | "unlink" | "unlinkat" | "mkdir" | "pwrite64" => {
                Blocks("it waits for a disk")
            }
            "accept" | "accept4" => Blocks("it waits for a network"),
            _ => Blocks("no rule says that it can't wait"),
        }
    }

    fn connect(&mut self, call: &Call) -> Verdict {
        // An X server's socket stands in the file system, or begins with an @.
        let leads = call.path().unwrap_or_default();
        let own = call.descriptor().and_then(inode);
        match own {
            Some(own) if leads.starts_with("/tmp/.X11-unix/X") => {
                self.display.insert(own.to_owned());
                Verdict::Meant("the way to the display")
            }
            _ => Verdict::Blocks("it waits for a network, or for another program"),
        }
    }

    fn file(&mut self, call: &Call) -> Verdict {
        use Verdict::{Blocks, Free, Meant};
        match (call.descriptor(), call.path()) {
            (Some(of), _) if of.starts_with("anon_inode:") || of.starts_with("/memfd:") => Free,
            (Some(of), _) if self.is_display(of) => {
                Meant("the display's server; without it there is no window")
            }
            (Some(of), _) if is_shape(of) || self.meant.contains(of) => SHAPES,
            (None, Some(path)) if is_shape(path) => {
                // A shape's file may be a link to another one.
                let opened = call.result.split_once('<').and_then(|(_, of)| of.strip_suffix('>'));
                self.meant.extend(opened.map(str::to_owned));
                SHAPES
            }
            (Some(of), _) if is_font(of) => FONTS,
            (None, Some(path)) if is_font(path) => FONTS,
            _ => Blocks("it waits for a disk, or for another program"),
        }
    }

    fn is_display(&self, of: &str) -> bool {
        inode(of).is_some_and(|own| self.display.contains(own))
    }
}

const SHAPES: Verdict = Verdict::Meant(
    "libXcursor reads each shape of the pointer once, from the desktop's theme, when it is first shown",
);

const FONTS: Verdict = Verdict::Meant(
    "egui looks for a font of the system, once for each letter that ours lack, and shapes text with it in the same frame",
);

/// Whether a path is one of the system's fonts; a person's own may lie on a slow disk.
fn is_font(path: &str) -> bool {
    path.starts_with("/usr/share/fonts/")
}

/// The number of a socket of this machine, as in `UNIX-STREAM:[5->6]`.
fn inode(of: &str) -> Option<&str> {
    let (_, numbers) = of.strip_prefix("UNIX-")?.split_once('[')?;
    numbers.split(['-', ']', ',']).next()
}

/// Whether a path is one of a theme of pointers.
fn is_shape(path: &str) -> bool {
    let file = path.rsplit('/').next().unwrap_or_default();
    // What a person has set for X, the theme's name among it: `.Xdefaults`, `.Xdefaults-HOST`.
    if file == ".Xdefaults" || file.starts_with(".Xdefaults-") {
        return true;
    }
    let in_theme =
        path.contains("/icons/") || path.contains("/.icons/") || path.contains("/pixmaps/");
    in_theme
        && (path.contains("/cursors/")
            || path.ends_with("/index.theme")
            || path.ends_with("/cursor.theme"))
}

fn futex(call: &Call) -> Verdict {
    if !call.arguments.contains("FUTEX_WAIT") && !call.arguments.contains("FUTEX_LOCK") {
        return Verdict::Free;
    }
    if call.millis() < LOCK {
        Verdict::Meant("a lock that another thread holds for a moment")
    } else {
        Verdict::Blocks("it waits for what another thread does")
    }
}

/// What the last of these lines means.
#[cfg(test)]
fn last(lines: &[&str]) -> Verdict {
    let mut judge = Judge::default();
    let verdicts: Vec<_> =
        lines.iter().map(|line| judge.judge(&Call::read(line).unwrap())).collect();
    verdicts.last().copied().unwrap()
}

#[test]
fn only_the_display_may_be_waited_for() {
    let way = "1.0 connect(6<UNIX-STREAM:[51]>, {sa_family=AF_UNIX, sun_path=@\"/tmp/.X11-unix/X71\"}, 21) = 0 <0.1>";
    let poll = "1.1 poll([{fd=6<UNIX-STREAM:[51->52]>, events=POLLIN}], 1, -1) = 1 ([{fd=6, revents=POLLIN}]) <2.0>";
    let read = "1.1 recvmsg(6<UNIX-STREAM:[51->52]>, {msg_name=NULL}, 0) = 32 <0.000009>";
    for line in [poll, read] {
        assert!(matches!(last(&[way, line]), Verdict::Meant(_)), "{line}");
        assert!(matches!(last(&[line]), Verdict::Blocks(_)), "{line}");
    }
    // Another program's socket, a bus for one, is not the display's.
    let bus = "1.0 connect(6<UNIX-STREAM:[51]>, {sa_family=AF_UNIX, sun_path=\"/run/user/0/bus\"}, 21) = 0 <0.1>";
    assert!(matches!(last(&[bus]), Verdict::Blocks(_)));
    assert!(matches!(last(&[bus, poll]), Verdict::Blocks(_)));
    let both = "1.1 poll([{fd=6<UNIX-STREAM:[51->52]>, events=POLLIN}, {fd=9<pipe:[3]>, events=POLLIN}], 2, -1) = 1 <2.0>";
    assert!(matches!(last(&[way, both]), Verdict::Blocks(_)));
}

#[test]
fn files_programs_sleep_and_long_waits_for_other_threads_block() {
    for line in [
        "1.0 openat(AT_FDCWD</tmp>, \"/tmp/h/b/data/window.json\", O_RDONLY|O_CLOEXEC) = 5</tmp/h> <0.00001>",
        "1.0 write(3</tmp/h/b/state/baton-gui.log>, \"2026\"..., 90) = 90 <0.00001>",
        "1.0 read(3<pipe:[77]>, \"\", 1) = 0 <0.00001>",
        "1.0 rename(\"/a\", \"/b\") = 0 <0.00001>",
        "1.0 statx(AT_FDCWD</tmp>, \"/home\", AT_STATX_SYNC_AS_STAT, STATX_ALL, {stx_mask=1}) = 0 <0.00001>",
        "1.0 fdatasync(5</tmp/x>) = 0 <0.00001>",
        "1.0 flock(4</tmp/l>, LOCK_EX) = 0 <0.00001>",
        "1.0 wait4(77, NULL, 0, NULL) = 77 <0.00001>",
        "1.0 clock_nanosleep(CLOCK_MONOTONIC, 0, {tv_sec=0, tv_nsec=1}, NULL) = 0 <0.00001>",
        "1.0 clone3({flags=CLONE_VM|CLONE_VFORK, exit_signal=SIGCHLD}, 88) = 5 <0.00001>",
        "1.0 ppoll(NULL, 0, NULL, NULL, 8) = 0 <0.00001>",
        "1.0 futex(0x5, FUTEX_WAIT_PRIVATE, 2, NULL) = 0 <0.100001>",
        "1.0 futex(0x5, FUTEX_WAIT_PRIVATE, 2, NULL <unfinished ...>",
        "1.0 io_uring_enter(5<anon_inode:[io_uring]>, 1, 1, 0, NULL, 8) = 1 <0.00001>",
    ] {
        assert!(matches!(last(&[line]), Verdict::Blocks(_)), "{line}");
    }
}

#[test]
fn what_wakes_others_or_stays_in_memory_is_free() {
    for line in [
        "1.0 futex(0x5, FUTEX_WAKE_PRIVATE, 1) = 1 <0.3>",
        "1.0 write(12<anon_inode:[eventfd]>, \"\\2\\0\", 8) = 8 <0.003>",
        "1.0 read(9<anon_inode:[eventfd]>, 0x7ffe16108b80, 8) = -1 EAGAIN (Resource temporarily unavailable) <0.00001>",
        "1.0 ftruncate(9</memfd:xkb (deleted)>, 8) = 0 <0.00001>",
        "1.0 clone3({flags=CLONE_VM|CLONE_FS|CLONE_THREAD, stack_size=0x1ff300} => {parent_tid=[5]}, 88) = 5 <0.00004>",
    ] {
        assert_eq!(last(&[line]), Verdict::Free, "{line}");
    }
    let short = "1.0 futex(0x5, FUTEX_WAIT_PRIVATE, 2, NULL) = 0 <0.02>";
    assert!(matches!(last(&[short]), Verdict::Meant(_)));
}

#[test]
fn a_pointers_shape_may_be_read_and_nothing_else_of_the_disk() {
    let open = "1.0 openat(AT_FDCWD</tmp>, \"/usr/share/icons/A/cursors/text\", O_RDONLY) = 34</opt/xterm> <0.00001>";
    let read = "1.0 read(34</opt/xterm>, \"Xcur\"..., 4096) = 4096 <0.00001>";
    assert_eq!(last(&[open]), SHAPES);
    assert_eq!(last(&[open, read]), SHAPES);
    assert!(matches!(last(&[read]), Verdict::Blocks(_)));
    let picture = "1.0 openat(AT_FDCWD</tmp>, \"/usr/share/icons/A/48x48/a.png\", O_RDONLY) = 34</a> <0.00001>";
    assert!(matches!(last(&[picture]), Verdict::Blocks(_)));
}
