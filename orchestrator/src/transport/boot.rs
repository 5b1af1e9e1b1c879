//! The command lines that start a shell of ours on a host, whatever the account's login shell is.
//!
//! Each is read by the account's shell (sshd hands it over with `-c`), so it keeps to what bash, dash, zsh,
//! fish, tcsh, mksh and busybox all read alike: words, single quotes without `'`, `!`, newlines or `\\`
//! inside, and `"'"`. The environment is never on it, because everybody on the machine can read command lines:
//! it follows on stdin. That costs a round trip more, since sshd opens stdin's window only when the command runs;
//! so what has no secrets (a program's own command line shows it anyway) goes along as an argument.

use super::TransportError;
use super::quote::{self, PRINTF};

/// The longest line that goes along as an argument, in bytes; tcsh takes words of up to 4 KiB.
const LONGEST_ARGUMENT: usize = 2048;

/// First stage, run by `sh`: `$0` is the second stage, `$1` a single quote, `$2` the nonce, `$3` the line, if any.
///
/// It says its process id (the login shell and the second stage keep it, since each one execs the next), then
/// runs the login shell, which execs the second stage. Meanwhile stdin waits as descriptor 3, so that a profile
/// that reads gets an end of file instead of our bytes; csh closes it, so there stdin stays where it is. (An `sh` that is
/// mksh closes what it opened itself when it execs, but not what the exec opens.)
const LOGIN: &str = "printf \"%s.a %s\\n\" \"$2\" \"$$\"; BATON_BOOT=$0; BATON_NONCE=$2; \
    BATON_LINE=$3; export BATON_BOOT BATON_NONCE BATON_LINE; c=\"exec sh -c ${1}eval \\\"\\$BATON_BOOT\\\"${1}\"; \
    case \"${SHELL:=/bin/sh}\" in \
    *csh) BATON_IN=0; export BATON_IN; exec \"$SHELL\" -c \"if ( -r ~/.login ) source ~/.login; $c\";; \
    *) BATON_IN=3; export BATON_IN; exec \"$SHELL\" -lc \"$c\" 3<&0 </dev/null;; esac";

/// The first stage without a login shell in between.
const PLAIN: &str = "printf \"%s.a %s\\n\" \"$2\" \"$$\"; BATON_BOOT=$0; BATON_NONCE=$2; BATON_LINE=$3; \
    BATON_IN=0; export BATON_IN; eval \"$BATON_BOOT\"";

/// Start of every second stage: takes stdin back and forgets our variables.
const TAKE_OVER: &str = "case $BATON_IN in 3) exec 0<&3 3<&-;; esac; baton_n=$BATON_NONCE; \
    baton_l=$BATON_LINE; unset BATON_BOOT BATON_NONCE BATON_LINE BATON_IN; ";

/// Start of a program's second stage: one line, from the command line (see [`argument`]) or on stdin, sets the
/// directory, the environment and the words.
const TOLD: &str = "case $baton_l in r*) baton_l=${baton_l#r};; b*) baton_l=$(printf %b \"${baton_l#b}\");; \
    *) IFS= read -r baton_l || exit 126;; esac; ";

/// The same in a terminal: the line is asked for only when the terminal has stopped echoing and cutting lines at
/// 4,095 bytes (the limit of canonical input, termios(3)).
const TOLD_IN_TERMINAL: &str = "baton_t=$(stty -g); stty raw -echo; printf \"%s.t\\n\" \"$baton_n\"; \
    IFS= read -r baton_l || exit 126; stty \"$baton_t\"; ";

/// Goes to the directory, or says why not.
const ENTER: &str = "baton_d=; eval \"$baton_l\"; unset baton_l; case $baton_d in ?*) \
    CDPATH= cd -- \"$baton_d\" >/dev/null 2>&1 || { if [ -d \"$baton_d\" ]; then baton_e=denied; \
    elif [ -e \"$baton_d\" ]; then baton_e=file; else baton_e=missing; fi; \
    printf \"%s.e %s\\n\" \"$baton_n\" \"$baton_e\"; exit 126; };; esac; \
    trap : HUP INT QUIT TERM USR1 USR2; printf \"%s.b %s\\n\" \"$baton_n\" \"$$\" || exit 126; ";

/// Says on stderr, too, where it begins; a terminal has one stream for both.
const MARK_STDERR: &str = "printf \"%s.b\\n\" \"$baton_n\" >&2; ";

/// Runs the program, without a word of the shell's own on its stderr, such as `Terminated`.
///
/// The shell stays as the program's parent: it ignores what signals the group gets, and its status is the
/// program's, 128 + n for a signal. Over OpenSSH's multiplexing a signal couldn't be told otherwise.
const RUN: &str = "exec 4>&2 2>/dev/null; (exec 2>&4 4>&- \"$@\"); exit $?";

/// Becomes the program.
const BECOME: &str = "exec \"$@\"";

/// Second stage of a control shell: two lines a request, its marker and its text; both streams end with the marker. With
/// the marker `+` the text is for the shell itself, which learns functions from it and says nothing.
const CONTROL: &str = "printf \"%s.b %s\\n\" \"$baton_n\" \"$$\" || exit 126; printf \"%s.b\\n\" \"$baton_n\" >&2; \
    while IFS= read -r baton_n && IFS= read -r baton_c; do \
    case $baton_n in +) eval \"$baton_c\" </dev/null; continue;; esac; (eval \"$baton_c\") </dev/null; \
    printf \"%s %s\\n\" \"$baton_n\" \"$?\"; printf \"%s\\n\" \"$baton_n\" >&2; done";

