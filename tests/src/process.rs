//! Processes as `/proc` shows them: who descends from whom, and ending them by their id.

use std::{
    fs,
    path::Path,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

/// How long a condition may take before the test fails. Generous: both cores may be busy.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// What `/proc/PID/stat` says about one living process.
struct Entry {
    pid: i32,
    parent: i32,
    name: String,
}

/// Reads the living processes; zombies are not among them.
fn living() -> Vec<Entry> {
    let folder = fs::read_dir("/proc").expect("the test bed needs Linux's /proc");
    folder
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter_map(|pid: i32| parse(pid, &fs::read_to_string(format!("/proc/{pid}/stat")).ok()?))
        .collect()
}

/// Reads a line of `/proc/PID/stat`: `PID (NAME) STATE PARENT …`. A name may hold blanks and parentheses.
fn parse(pid: i32, stat: &str) -> Option<Entry> {
    let (start, rest) = stat.rsplit_once(") ")?;
    let (_, name) = start.split_once(" (")?;
    let mut fields = rest.split(' ');
    let state = fields.next()?;
    let parent = fields.next()?.parse().ok()?;
    (!matches!(state, "Z" | "X")).then(|| Entry { pid, parent, name: name.to_owned() })
}

/// All living descendants of `ancestor` whose name passes, children before grandchildren.
pub(crate) fn descendants(ancestor: i32, wanted: impl Fn(&str) -> bool) -> Vec<i32> {
    let processes = living();
    let mut family = vec![ancestor];
    let mut next = 0;
    while let Some(&parent) = family.get(next) {
        family.extend(processes.iter().filter(|p| p.parent == parent).map(|p| p.pid));
        next += 1;
    }
    let is_wanted = |pid: &i32| processes.iter().any(|p| p.pid == *pid && wanted(&p.name));
    family.into_iter().skip(1).filter(is_wanted).collect()
}

/// The living children of `parent` whose name passes.
pub(crate) fn children(parent: i32, wanted: impl Fn(&str) -> bool) -> Vec<i32> {
    living().into_iter().filter(|p| p.parent == parent && wanted(&p.name)).map(|p| p.pid).collect()
}

/// All living processes that were started with `NAME=VALUE` in their environment.
pub(crate) fn with_environment(entry: &str) -> Vec<i32> {
    let holds = |pid: i32| {
        fs::read(format!("/proc/{pid}/environ"))
            .is_ok_and(|all| all.split(|byte| *byte == 0).any(|one| one == entry.as_bytes()))
    };
    living().into_iter().map(|p| p.pid).filter(|pid| holds(*pid)).collect()
}

/// Kills the processes and waits until they are gone.
pub(crate) fn kill_all(pids: &[i32]) {
    for pid in pids {
        let Some(pid) = Pid::from_raw(*pid) else { continue };
        // Already gone is as good: ESRCH is the only error there is for our own processes.
        kill_process(pid, Signal::KILL).ok(); // gone already is as good as killed
    }
    wait_until("killed processes are gone", || {
        let left = living();
        !pids.iter().any(|pid| left.iter().any(|process| process.pid == *pid))
    });
}

/// Waits until `condition` holds; panics after 20 s.
pub(crate) fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < PATIENCE, "waited 20 s in vain: {what}");
        #[expect(
            clippy::disallowed_methods,
            reason = "between two looks at a condition, on a thread without a runtime"
        )]
        thread::sleep(Duration::from_millis(2)); // wait: between two looks
    }
}

/// Runs a program to its end and returns its stdout; panics with its stderr when it fails, with `install` when it is missing.
pub(crate) fn output_of(command: &mut Command, install: &str) -> String {
    let output =
        command.output().unwrap_or_else(|e| panic!("can't start {command:?}: {e}; try: {install}"));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?} failed with {}: {stderr}", output.status);
    String::from_utf8(output.stdout).expect("the output is UTF-8")
}

/// The first of the places that exists; panics with the install line when none does.
pub(crate) fn program(places: &[&'static str], install: &str) -> &'static Path {
    let found = places.iter().copied().map(Path::new).find(|path| path.exists());
    found.unwrap_or_else(|| panic!("none of {places:?} is there; try: {install}"))
}
