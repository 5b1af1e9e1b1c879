//! Which process holds a lock, and whether it lives: by number, boot and start, so that another one with its number
//! isn't taken for it.

use std::io;

/// A process, as a lock's `owner` names it: three lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Process {
    number: u32,
    boot: String,
    start: String,
}

impl Process {
    /// Names this process.
    pub fn current() -> io::Result<Self> {
        let number = std::process::id();
        let start = start(number).ok_or_else(|| io::Error::other("this process has no start"))?;
        Ok(Self { number, boot: boot(), start })
    }

    /// Reads what [`Process::text`] or a shell has written; `None` when it isn't all there.
    pub fn parse(text: &str) -> Option<Self> {
        let mut lines = text.split_terminator('\n').map(str::trim);
        let number = lines.next()?.split_whitespace().next()?.parse().ok()?;
        let (boot, start) = (lines.next()?.to_owned(), lines.next()?.to_owned());
        (!start.is_empty() && text.ends_with('\n')).then_some(Self { number, boot, start })
    }

    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.number, self.boot, self.start)
    }

    /// Whether anybody can tell here if it lives: not of one before a restart, or on another machine.
    pub fn is_of_this_boot(&self) -> bool {
        self.boot == boot()
    }

    pub fn is_alive(&self) -> bool {
        self.is_of_this_boot() && start(self.number).is_some_and(|start| start == self.start)
    }
}

/// What names this boot of the machine.
#[cfg(target_os = "linux")]
fn boot() -> String {
    let text = std::fs::read_to_string("/proc/sys/kernel/random/boot_id");
    text.map_or_else(|_| "unknown".to_owned(), |text| text.trim().to_owned())
}

#[cfg(not(target_os = "linux"))]
fn boot() -> String {
    ["kern.bootsessionuuid", "kern.boottime"]
        .iter()
        .find_map(|name| said("sysctl", &["-n", name]))
        .unwrap_or_else(|| "unknown".to_owned())
}

/// When a process was started, in whatever words the system has for it; `None` when it is gone.
#[cfg(target_os = "linux")]
fn start(number: u32) -> Option<String> {
    let stat = std::fs::read(format!("/proc/{number}/stat")).ok()?;
    // A process may call itself anything, but nothing behind the last parenthesis is its own choice: proc(5).
    let fields = &stat[memchr::memrchr(b')', &stat)? + 1..];
    let mut fields = std::str::from_utf8(fields).ok()?.split_ascii_whitespace();
    let state = fields.next()?;
    // The state is field 3 there, the start 22.
    if matches!(state, "Z" | "X") { None } else { fields.nth(18).map(str::to_owned) }
}

#[cfg(not(target_os = "linux"))]
fn start(number: u32) -> Option<String> {
    said("ps", &["-o", "lstart=", "-p", &number.to_string()])
}

/// What a program says in one line, trimmed; `None` when it says nothing.
#[cfg(not(target_os = "linux"))]
fn said(program: &str, arguments: &[&str]) -> Option<String> {
    let output = std::process::Command::new(program)
        .args(arguments)
        .env("LC_ALL", "C")
        .env("TZ", "UTC0")
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_has_another_ones_number_is_not_it() {
        let own = Process::current().unwrap();
        assert!(own.is_alive());
        assert_eq!(Process::parse(&own.text()), Some(own.clone()));
        assert!(!Process { start: "1".to_owned(), ..own.clone() }.is_alive());
        assert!(!Process { boot: "another".to_owned(), ..own }.is_alive());
        for half in ["", "12\n", "12\nboot\n", "12\nboot\nsta", "x\nboot\nstart\n"] {
            assert_eq!(Process::parse(half), None, "{half:?}");
        }
    }
}
