//! Logins in what git and its helpers print: a remote's address may hold a token, and nobody is shown one.

use std::ops::Range;

/// The longest login and machine that are looked for: what is longer is no address.
pub(crate) const LONGEST: usize = 4 << 10;

/// What stands before a machine, and a login.
const BEFORE: &[u8] = b"://";

/// What stands before the same in git's own protocol, which takes a login for a part of the machine's name; and what behind.
const LOOKED_UP: (&[u8], &[u8]) = (b"look up ", b" (port");

/// Where logins stand: behind `://`, in a word like `name:token@machine`, and in what git could not look up.
pub(crate) fn logins(text: &[u8]) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut from = 0;
    while from < text.len() {
        let rest = text.get(from..).unwrap_or_default();
        let before = text.get(..from).unwrap_or_default();
        let (end, is_looked_up) = if before.ends_with(LOOKED_UP.0) {
            let line = rest.iter().position(|byte| is_line_end(*byte)).unwrap_or(rest.len());
            let line = rest.get(..line).unwrap_or_default();
            (memchr::memmem::find(line, LOOKED_UP.1).unwrap_or(line.len()), true)
        } else {
            (rest.iter().position(|byte| is_end(*byte)).unwrap_or(rest.len()), false)
        };
        let word = rest.get(..end.min(LONGEST)).unwrap_or_default();
        if let Some(at) = memchr::memrchr(b'@', word) {
            let login = word.get(..at).unwrap_or_default();
            let is_address = is_looked_up || before.ends_with(BEFORE);
            // What everybody is called at the large forges.
            let is_one = is_address && !login.is_empty() && login != b"git";
            let colon = memchr::memchr(b':', login);
            if is_one || colon.is_some_and(|colon| colon + 1 < login.len()) {
                found.push(from..from + at);
            }
        }
        from += end + 1;
    }
    found
}

/// From where on more of the text could show that a login stands there; its end where it couldn't.
pub(crate) fn open_from(text: &[u8]) -> usize {
    let line = text.iter().rposition(|byte| is_line_end(*byte)).map_or(0, |at| at + 1);
    let here = text.get(line..).unwrap_or_default();
    let word = here.iter().rposition(|byte| is_end(*byte)).map_or(0, |at| at + 1);
    let before = here.get(..word).unwrap_or_default();
    let looked_up = looked_up_at(here);
    let begun = (1..LOOKED_UP.0.len())
        .rev()
        .find(|many| LOOKED_UP.0.get(..*many).is_some_and(|part| here.ends_with(part)));
    // A word may still become an address, and what stands behind one is told by what stands before it.
    let address = if before.ends_with(BEFORE) { word - BEFORE.len() } else { word };
    let scheme = (1..BEFORE.len())
        .rev()
        .find(|many| BEFORE.get(..*many).is_some_and(|part| before.ends_with(part)));
    let address = address.min(word - scheme.filter(|_| word == here.len()).unwrap_or(0));
    let open = looked_up.unwrap_or(here.len()).min(here.len() - begun.unwrap_or(0)).min(address);
    if here.len() - open > LONGEST { text.len() } else { line + open }
}

/// Where git tells of a machine that it could not look up, and hasn't come to its end yet.
fn looked_up_at(line: &[u8]) -> Option<usize> {
    let mut from = 0;
    loop {
        let at = from + memchr::memmem::find(line.get(from..)?, LOOKED_UP.0)?;
        let name = at + LOOKED_UP.0.len();
        match memchr::memmem::find(line.get(name..)?, LOOKED_UP.1) {
            Some(end) => from = name + end + 1,
            None => return Some(at),
        }
    }
}

/// The same text without them: `https://name:token@host` becomes `https://host`.
pub(crate) fn without_logins(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut from = 0;
    for login in logins(text.as_bytes()) {
        clean.push_str(text.get(from..login.start).unwrap_or_default());
        // And the `@`.
        from = login.end + 1;
    }
    clean.push_str(text.get(from..).unwrap_or_default());
    clean
}

/// Whether neither a login nor a machine goes on.
fn is_end(byte: u8) -> bool {
    matches!(byte, b'/' | b'?' | b'#' | b'\'' | b'"' | b'<' | b'>') || byte <= b' '
}

fn is_line_end(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn no_login_is_shown_in_whatever_way_git_tells_an_address() {
        for (said, shown) in [
            (
                "fatal: unable to access 'https://ada:s3cr3t@h/x.git/': no",
                "fatal: unable to access 'https://h/x.git/': no",
            ),
            ("To https://t0ken@h", "To https://h"),
            (
                "fatal: unable to look up ada:s3cr3t@h:9 (port 9418) (Name",
                "fatal: unable to look up h:9 (port 9418) (Name",
            ),
            (
                "fatal: unable to look up t0ken@h (port 9418)",
                "fatal: unable to look up h (port 9418)",
            ),
            ("unable to look up ada:s3 cr@t@h (port 9)", "unable to look up h (port 9)"),
            ("ada:s3cr3t@h: Permission denied (publickey).", "h: Permission denied (publickey)."),
            ("Password for 'https://t0ken@h': ", "Password for 'https://h': "),
            ("ada:s3cr3t@h's password: ", "h's password: "),
        ] {
            assert_eq!(without_logins(said), shown);
        }
        for kept in [
            "ssh://git@h/y",
            "git@h:a/b.git",
            "mail ada@h",
            "http://h/a@b",
            "a: b@c",
            "remote:@h",
            "look up",
            "Receiving objects: 10%",
            "",
        ] {
            assert_eq!(without_logins(kept), kept);
        }
    }

    proptest! {
        #[test]
        fn a_login_is_found_however_the_text_is_cut(
            text in "([a:/@lokup (\n']|://|look up | \\(port){0,20}",
            cut in 0_usize..40,
        ) {
            let text = text.as_bytes();
            let whole = logins(text);
            let cut = cut.min(text.len());
            let from = open_from(&text[..cut]);
            let mut found = logins(&text[..from]);
            found.extend(logins(&text[from..]).into_iter().map(|one| one.start + from..one.end + from));
            prop_assert_eq!(found, whole, "{:?} cut at {}, open from {}", text, cut, from);
        }

        #[test]
        fn what_is_open_is_never_behind_the_end(text in "[a:/@lok up(\r\n']{0,40}") {
            prop_assert!(open_from(text.as_bytes()) <= text.len());
            logins(text.as_bytes());
        }
    }
}
