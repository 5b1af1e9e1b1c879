//! What is typed, until a kept shell has it.

use std::collections::VecDeque;

use super::say;

/// Input that was sent and may not have arrived.
#[derive(Debug, Default)]
pub(in crate::terminal) struct Sent {
    /// Number and bytes of each line, in their order.
    lines: VecDeque<(u64, Vec<u8>)>,
    /// The last number.
    number: u64,
    bytes: usize,
}

impl Sent {
    /// Some more: the line that sends it.
    pub(super) fn add(&mut self, bytes: Vec<u8>) -> String {
        self.number += 1;
        self.bytes += bytes.len();
        let line = say::keys(&bytes, self.number);
        self.lines.push_back((self.number, bytes));
        line
    }

    /// Those up to that number have arrived.
    pub(super) fn arrived(&mut self, number: u64) {
        self.number = self.number.max(number);
        while let Some((sent, bytes)) = self.lines.front()
            && *sent <= number
        {
            self.bytes -= bytes.len();
            self.lines.pop_front();
        }
    }

    /// The lines that send again what may not have arrived.
    pub(super) fn again(&self) -> impl Iterator<Item = String> {
        self.lines.iter().map(|(number, bytes)| say::keys(bytes, *number))
    }

    /// Whether some of it isn't known to have arrived.
    pub(in crate::terminal) fn is_waiting(&self) -> bool {
        !self.lines.is_empty()
    }

    /// How much may not have.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }
}
