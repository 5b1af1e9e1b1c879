//! `--env K=V`, for a single program.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

use orchestrator::failure::{Code, Failure};
use orchestrator::transport::quote::is_env_name;

/// Reads rows of `NAME=VALUE`; values are any bytes.
///
/// clap doesn't: its errors repeat what was typed, and a value may be a secret.
///
/// # Errors
///
/// [`Code::Usage`], which names the variable at the most.
pub fn env_rows(words: &[OsString]) -> Result<Vec<(String, Vec<u8>)>, Failure> {
    words.iter().map(|word| env_row(word.as_bytes())).collect()
}

fn env_row(word: &[u8]) -> Result<(String, Vec<u8>), Failure> {
    let Some(at) = word.iter().position(|byte| *byte == b'=') else {
        return Err(Failure::new(Code::Usage, "a row of --env has no '='")
            .hint("Write it as --env NAME=VALUE"));
    };
    let name = String::from_utf8_lossy(&word[..at]).into_owned();
    if !is_env_name(&name) {
        return Err(Failure::new(
            Code::Usage,
            format!("{name:?} can't name an environment variable"),
        )
        .hint("Use letters, digits and _, and no digit first"));
    }
    Ok((name, word[at + 1..].to_vec()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_value_may_hold_anything_but_is_never_repeated() {
        assert_eq!(env_row(b"A=b=c\xff").unwrap(), ("A".into(), b"b=c\xff".to_vec()));
        assert_eq!(env_row(b"A=").unwrap(), ("A".into(), Vec::new()));
        let refused = env_row(b"1A=secret").unwrap_err();
        assert!(!refused.to_string().contains("secret"), "{refused}");
        assert!(env_row(b"secret").is_err_and(|refused| !refused.to_string().contains("secret")));
    }
}
