//! The order of the desk's work: one decision at a time about a session, many sessions at once.

use std::collections::{BTreeMap, VecDeque};

use crate::seam::SessionId;

/// What a piece of work has to wait for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    /// Decisions about this session that came before it.
    Session(SessionId),
    /// Every decision that came before it; those that come later wait for it.
    All,
    /// Every decision that was being stored when it came: whoever has seen its events finds it in the answer.
    Look,
}

/// Work that waits, and decisions that are being stored.
#[derive(Debug)]
pub struct Flow<Work> {
    waiting: VecDeque<(u64, Key, Work)>,
    storing: BTreeMap<u64, Storing>,
    next: u64,
}

#[derive(Debug)]
struct Storing {
    key: Key,
    /// The last event before it began: its own have higher numbers.
    floor: u64,
}

impl<Work> Flow<Work> {
    /// Nothing to do.
    pub fn new() -> Self {
        Self { waiting: VecDeque::new(), storing: BTreeMap::new(), next: 0 }
    }

    /// How much waits.
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether nothing waits and nothing is being stored.
    #[cfg(test)]
    fn is_still(&self) -> bool {
        self.waiting.is_empty() && self.storing.is_empty()
    }

    /// Takes work in.
    pub fn arrive(&mut self, key: Key, work: Work) {
        self.waiting.push_back((self.next, key, work));
    }

    /// The next that may go, oldest first.
    pub fn go(&mut self) -> Option<(Key, Work)> {
        let mut behind: Vec<&SessionId> = Vec::new();
        let mut place = None;
        for (at, (mark, key, _)) in self.waiting.iter().enumerate() {
            let may_go = match key {
                Key::Session(session) => !behind.contains(&session) && !self.is_storing(session),
                Key::All => at == 0 && self.storing.is_empty(),
                Key::Look => self.storing.keys().next().is_none_or(|oldest| oldest >= mark),
            };
            if may_go {
                place = Some(at);
                break;
            }
            match key {
                Key::Session(session) => behind.push(session),
                Key::All => break,
                Key::Look => {}
            }
        }
        let (_, key, work) = self.waiting.remove(place?)?;
        Some((key, work))
    }

    fn is_storing(&self, session: &SessionId) -> bool {
        self.storing.values().any(|storing| match &storing.key {
            Key::Session(other) => other == session,
            Key::All => true,
            Key::Look => false,
        })
    }

    /// A decision is being stored from now on; `head` is the last event's number. Its own number is for [`Flow::stored`].
    pub fn store(&mut self, key: Key, head: u64) -> u64 {
        let number = self.next;
        self.next += 1;
        self.storing.insert(number, Storing { key, floor: head });
        number
    }

    /// It counts, or has failed.
    pub fn stored(&mut self, number: u64) {
        self.storing.remove(&number);
    }

    /// The last event that all sessions together stand at; some may be further.
    pub fn floor(&self, head: u64) -> u64 {
        self.storing
            .values()
            .map(|storing| storing.floor)
            .min()
            .map_or(head, |floor| floor.min(head))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    fn of(session: &str) -> Key {
        Key::Session(SessionId::new(session))
    }

    #[test]
    fn sessions_do_not_wait_for_each_other_but_each_for_itself() {
        let mut flow = Flow::new();
        for (session, work) in [("a", 1), ("a", 2), ("b", 3)] {
            flow.arrive(of(session), work);
        }
        let (key, work) = flow.go().unwrap();
        assert_eq!(work, 1);
        let first = flow.store(key, 10);
        let (key, work) = flow.go().unwrap();
        assert_eq!(work, 3);
        flow.store(key, 10);
        assert_eq!(flow.go(), None);
        assert_eq!(flow.floor(12), 10);
        flow.stored(first);
        assert_eq!(flow.go().unwrap().1, 2);
    }

    #[test]
    fn what_concerns_all_waits_for_all_and_all_wait_for_it() {
        let mut flow = Flow::new();
        flow.arrive(of("a"), 1);
        let (key, _) = flow.go().unwrap();
        let first = flow.store(key, 0);
        flow.arrive(Key::All, 2);
        flow.arrive(of("b"), 3);
        assert_eq!(flow.go(), None);
        flow.stored(first);
        let (key, work) = flow.go().unwrap();
        assert_eq!(work, 2);
        let all = flow.store(key, 1);
        assert_eq!(flow.go(), None);
        flow.stored(all);
        assert_eq!(flow.go().unwrap().1, 3);
        assert_eq!(flow.go(), None);
    }

    #[test]
    fn who_looks_waits_for_what_was_being_stored_and_for_nothing_later() {
        let mut flow = Flow::new();
        flow.arrive(of("a"), 1);
        let (key, _) = flow.go().unwrap();
        let before = flow.store(key, 0);
        flow.arrive(Key::Look, 2);
        assert_eq!(flow.go(), None);
        flow.arrive(of("b"), 3);
        let (key, work) = flow.go().unwrap();
        assert_eq!(work, 3);
        flow.store(key, 0);
        flow.stored(before);
        assert_eq!(flow.go().unwrap().1, 2);
    }

    proptest! {
        #[test]
        fn everything_goes_once_and_in_order_for_each_session(
            arrivals in prop::collection::vec((0..4u8, 0..5u8), 1..60),
            ends in prop::collection::vec(any::<prop::sample::Index>(), 200),
        ) {
            let mut flow = Flow::new();
            for (number, (kind, session)) in arrivals.iter().enumerate() {
                let key = match kind {
                    0 => Key::All,
                    1 => Key::Look,
                    _ => of(&session.to_string()),
                };
                flow.arrive(key.clone(), (number, key));
            }
            let mut gone = Vec::new();
            let mut under_way: HashMap<u64, Key> = HashMap::new();
            let mut ends = ends.into_iter();
            while !flow.is_still() {
                while let Some((key, (number, _))) = flow.go() {
                    for other in under_way.values() {
                        prop_assert!(key == Key::Look || (*other != key && *other != Key::All && key != Key::All));
                    }
                    gone.push((number, key.clone()));
                    if key != Key::Look {
                        under_way.insert(flow.store(key.clone(), 0), key);
                    }
                }
                let numbers: Vec<u64> = under_way.keys().copied().collect();
                if !numbers.is_empty() {
                    let number = ends.next().map_or(numbers[0], |index| *index.get(&numbers));
                    under_way.remove(&number);
                    flow.stored(number);
                }
            }
            prop_assert_eq!(gone.len(), arrivals.len());
            for session in 0..5u8 {
                let of_it: Vec<usize> = gone.iter()
                    .filter(|(_, key)| *key == of(&session.to_string()) || *key == Key::All)
                    .map(|(number, _)| *number)
                    .collect();
                prop_assert!(of_it.is_sorted(), "{:?}", of_it);
            }
        }
    }
}
