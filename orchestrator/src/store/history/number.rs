//! Numbers of rows: they sort as the time, so that the newest entries are found without a look at the others.

use rusqlite::{Connection, params};

use crate::failure::{Code, Failure};
use crate::store::fault::Fault;

/// Bits that tell the entries of one millisecond apart. Where a million of them isn't enough (a program that writes 0
/// for every time), the following milliseconds' numbers are taken.
const BITS: u32 = 20;
/// Numbers of a millisecond, less one.
const MASK: i64 = (1 << BITS) - 1;
/// The last millisecond that has numbers: in the year 2248. 2^43 of them fit into a row's 63 bits; those that are left
/// out here are room for what the last one can't hold.
const LAST_MS: i64 = (1 << 43) - 1 - SPILL_MS;
/// So many milliseconds' numbers may be taken in the place of one's own: room for 2^40 entries of one moment.
const SPILL_MS: i64 = 1 << 20;

/// The first number of a moment. A clock that is years off is believed; what no clock says stands at the near end.
fn first(at_ms: i64) -> i64 {
    at_ms.clamp(0, LAST_MS) << BITS
}

/// No entry of `at_ms` or later has a smaller number.
pub(super) fn since(at_ms: i64) -> i64 {
    first(at_ms)
}

/// No entry before `at_ms` has a number from here on.
pub(super) fn until(at_ms: i64) -> i64 {
    if at_ms > LAST_MS { i64::MAX } else { first(at_ms) + (SPILL_MS << BITS) }
}

/// A number that is free: after those of the same millisecond, so that what came later counts as newer.
pub(super) fn free(db: &Connection, at_ms: i64) -> Result<i64, Fault> {
    let mut last = db.prepare_cached("SELECT max(row) FROM history WHERE row BETWEEN ?1 AND ?2")?;
    let begin = first(at_ms);
    for millis in 0..=SPILL_MS {
        let from = begin + (millis << BITS);
        let taken: Option<i64> = last.query_row(params![from, from | MASK], |row| row.get(0))?;
        match taken {
            None => return Ok(from),
            Some(taken) if taken < from | MASK => return Ok(taken + 1),
            Some(_) => {}
        }
    }
    let message = format!("the history can hold no more entries of the moment {at_ms}");
    Err(Fault::Refused(Failure::new(Code::TooLarge, message)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn numbers_sort_as_the_time_whatever_a_clock_says() {
        let times = [i64::MIN, -1, 0, 1, 1_700_000_000_000, LAST_MS, LAST_MS + 1, i64::MAX];
        for pair in times.windows(2) {
            assert!(first(pair[0]) <= first(pair[1]), "{pair:?}");
        }
        for at in times {
            assert!(first(at) >= 0 && first(at) < i64::MAX - (SPILL_MS << BITS), "{at}");
            assert!(since(at) <= first(at) && until(at) > first(at), "{at}");
        }
        assert!(first(1) > first(0) + MASK);
    }

    #[test]
    fn a_moment_that_is_full_goes_on_in_the_next_one() {
        let db = Connection::open_in_memory().unwrap();
        db.execute_batch("CREATE TABLE history (row INTEGER PRIMARY KEY)").unwrap();
        let put = |row: i64| db.execute("INSERT INTO history VALUES (?1)", [row]).unwrap();
        for at in [0, 1_700_000_000_000, i64::MAX] {
            assert_eq!(free(&db, at).unwrap(), first(at));
            put(first(at));
            assert_eq!(free(&db, at).unwrap(), first(at) + 1);
            put(first(at) | MASK);
            let next = first(at) + MASK + 1;
            assert_eq!(free(&db, at).unwrap(), next, "at {at}");
            put(next);
            assert_eq!(free(&db, at).unwrap(), next + 1);
            assert!(until(at.saturating_add(1)) > next && since(at) < next);
        }
    }
}
