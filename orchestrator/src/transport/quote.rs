//! The one place that builds shell text: words that every POSIX `sh` reads back byte for byte.

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

/// Quotes printable ASCII in single quotes.
fn plain(bytes: &[u8]) -> String {
    let mut word = String::with_capacity(bytes.len() + 2);
    word.push('\'');
    for byte in bytes {
        if *byte == b'\'' {
            word.push_str("'\\''");
        } else {
            word.push(char::from(*byte));
        }
    }
    word.push('\'');
    word
}

/// Makes a line for a shell that reads it with `read -r` and evaluates it, out of text built with [`word`].
pub fn line(text: &str) -> String {
    if text.contains(NEWLINE) { format!("{SET_NEWLINE}{text}") } else { text.to_owned() }
}

/// Makes one line of a script of many lines: a shell evaluates it to the same effect.
///
/// # Errors
///
/// As [`word`].
pub fn script(text: &str) -> Result<String, TransportError> {
    if text.bytes().all(|byte| matches!(byte, 0x20..=0x7e)) {
        return Ok(text.to_owned());
    }
    Ok(line(&format!("eval {}", word(text.as_bytes())?)))
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
    let home = if name.is_empty() {
        "\"$HOME\"".to_owned()
    } else {
        format!("~{}", String::from_utf8_lossy(name))
    };
    if tail.is_empty() { Ok(home) } else { Ok(format!("{home}{}", word(tail)?)) }
}

/// A command that sends a signal, named without `SIG`, to a process group.
///
/// `kill -NAME -GROUP` is the one form that dash, bash, busybox and mksh all take: `--` is too much for
/// busybox, and without it `-s NAME` is too little for dash and mksh.
pub fn kill_group(name: &str, group: u32) -> String {
    format!("kill -{name} -{group}")
}

/// Whether `name` can name an environment variable for every shell.
pub fn is_env_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::process::Command;

    use proptest::prelude::*;

    use super::*;

    /// What a shell makes of a line: the arguments of `printf '%s\0'`.
    fn read_back(shell: &[&str], words: &[Vec<u8>]) -> Vec<Vec<u8>> {
        let quoted: Vec<String> = words.iter().map(|bytes| word(bytes).unwrap()).collect();
        let text = line(&format!("printf '%s\\0' {}", quoted.join(" ")));
        assert!(text.bytes().all(|byte| matches!(byte, 0x20..=0x7e)), "{text:?}");
        let (program, first) = shell.split_first().unwrap();
        let mut child = Command::new(program)
            .args(first)
            .args(["-c", "IFS= read -r x; eval \"$x\""])
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        std::io::Write::write_all(&mut stdin, format!("{text}\n").as_bytes()).unwrap();
        drop(stdin);
        let output = child.wait_with_output().unwrap();
        let mut read: Vec<Vec<u8>> =
            output.stdout.split(|byte| *byte == 0).map(<[u8]>::to_vec).collect();
        assert_eq!(read.pop(), Some(Vec::new()));
        read
    }

    const SHELLS: [&[&str]; 4] = [&["dash"], &["bash"], &["busybox", "sh"], &["mksh"]];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn every_sh_reads_any_bytes_back_unchanged(
            words in prop::collection::vec(prop::collection::vec(1u8.., 0..40), 1..6),
        ) {
            for shell in SHELLS {
                prop_assert_eq!(&read_back(shell, &words), &words, "{:?}", shell);
            }
        }
    }

    #[test]
    fn newlines_at_the_end_and_hyphens_in_front_are_kept() {
        let words: Vec<Vec<u8>> =
            ["", "\n", "a\n\n", "\n\na", "it's", "$(x) `y` \\ !", "-n", "%s", "-\x01"]
                .iter()
                .map(|text| text.as_bytes().to_vec())
                .collect();
        for shell in SHELLS {
            assert_eq!(read_back(shell, &words), words, "{shell:?}");
        }
    }

    #[test]
    fn a_folded_script_does_what_the_script_does() {
        let text = "a='it'\\''s \\n'\n# x\nif [ \"$a\" ]; then\n  printf '%s\\0' \"$a\" \"\\\\\" '%b'\nfi\n";
        let folded = folded(text).unwrap();
        assert!(folded.bytes().all(|byte| matches!(byte, 0x20..=0x7e)), "{folded:?}");
        for shell in SHELLS {
            let (program, first) = shell.split_first().unwrap();
            let run = |text: &str| {
                Command::new(program).args(first).args(["-c", text]).output().unwrap().stdout
            };
            assert_eq!(run(&folded), run(text), "{shell:?}");
            assert_eq!(run(text), b"it's \\n\0\\\0%b\0", "{shell:?}");
        }
    }

    #[test]
    fn a_nul_is_refused() {
        assert!(matches!(word(b"a\0b"), Err(TransportError::Usage { .. })));
    }

    #[test]
    fn a_tilde_is_left_to_the_host() {
        assert_eq!(path(b"~").unwrap(), "\"$HOME\"");
        assert_eq!(path(b"~/a b").unwrap(), "\"$HOME\"'/a b'");
        assert_eq!(path(b"~ann/x").unwrap(), "~ann/x");
        assert_eq!(path(b"~$(x)/y").unwrap(), "'~$(x)/y'");
        assert_eq!(path(b"-x").unwrap(), "./-x");
        assert_eq!(path(b"/tmp/~").unwrap(), "'/tmp/~'");
    }

    #[test]
    fn environment_names_follow_posix() {
        assert!(is_env_name("_A1") && is_env_name("path"));
        assert!(!is_env_name("") && !is_env_name("1A") && !is_env_name("A-B") && !is_env_name("Ä"));
    }
}