/// What is started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// A program; the line is [`program_line`].
    Program,
    /// A program in a terminal.
    Terminal,
    /// A program in a terminal that takes the shell's place.
    Shell,
    /// A control shell.
    Control,
}

/// The command line that starts `stage`; marks carry `nonce`, which is letters and digits.
///
/// A program reads its line from stdin where there is no `argument` from [`argument`].
pub fn command(stage: Stage, login: bool, nonce: &str, argument: Option<&str>) -> String {
    let first = if login { LOGIN } else { PLAIN };
    let second = match stage {
        Stage::Program => [TOLD, ENTER, MARK_STDERR, RUN].concat(),
        Stage::Terminal => [TOLD_IN_TERMINAL, ENTER, RUN].concat(),
        Stage::Shell => [TOLD_IN_TERMINAL, ENTER, BECOME].concat(),
        Stage::Control => CONTROL.to_owned(),
    };
    let argument = argument.unwrap_or_default();
    format!("exec sh -c '{first}' '{TAKE_OVER}{PRINTF}{second}' \"'\" {nonce} '{argument}'")
}

/// A [`program_line`] in the form in which every login shell hands it on between single quotes: as it is after an
/// `r`, or with what they don't hand on in octal after a `b`, which costs the host a process. `None` where it is
/// too long for that.
pub fn argument(line: &str) -> Option<String> {
    let line = line.trim_end_matches('\n');
    let odd = |byte: u8| matches!(byte, b'\'' | b'!' | b'\\') || !matches!(byte, 0x20..=0x7e);
    if !line.bytes().any(odd) {
        return (line.len() < LONGEST_ARGUMENT).then(|| format!("r{line}"));
    }
    let mut argument = String::with_capacity(line.len() + 64);
    argument.push('b');
    for byte in line.bytes() {
        if odd(byte) {
            argument.push_str(&format!("\\0{byte:03o}"));
        } else {
            argument.push(char::from(byte));
        }
    }
    (argument.len() <= LONGEST_ARGUMENT).then_some(argument)
}

/// What to run, as bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Invocation<'a> {
    /// The program and its arguments; at least one.
    pub argv: &'a [Vec<u8>],
    /// Where; the account's home when `None`. `~` is the host's to expand.
    pub cwd: Option<&'a [u8]>,
    /// Names and values to add to the environment.
    pub env: &'a [(String, Vec<u8>)],
}

/// The line that tells a second stage what to run; it ends with a newline.
///
/// # Errors
///
/// [`TransportError::Usage`] for an empty command, a NUL, or a name that can't name a variable.
pub fn program_line(invocation: &Invocation<'_>) -> Result<String, TransportError> {
    let usage = |what: String| Err(TransportError::Usage { what });
    let Some(program) = invocation.argv.first() else {
        return usage("there is no command to run".into());
    };
    if program.is_empty() {
        return usage("the command is empty".into());
    }
    let mut text = String::new();
    if let Some(cwd) = invocation.cwd {
        if cwd.is_empty() {
            return usage("the directory to run in is empty".into());
        }
        text.push_str(&format!("baton_d={}; ", quote::path(cwd)?));
    }
    for (name, value) in invocation.env {
        if !quote::is_env_name(name) {
            return usage(format!(
                "{name:?} can't name an environment variable: use letters, digits and _"
            ));
        }
        text.push_str(&format!("export {name}={}; ", quote::word(value)?));
    }
    text.push_str("set --");
    for word in invocation.argv {
        text.push(' ');
        text.push_str(&quote::word(word)?);
    }
    text.push('\n');
    Ok(quote::line(&text))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_command_line_keeps_to_what_all_login_shells_read_alike() {
        for stage in [Stage::Program, Stage::Terminal, Stage::Shell, Stage::Control] {
            for login in [false, true] {
                let line = command(stage, login, "abc", argument("it's ! \\ \u{e9}\n").as_deref());
                assert!(line.bytes().all(|byte| matches!(byte, 0x20..=0x7e)), "{line}");
                assert!(
                    !line.contains('!') && !line.contains("\\\\") && !line.contains("\\'"),
                    "{line}"
                );
                // Seven single quotes: three pairs and the one in double quotes.
                assert_eq!(line.matches('\'').count(), 7, "{line}");
            }
        }
    }

    #[test]
    fn what_a_program_is_told_is_one_line() {
        let argv = vec![b"prog".to_vec(), b"secret".to_vec()];
        let env = vec![("TOKEN".to_owned(), b"hidden".to_vec())];
        let line = program_line(&Invocation { argv: &argv, cwd: None, env: &env }).unwrap();
        assert!(line.contains("prog secret") && line.contains("TOKEN=hidden"));
        assert_eq!(line.matches('\n').count(), 1);
    }

    #[test]
    fn a_name_that_is_no_variable_is_refused() {
        let argv = vec![b"prog".to_vec()];
        let env = vec![("A-B".to_owned(), b"x".to_vec())];
        let refused = program_line(&Invocation { argv: &argv, cwd: None, env: &env });
        assert!(matches!(refused, Err(TransportError::Usage { .. })));
    }
}
