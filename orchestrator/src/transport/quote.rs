//! The one place that builds shell text: words that every POSIX `sh` reads back byte for byte.

use std::collections::BTreeMap;

use super::TransportError;

/// Name of the shell variable that holds one newline while a line of ours is evaluated.
const NEWLINE: &str = "baton_nl";

/// Sets [`NEWLINE`]; put before text in which [`word`] wrote a newline at the end of an argument.
const SET_NEWLINE: &str = "baton_nl=$(printf '\\n.'); baton_nl=${baton_nl%.}; ";

/// Put before text of [`word`] where a shell's `printf` may be a program of its own (mksh, OpenBSD's): everybody can read
/// the words of a program, and `print` is theirs. Such a shell has a KSH_VERSION.
pub(crate) const PRINTF: &str = "case ${KSH_VERSION-} in ?*) case $(command -v printf) in /*) \
    printf() { case $1 in %b) print -n -- \"$2\";; *) command printf \"$@\";; esac; };; esac;; esac; ";

/// Quotes `bytes` as one word of POSIX sh, on one line, in printable ASCII only.
///
/// What means itself to every shell stands as it is, other plain text in single quotes. Anything else goes through the shell's own `printf` in octal, because
/// `read` and `eval` of some shells change bytes of 0x80 and above or drop control characters. Newlines at the
/// end are taken from a variable, since `$(…)` strips them: [`line()`] sets it where needed.
///
/// # Errors
///
/// [`TransportError::Usage`] for a NUL: no program can be given one.
pub fn word(bytes: &[u8]) -> Result<String, TransportError> {
    if bytes.contains(&0) {
        return Err(TransportError::Usage {
            what: format!(
                "an argument holds a NUL byte: {}",
                String::from_utf8_lossy(bytes).escape_debug()
            ),
        });
    }
    let means_itself = |byte: &u8| byte.is_ascii_alphanumeric() || b"_./,:=+@%-".contains(byte);
    if !bytes.is_empty() && bytes.iter().all(means_itself) {
        return Ok(String::from_utf8_lossy(bytes).into_owned());
    }
    if bytes.iter().all(|byte| matches!(byte, 0x20..=0x7e)) {
        return Ok(plain(bytes));
    }
    let body_len = bytes.iter().rposition(|byte| *byte != b'\n').map_or(0, |last| last + 1);
    let (body, newlines) = bytes.split_at(body_len);
    let mut word = String::with_capacity(body.len() * 2 + 16);
    if !body.is_empty() {
        word.push_str("\"$(printf %b '");
        for byte in body {
            if byte.is_ascii_alphanumeric() || b" ./_,:=+@".contains(byte) {
                word.push(char::from(*byte));
            } else {
                word.push_str(&format!("\\0{byte:03o}"));
            }
        }
        word.push_str("')\"");
    }
    for _ in newlines {
        word.push_str(&format!("\"${NEWLINE}\""));
    }
    Ok(word)
}

/// Quotes as [`word`] does, but UTF-8 without control characters stays as it is, in single quotes: shorter by far, and
/// no process for the shell. For a line that a shell reads with `read -r` and evaluates, and for nothing else: on the
/// command line of a login shell, [`word`] is what arrives.
///
/// # Errors
///
/// As [`word`].
pub fn text(bytes: &[u8]) -> Result<String, TransportError> {
    match std::str::from_utf8(bytes) {
        Ok(text) if is_one_line(text) && !text.is_ascii() => Ok(quoted(text)),
        Ok(_) | Err(_) => word(bytes),
    }
}

/// Whether every shell reads it with `read -r` as it is. bash before 4 loses 0x7f; the C1 controls are two bytes each,
/// of which none means anything to a shell.
fn is_one_line(text: &str) -> bool {
    !text.bytes().any(|byte| byte < 0x20 || byte == 0x7f)
}

/// Quotes printable ASCII in single quotes.
fn plain(bytes: &[u8]) -> String {
    quoted(&String::from_utf8_lossy(bytes))
}

/// Puts single quotes around `text`.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// Makes a line for a shell that reads it with `read -r` and evaluates it, out of text built with [`word`].
pub fn line(text: &str) -> String {
    if text.contains(NEWLINE) { format!("{SET_NEWLINE}{text}") } else { text.to_owned() }
}

/// Makes one line of a script of many lines: a shell that reads it with `read -r` evaluates it to the same effect.
///
/// # Errors
///
/// As [`word`].
pub fn script(text: &str) -> Result<String, TransportError> {
    if is_one_line(text) {
        return Ok(text.to_owned());
    }
    Ok(line(&format!("eval {}", word(text.as_bytes())?)))
}

