//! One connection as it is shown, and what is worth telling of it.

use std::time::Duration;

use jiff::Timestamp;

use crate::failure::Failure;
use crate::seam::{ConnectionState, HostConnection};
use crate::transport::State;

/// A round trip that changed by no more is not told: nobody would see the difference.
const LEAST_CHANGE_US: u64 = 2_000;

/// One connection.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row {
    /// The host's id, or what was typed.
    pub(super) host: String,
    /// How it stands.
    pub(super) state: ConnectionState,
    /// In microseconds, as it was told last.
    pub(super) round_trip_us: Option<u64>,
}

impl Row {
    /// Takes a measure in; false where it is as good as the last one.
    pub(super) fn measured(&mut self, round_trip: Duration) -> bool {
        let now = u64::try_from(round_trip.as_micros()).unwrap_or(u64::MAX);
        let worth = self.round_trip_us.is_none_or(|before| {
            let change = before.abs_diff(now);
            change > LEAST_CHANGE_US && change > before / 5
        });
        if worth {
            self.round_trip_us = Some(now);
        }
        worth
    }
}

/// A connection's state as front ends see it; `next_try` is known while it is to be tried again.
pub(super) fn shown(state: &State, next_try: Option<Timestamp>) -> ConnectionState {
    match state {
        State::Closed => ConnectionState::Closed,
        State::Connecting { failed } => ConnectionState::Connecting { failed: *failed },
        State::Connected => ConnectionState::Connected,
        State::Degraded => ConnectionState::Degraded,
        State::Reconnecting { failed, wait, why } => ConnectionState::Reconnecting {
            failed: *failed,
            at: next_try.unwrap_or_else(|| from_now(*wait)),
            why: Failure::from(why.clone()),
        },
        State::Blocked { why } => ConnectionState::Blocked { why: Failure::from(why.clone()) },
    }
}

/// A time that long from now.
fn from_now(wait: Duration) -> Timestamp {
    let now = Timestamp::now();
    // Past the end of all times there is none.
    now.checked_add(wait).unwrap_or(now)
}

/// All rows as they are told, in the order of their making, each with its turns.
///
/// A host that was moved has a connection to either place. The former one is told of while there is something to tell.
pub(super) fn all(rows: &[(Row, u32)]) -> Vec<HostConnection> {
    let is_former =
        |at: usize, row: &Row| rows[at + 1..].iter().any(|(other, _)| other.host == row.host);
    let is_over = |row: &Row, turns: u32| row.state == ConnectionState::Closed && turns == 0;
    rows.iter()
        .enumerate()
        .filter(|(at, (row, turns))| !(is_over(row, *turns) && is_former(*at, row)))
        .map(|(_, (row, turns))| HostConnection {
            host: row.host.clone(),
            state: row.state.clone(),
            round_trip_us: row.round_trip_us,
            turns: *turns,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(host: &str, state: ConnectionState) -> Row {
        Row { host: host.into(), state, round_trip_us: None }
    }

    #[test]
    fn a_round_trip_is_told_when_it_differs_by_a_fifth_and_two_milliseconds() {
        let mut row = row("box", ConnectionState::Connected);
        let told = [
            (5_000, true),
            (7_000, false),
            (3_001, false),
            (7_001, true),
            (100_000, true),
            (119_000, false),
            (120_001, true),
            (0, true),
        ];
        for (micros, wanted) in told {
            assert_eq!(row.measured(Duration::from_micros(micros)), wanted, "{micros}");
        }
    }

    #[test]
    fn of_a_host_that_was_moved_the_former_connection_is_told_while_it_is_open() {
        let closed = || ConnectionState::Closed;
        let hosts =
            |rows: &[(Row, u32)]| -> Vec<u32> { all(rows).iter().map(|row| row.turns).collect() };
        assert_eq!(hosts(&[(row("box", closed()), 0), (row("far", closed()), 1)]), [0, 1]);
        assert_eq!(hosts(&[(row("box", closed()), 0), (row("box", closed()), 1)]), [1]);
        assert_eq!(hosts(&[(row("box", closed()), 2), (row("box", closed()), 1)]), [2, 1]);
        let open = row("box", ConnectionState::Connected);
        assert_eq!(hosts(&[(open, 0), (row("box", closed()), 1)]), [0, 1]);
    }
}
