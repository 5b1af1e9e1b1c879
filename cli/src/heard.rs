//! Signals that we listen for, unless whoever started us wants them ignored: `nohup`, or a shell that starts us in the
//! background.

use std::fs;
use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Where Linux says what a process ignores, proc(5).
const STATUS: &str = "/proc/self/status";

/// One of them.
#[derive(Debug)]
pub struct Heard(Option<Signal>);

impl Heard {
    /// Listens from now on: it doesn't end us any more. One that was ignored stays so.
    ///
    /// # Errors
    ///
    /// When the system refuses.
    pub fn on(kind: SignalKind) -> io::Result<Self> {
        // Elsewhere nothing says it without unsafe code: then the signal is heard.
        let ignored = fs::read_to_string(STATUS).is_ok_and(|status| ignores(&status, kind));
        if ignored { Ok(Self(None)) } else { Ok(Self(Some(signal(kind)?))) }
    }

    /// The next one; never comes where it is ignored.
    pub async fn recv(&mut self) {
        match &mut self.0 {
            Some(signal) => {
                // None comes when the runtime ends, and we with it.
                if signal.recv().await.is_none() {
                    std::future::pending().await
                }
            }
            None => std::future::pending().await,
        }
    }
}

/// Whether a process of that status ignores a signal: a mask in hexadecimal, whose lowest bit is signal 1.
fn ignores(status: &str, kind: SignalKind) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()); // No mask ignores nothing.
    let bit = u32::try_from(kind.as_raw_value() - 1).ok().and_then(|bit| 1_u64.checked_shl(bit)); // As above.
    mask.zip(bit).is_some_and(|(mask, bit)| mask & bit != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_is_ignored_where_its_bit_says_so() {
        let status =
            "Name:\tbaton\nSigBlk:\tffffffffffffffff\nSigIgn:\t0000000000001001\nSigCgt:\tff\n";
        assert!(ignores(status, SignalKind::hangup()));
        assert!(ignores(status, SignalKind::pipe()));
        assert!(!ignores(status, SignalKind::interrupt()));
        assert!(!ignores("Name:\tbaton\n", SignalKind::hangup()));
    }
}