/// A script without comments and indentation: none of our strings has lines that begin with either.
pub(crate) fn bare(script: &str) -> String {
    let lines = script.lines().map(str::trim_start);
    lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .flat_map(|line| [line, "\n"])
        .collect()
}

/// Makes one line of printable ASCII of a script of many: a shell evaluates it to the same effect. Shorter than
/// [`script`], which takes any bytes.
///
/// # Errors
///
/// [`TransportError::Usage`] for what isn't ASCII: scripts of ours are.
pub fn folded(text: &str) -> Result<String, TransportError> {
    let mut line = String::with_capacity(text.len() + text.len() / 8 + 32);
    line.push_str("eval \"$(printf %b '");
    for byte in text.bytes() {
        match byte {
            b'\n' => line.push_str("\\n"),
            b'\\' => line.push_str("\\\\"),
            b'\'' => line.push_str("'\\''"),
            0x20..=0x7e => line.push(char::from(byte)),
            _ => {
                let what = format!("a script of ours holds the byte {byte:#04x}");
                return Err(TransportError::Usage { what });
            }
        }
    }
    line.push_str("')\"");
    Ok(line)
}

/// Quotes a path, with `~`, `~/…`, `~user` and `~user/…` left for the host's shell to expand.
///
/// # Errors
///
/// As [`word`].
pub fn path(bytes: &[u8]) -> Result<String, TransportError> {
    path_with(bytes, word)
}

/// The same for a line as [`text`] is for.
///
/// # Errors
///
/// As [`word`].
pub fn path_text(bytes: &[u8]) -> Result<String, TransportError> {
    path_with(bytes, text)
}

fn path_with(
    bytes: &[u8],
    word: fn(&[u8]) -> Result<String, TransportError>,
) -> Result<String, TransportError> {
    let Some(rest) = bytes.strip_prefix(b"~") else {
        // A name such as `-` or `-x` is a file, not an option or the previous directory.
        let safe = if bytes.starts_with(b"-") { [b"./", bytes].concat() } else { bytes.to_vec() };
        return word(&safe);
    };
    let name_len = rest.iter().position(|byte| *byte == b'/').unwrap_or(rest.len());
    let (name, tail) = rest.split_at(name_len);
    let is_user = name.iter().enumerate().all(|(at, byte)| {
        byte.is_ascii_alphanumeric() || *byte == b'_' || (at > 0 && b"-.".contains(byte))
    });
    if !is_user {
        return word(bytes);
    }
    if name.is_empty() {
        let home = "\"$HOME\"".to_owned();
        return if tail.is_empty() { Ok(home) } else { Ok(format!("{home}{}", word(tail)?)) };
    }
    let home = format!("~{}", String::from_utf8_lossy(name));
    // Up to its first slash no part of it may be quoted, nor the slash: no shell would expand it.
    match tail.strip_prefix(b"/") {
        None => Ok(home),
        Some(b"") => Ok(format!("{home}/")),
        Some(tail) => Ok(format!("{home}/{}", word(tail)?)),
    }
}

/// A command that sends a signal, named without `SIG`, to a process group.
///
/// `kill -NAME -GROUP` is the one form that dash, bash, busybox and mksh all take: `--` is too much for
/// busybox, and without it `-s NAME` is too little for dash and mksh.
pub fn kill_group(name: &str, group: u32) -> String {
    format!("kill -{name} -{group}")
}

/// A command that ends a process group: with TERM, on which a git removes its locks, and with KILL a second later.
pub fn end_group(group: u32) -> String {
    let (ask, kill) = (kill_group("TERM", group), kill_group("KILL", group));
    format!("{ask} 2>/dev/null && sleep 1; {kill} 2>/dev/null; :")
}

/// Commands that set environment variables for all that follows; secrets, which belong on stdin alone.
///
/// # Errors
///
/// `usage` for a name that no shell takes, and for a NUL.
pub fn exports(env: &BTreeMap<String, String>) -> Result<String, TransportError> {
    let mut all = String::new();
    for (name, value) in env {
        if !is_env_name(name) {
            let what =
                format!("{name:?} can't name an environment variable: use letters, digits and _");
            return Err(TransportError::Usage { what });
        }
        all.push_str(&format!("export {name}={}; ", text(value.as_bytes())?));
    }
    Ok(all)
}

/// Whether `name` can name an environment variable for every shell.
pub fn is_env_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
#[path = "quote_tests.rs"]
mod tests;
