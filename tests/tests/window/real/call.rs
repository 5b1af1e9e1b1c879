//! A line of strace's: a call of the system, what it was made with, and how long it took.

/// A call that a thread has made.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// When it began, in seconds since 1970-01-01 UTC.
    pub at: f64,
    /// As `openat`.
    pub name: String,
    /// What stands between its parentheses.
    pub arguments: String,
    /// What it gave, as `0`, `-1 EAGAIN (…)`; nothing for one that never came back.
    pub result: String,
    /// How long it took, in seconds; `None` for one that never came back.
    pub took: Option<f64>,
}

impl Call {
    /// Reads a line of `strace -ttt -T -yy`; `None` for one that tells of a signal or of the end.
    pub fn read(line: &str) -> Option<Self> {
        let (at, rest) = line.trim_end().split_once(' ')?;
        let at = at.parse().ok()?;
        let (name, rest) = rest.trim_start().split_once('(')?;
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        {
            return None;
        }
        let call = |arguments: &str, result: &str, took| Self {
            at,
            name: name.to_owned(),
            arguments: arguments.trim_end().to_owned(),
            result: result.to_owned(),
            took,
        };
        let Some((rest, took)) = took(rest) else {
            let begun = rest.split_once(" <unfinished").map_or(rest, |(begun, _)| begun);
            return Some(call(begun, "", None));
        };
        // Behind the last parenthesis that an equals sign follows; strace puts blanks between them.
        let (before, result) = rest.rmatch_indices(" = ").find_map(|(at, _)| {
            let before = rest[..at].trim_end().strip_suffix(')')?;
            Some((before, &rest[at + 3..]))
        })?;
        Some(call(before, result, Some(took)))
    }

    /// What the descriptor is that the call is made on, as `anon_inode:[eventfd]`, `UNIX-STREAM:[5->6]`, `/etc/passwd`.
    pub fn descriptor(&self) -> Option<&str> {
        let number = self.arguments.find(|letter: char| !letter.is_ascii_digit())?;
        let rest = self.arguments[number..].strip_prefix('<').filter(|_| number > 0)?;
        Some(&rest[..end_of_descriptor(rest)?])
    }

    /// What all the descriptors in its arguments are: those that a `poll` waits for.
    pub fn descriptors(&self) -> Vec<&str> {
        let mut found = Vec::new();
        let mut rest = &*self.arguments;
        while let Some(at) = rest.find("fd=") {
            rest = &rest[at + 3..];
            let Some(number) = rest.find(|letter: char| !letter.is_ascii_digit()) else { break };
            if let Some(target) = rest[number..].strip_prefix('<')
                && let Some(end) = end_of_descriptor(target)
            {
                found.push(&target[..end]);
                rest = &target[end..];
            } else {
                // One that strace knows nothing of.
                found.push("");
            }
        }
        found
    }

    /// The first text in quotes: a path.
    pub fn path(&self) -> Option<&str> {
        let (_, rest) = self.arguments.split_once('"')?;
        rest.split_once('"').map(|(path, _)| path)
    }

    /// How long it took, in milliseconds; for ever when it never came back.
    pub fn millis(&self) -> f64 {
        self.took.map_or(f64::INFINITY, |took| took * 1000.0)
    }
}

/// `… <0.000041>` at the end: what stands before it, and the time.
fn took(rest: &str) -> Option<(&str, f64)> {
    let (before, time) = rest.strip_suffix('>')?.rsplit_once(" <")?;
    Some((before, time.parse().ok()?))
}

/// Where a descriptor's words end: a socket's hold an arrow.
fn end_of_descriptor(words: &str) -> Option<usize> {
    words.match_indices('>').map(|(at, _)| at).find(|at| {
        let next = words[at + 1..].chars().next();
        matches!(next, None | Some(',' | '}' | ' ' | ')' | ']'))
    })
}

#[test]
fn a_line_is_a_call_with_its_descriptor_its_result_and_its_time() {
    let line =
        "1795301598.519695 read(12<anon_inode:[eventfd]>, \"\\4\\0) = 1 <2>\", 8) = 8 <0.000031>";
    let call = Call::read(line).unwrap();
    assert_eq!((call.at, &*call.name, &*call.result), (1_795_301_598.519_695, "read", "8"));
    assert_eq!(call.descriptor(), Some("anon_inode:[eventfd]"));
    assert_eq!(call.took, Some(0.000_031));
    assert!((call.millis() - 0.031).abs() < 1e-9);
}

#[test]
fn blanks_before_the_result_and_descriptors_in_it_are_no_arguments() {
    let line = "1.5 openat(AT_FDCWD</tmp/ver>, \"/usr/share/icons/a\", O_RDONLY)   = 34</usr/share/icons/b> <0.000034>";
    let call = Call::read(line).unwrap();
    assert_eq!(call.path(), Some("/usr/share/icons/a"));
    assert_eq!(call.result, "34</usr/share/icons/b>");
    assert!(call.arguments.ends_with("O_RDONLY"), "{call:?}");
    // A directory to begin from is no descriptor of its own.
    assert_eq!(call.descriptor(), None);
    let missing =
        Call::read("1.5 access(\"/a\", F_OK) = -1 ENOENT (No such file (or directory)) <0.1>");
    assert_eq!(missing.unwrap().result, "-1 ENOENT (No such file (or directory))");
}

#[test]
fn what_a_poll_waits_for_is_known_one_by_one() {
    let line = "1.5 poll([{fd=6<UNIX-STREAM:[10252736->10252737]>, events=POLLIN|POLLOUT}, {fd=7, events=POLLIN}], \
                2, -1) = 1 ([{fd=6, revents=POLLOUT}]) <0.000008>";
    let call = Call::read(line).unwrap();
    assert_eq!(call.descriptors(), ["UNIX-STREAM:[10252736->10252737]", ""]);
    assert_eq!(call.result, "1 ([{fd=6, revents=POLLOUT}])");
}

#[test]
fn a_call_that_never_came_back_took_for_ever_and_signals_are_no_calls() {
    let begun =
        Call::read("1.5 futex(0x55c7, FUTEX_WAIT_PRIVATE, 2, NULL <unfinished ...>").unwrap();
    assert_eq!((&*begun.name, begun.took, begun.millis()), ("futex", None, f64::INFINITY));
    assert_eq!(begun.arguments, "0x55c7, FUTEX_WAIT_PRIVATE, 2, NULL");
    let ended = Call::read("1.5 exit_group(0)                       = ?").unwrap();
    assert_eq!((&*ended.name, ended.took), ("exit_group", None));
    for line in [
        "1.5 --- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED} ---",
        "1.5 +++ exited with 0 +++",
        "1.5 ????",
        "",
    ] {
        assert_eq!(Call::read(line), None, "{line}");
    }
}
