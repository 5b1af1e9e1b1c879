//! A message that is none: a line for the shell of the session's host, behind `!`.

/// Where the line begins in what is typed, in bytes; `None` where it is a message.
pub fn line_begins(text: &str) -> Option<usize> {
    let rest = text.strip_prefix('!')?;
    Some(text.len() - rest.trim_start().len())
}

/// What the agent is told: a message that begins with `!` is typed as `\!`.
pub fn said(text: &str) -> &str {
    match text.strip_prefix('\\') {
        Some(rest) if rest.starts_with('!') => rest,
        Some(_) | None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exclamation_mark_at_the_beginning_makes_a_line_and_a_backslash_before_it_a_message() {
        assert_eq!(line_begins("!ls -l"), Some(1));
        assert_eq!(line_begins("!  ls"), Some(3));
        assert_eq!(line_begins("!"), Some(1));
        assert_eq!(line_begins("do it!"), None);
        assert_eq!(line_begins("\\!important"), None);
        assert_eq!(said("\\!important"), "!important");
        assert_eq!(said("\\o/"), "\\o/");
        assert_eq!(said("plain"), "plain");
    }
}
