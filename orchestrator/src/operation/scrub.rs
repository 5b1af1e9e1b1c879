//! Takes logins out of addresses in what git prints: older ones tell a remote's address with its token in it.

use crate::git::logins::{logins, open_from};

/// Reads what is printed in pieces, cut anywhere. As many bytes come out as go in: offsets stay what they are.
#[derive(Debug, Default)]
pub(super) struct Scrub {
    /// The end of what came, where a login may have begun.
    held: Vec<u8>,
}

impl Scrub {
    /// Takes a piece; what may be shown and kept by now.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.held.extend_from_slice(bytes);
        let from = open_from(&self.held);
        for login in logins(self.held.get(..from).unwrap_or_default()) {
            if let Some(login) = self.held.get_mut(login) {
                login.fill(b'*');
            }
        }
        let held = self.held.split_off(from);
        std::mem::replace(&mut self.held, held)
    }

    /// The rest, when nothing more comes.
    pub(super) fn rest(&mut self) -> Vec<u8> {
        self.held.push(b'\n');
        let mut rest = self.take(b"");
        rest.pop();
        rest
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn scrubbed(text: &[u8], size: usize) -> String {
        let mut scrub = Scrub::default();
        let mut all: Vec<u8> = text.chunks(size).flat_map(|piece| scrub.take(piece)).collect();
        all.extend(scrub.rest());
        String::from_utf8_lossy(&all).into_owned()
    }

    #[test]
    fn a_token_is_masked_however_the_text_is_cut_and_nothing_else_is() {
        let text = "fatal: unable to access 'https://ada:s3cr3t@example.org/x.git/': no\n\
            To https://t0ken@h/x and ssh://git@h/y, git://a:b@h z@h http://h/a@b\n\
            unable to look up t0 ken@h (port 1) ada:b@h's look up\rhttps://end@h";
        let wanted = "fatal: unable to access 'https://**********@example.org/x.git/': no\n\
            To https://*****@h/x and ssh://git@h/y, git://***@h z@h http://h/a@b\n\
            unable to look up ******@h (port 1) *****@h's look up\rhttps://***@h";
        for size in 1..=text.len() {
            assert_eq!(scrubbed(text.as_bytes(), size), wanted, "{size}");
        }
    }

    proptest! {
        #[test]
        fn as_much_comes_out_as_goes_in(pieces: Vec<Vec<u8>>) {
            let mut scrub = Scrub::default();
            let all: usize = pieces.iter().map(|piece| scrub.take(piece).len()).sum();
            prop_assert_eq!(all + scrub.rest().len(), pieces.concat().len());
        }
    }
}
