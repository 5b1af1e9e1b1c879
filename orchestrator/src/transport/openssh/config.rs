//! The configuration that we hand to ssh: the person's own, and behind it what Baton wants where they say nothing.
//!
//! ssh takes the first value that it finds for an option. Options on its command line would overrule the
//! person's config, and `ssh -G` can't tell a default from a value that somebody wrote down. Behind their
//! config ours are in force exactly where they left a gap, on jump hosts too: ssh hands `-F` on to them.

use std::path::Path;
use std::time::Duration;

/// How long and how often we wait for a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// For the connection to come about, in whole seconds.
    pub connect: Duration,
    /// Between two signs of life that we ask for, in whole seconds.
    pub keepalive_interval: Duration,
    /// So many in a row may go unanswered.
    pub keepalive_count: u32,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            keepalive_interval: Duration::from_secs(15),
            keepalive_count: 3,
        }
    }
}

/// What stands in front of our own options.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Theirs<'a> {
    /// The files that ssh reads by itself: the person's and the system's.
    Files {
        /// `~/.ssh/config`, an absolute path.
        user: &'a Path,
        /// `/etc/ssh/ssh_config`.
        system: &'a Path,
    },
    /// The text of the one file that they named instead.
    ///
    /// It is copied: ssh checks the owner and mode of a file that is included, but not of one named with `-F`.
    Text(&'a str),
}

/// Writes the configuration's text.
///
/// `LogLevel` stays at ssh's own INFO: with ERROR a failed key exchange or a server that hangs up says nothing.
pub fn compose(theirs: &Theirs<'_>, patience: Patience) -> String {
    let mut text = String::from(
        "# Written by baton on every start: your own configuration, then what it leaves open.\n",
    );
    match theirs {
        Theirs::Files { user, system } => {
            for file in [user, system] {
                text.push_str(&format!("Include {}\n", quote_path(file)));
            }
        }
        Theirs::Text(theirs) => {
            text.push_str(theirs);
            if !theirs.ends_with('\n') {
                text.push('\n');
            }
        }
    }
    text.push_str(&format!(
        "Match all\n\
         \tStrictHostKeyChecking accept-new\n\
         \tConnectTimeout {}\n\
         \tServerAliveInterval {}\n\
         \tServerAliveCountMax {}\n\
         \tClearAllForwardings yes\n",
        patience.connect.as_secs().max(1),
        patience.keepalive_interval.as_secs().max(1),
        patience.keepalive_count.max(1),
    ));
    text
}

/// Quotes a path for `Include`, which would take spaces for separators and `*?[` for patterns.
fn quote_path(path: &Path) -> String {
    let mut quoted = String::from("\"");
    for letter in path.to_string_lossy().chars() {
        // ssh takes one backslash away where it reads quotes (misc.c, argv_split); glob(3) takes the other.
        if matches!(letter, '*' | '?' | '[' | ']') {
            quoted.push_str("\\\\");
        }
        if matches!(letter, '"' | '\\') {
            quoted.push('\\');
        }
        quoted.push(letter);
    }
    quoted.push('"');
    quoted
}

/// Whether any of these texts could set up multiplexing of the person's own.
///
/// Exact where it says no, so that `ssh -G` (10 ms, and it runs `Match exec`) is only asked where it says yes.
pub fn mentions_control_path(text: &str) -> bool {
    text.as_bytes()
        .windows(b"controlpath".len())
        .any(|window| window.eq_ignore_ascii_case(b"controlpath"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ours_stand_behind_theirs() {
        let text = compose(&Theirs::Text("Host x\n  ConnectTimeout 3"), Patience::default());
        let theirs = text.find("ConnectTimeout 3");
        let ours = text.find("ConnectTimeout 10");
        assert!(theirs.is_some() && theirs < ours, "{text}");
    }

    #[test]
    fn a_path_is_not_taken_for_a_pattern() {
        assert_eq!(quote_path(Path::new("/a b/c*d\"e")), r#""/a b/c\\*d\"e""#);
    }

    #[test]
    fn a_control_path_is_noticed_in_any_case() {
        assert!(mentions_control_path("Host x\n\tcontrolPATH=~/x"));
        assert!(!mentions_control_path("Host x\n\tControlMaster auto"));
    }
}
