//! What a terminal shows, for everybody who follows it, and who of them answers its program.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, watch};

use super::ring::{Ring, Room};
use super::scan::{Modes, Said};
use crate::failure::Failure;
use crate::seam::Delivery;

/// What is kept in memory: 50,000 lines above the screen and one of 1,000 lines, whatever is short of 16 MiB; who reads more slowly
/// than it is printed may be so far behind.
const KEPT: Room = Room { bytes: 4 << 20, lines: 51_000, most: 16 << 20 };

/// How long the questions of a fresh shell wait for somebody who answers them: a window's tab is there sooner.
const ANSWERS_WAIT: Duration = Duration::from_secs(5);

/// What is kept of former shells: some thousand lines.
const MOST_ABOVE: usize = 1 << 20;

/// Questions for colours that wait for a follower; a program asks two or three when it begins.
const MOST_LEFT: usize = 16;

/// Over what a follower is told.
pub(super) type Deliveries = mpsc::Sender<Result<Delivery, Failure>>;

/// A follower's number.
pub(super) type FollowerId = u64;

#[derive(Debug)]
struct State {
    ring: Ring,
    /// Counts up when everything is drawn anew.
    drawn: u64,
    in_sight: u64,
    /// What shells before this one showed, for the drawings of this one.
    above: Vec<u8>,
    /// Those who would answer, in the order of their coming.
    answering: Vec<(FollowerId, Deliveries)>,
    /// From here on it is told once more to who answers now: who was asked has left without reading it.
    again: Option<u64>,
    next_follower: FollowerId,
    /// Questions before this place are answered, or nobody's any more.
    answered: u64,
    opened: Instant,
    tmux_answers: bool,
    /// Where questions stand that tmux leaves to whoever shows the terminal: it has no colours of its own.
    left: VecDeque<Range<u64>>,
    /// The last of them that somebody was asked.
    asked: VecDeque<Range<u64>>,
}

impl State {
    /// Whether from there on something may ask: every question begins with ESC, or is ENQ.
    fn asks_from(&self, offset: u64) -> bool {
        let most = usize::try_from(self.ring.end() - offset).unwrap_or(usize::MAX);
        let read = self.ring.read(offset, most);
        read.is_none_or(|bytes| memchr::memchr2(0x1b, 0x05, &bytes).is_some())
    }
}

/// Output, from its beginning or the last drawing on.
#[derive(Debug)]
pub(super) struct Shown {
    state: Mutex<State>,
    changed: watch::Sender<u64>,
}

/// Where a follower is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct At {
    drawn: u64,
    offset: u64,
    /// Before this it is a replay.
    live_from: u64,
}

/// What a follower is told next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    Restart {
        in_sight: u64,
        offset: u64,
        set_up: Vec<u8>,
    },
    Output {
        offset: u64,
        bytes: Vec<u8>,
        replayed: bool,
        answer: bool,
    },
    /// It has everything.
    Nothing,
}

impl Shown {
    pub(super) fn new() -> Self {
        let state = State {
            ring: Ring::new(KEPT),
            drawn: 0,
            in_sight: 0,
            above: Vec::new(),
            answering: Vec::new(),
            again: None,
            next_follower: 0,
            answered: 0,
            opened: Instant::now(),
            tmux_answers: false,
            left: VecDeque::new(),
            asked: VecDeque::new(),
        };
        Self { state: Mutex::new(state), changed: watch::channel(0).0 }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes up with every change.
    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    fn tell(&self) {
        self.changed.send_modify(|count| *count += 1);
    }

    /// Whether the host's tmux answers the questions of programs.
    pub(super) fn set_tmux_answers(&self, answers: bool) {
        self.state().tmux_answers = answers;
    }

    /// Adds what the program printed; returns what OSC 7 said last.
    pub(super) fn push(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        let (mut directory, mut asked) = (None, Vec::new());
        let mut state = self.state();
        state.ring.push(bytes, |said| match said {
            Said::Directory(path) => directory = Some(path.to_vec()),
            Said::ColourQuestion { length, behind } => asked.push((length, behind)),
        });
        let (end, is_late) = (state.ring.end(), state.opened.elapsed() > ANSWERS_WAIT);
        let is_nobodys = state.answering.is_empty() && is_late;
        if state.tmux_answers || is_nobodys {
            state.answered = end;
        }
        if state.tmux_answers && !is_nobodys {
            for (length, behind) in asked {
                let until = end - behind as u64;
                // What came earlier may have been told already; the rest is enough to be asked.
                let from = until.saturating_sub(length as u64).max(end - bytes.len() as u64);
                keep(&mut state.left, from..until);
            }
        }
        drop(state);
        self.tell();
        directory
    }

    /// Draws everything anew.
    pub(super) fn redraw(&self, scrollback: &[u8], in_sight: &[u8]) {
        self.draw(true, scrollback, in_sight);
    }

    /// Draws what is in sight for a moment: what former shells showed comes back with the next [`Self::redraw`].
    pub(super) fn glimpse(&self, in_sight: &[u8]) {
        self.draw(false, &[], in_sight);
    }

    fn draw(&self, with_above: bool, scrollback: &[u8], in_sight: &[u8]) {
        let mut state = self.state();
        state.ring.restart();
        state.drawn += 1;
        if with_above {
            let above = std::mem::take(&mut state.above);
            state.ring.push(&above, |_| ());
            state.above = above;
        }
        state.ring.push(scrollback, |_| ());
        state.in_sight = state.ring.end();
        state.ring.push(in_sight, |_| ());
        state.answered = state.ring.end();
        state.left.clear();
        state.asked.clear();
        state.again = None;
        drop(state);
        self.tell();
    }

    /// How the terminal is set now.
    pub(super) fn modes(&self) -> Modes {
        self.state().ring.now().modes.clone()
    }

    /// The last part of it, for a fresh terminal.
    pub(super) fn last_part(&self, most: usize) -> Vec<u8> {
        self.state().ring.last_part(most)
    }

    /// What shells before this one showed.
    pub(super) fn above(&self) -> Vec<u8> {
        self.state().above.clone()
    }

    /// The same, of a former engine's: it comes with the next [`Self::redraw`].
    pub(super) fn set_above(&self, above: Vec<u8>) {
        self.state().above = above;
    }

    /// Where it ends.
    pub(super) fn end(&self) -> u64 {
        self.state().ring.end()
    }

    /// A new shell begins below what was there: what its program asks is a fresh one's.
    pub(super) fn begin_again(&self) {
        let mut state = self.state();
        state.opened = Instant::now();
        let fresh = [state.ring.now().undo(), b"\r\n".to_vec()].concat();
        state.ring.push(&fresh, |_| ());
        state.above = state.ring.last_part(MOST_ABOVE);
        state.answered = state.ring.end();
        state.left.clear();
        state.asked.clear();
        state.again = None;
        drop(state);
        self.tell();
    }

    /// A new follower; one that would answer says over what it is told: nothing is asked of it once nobody reads that any more.
    pub(super) fn enter(&self, answers: Option<Deliveries>) -> FollowerId {
        let mut state = self.state();
        let id = state.next_follower;
        state.next_follower += 1;
        if let Some(deliveries) = answers {
            state.answering.push((id, deliveries));
        }
        id
    }

    /// A follower has gone, and has read nothing from `unread` on: what was to be answered there is asked of the next one.
    pub(super) fn leave(&self, follower: FollowerId, unread: Option<At>) {
        let mut state = self.state();
        let mut there = state
            .answering
            .iter()
            .filter(|(id, deliveries)| *id == follower || !deliveries.is_closed());
        let was_first = there.next().is_some_and(|(id, _)| *id == follower);
        state.answering.retain(|(id, _)| *id != follower);
        let unread = unread.filter(|at| was_first && at.drawn == state.drawn).map(|at| at.offset);
        let Some(unread) = unread.filter(|offset| *offset < state.ring.end()) else { return };
        if state.tmux_answers {
            let asked = std::mem::take(&mut state.asked);
            let back = asked.into_iter().filter(|asked| asked.end > unread);
            state.left = back.chain(std::mem::take(&mut state.left)).collect();
            if state.left.is_empty() {
                return;
            }
        } else if state.asks_from(unread) {
            state.answered = state.answered.min(unread);
        } else {
            return;
        }
        state.again = Some(unread);
        drop(state);
        self.tell();
    }

    /// What comes next for a follower, at most so many bytes of it: nothing, once nobody reads it. `at` is moved behind that.
    pub(super) fn next(&self, follower: FollowerId, at: &mut Option<At>, most: usize) -> Step {
        let mut state = self.state();
        let mine = state.answering.iter().find(|(id, _)| *id == follower);
        if mine.is_some_and(|(_, deliveries)| deliveries.is_closed()) {
            // It leaves, and what it wasn't told is still to be asked of another one.
            return Step::Nothing;
        }
        let mut there = state.answering.iter().filter(|(_, deliveries)| !deliveries.is_closed());
        let is_first = there.next().is_some_and(|(id, _)| *id == follower);
        let again = state.again.take_if(|_| is_first);
        let here = match *at {
            Some(here)
                if here.drawn == state.drawn && again.is_none_or(|again| here.offset <= again) =>
            {
                here
            }
            Some(_) | None => return restart(&state, at),
        };
        let end = state.ring.end();
        if here.offset >= end {
            return Step::Nothing;
        }
        // A piece is wholly replayed or not, and wholly answered or not.
        let borders = [here.live_from, state.answered];
        let left = state.left.iter().flat_map(|left| [left.start, left.end]);
        let most = borders
            .into_iter()
            .chain(left)
            .filter_map(|border| border.checked_sub(here.offset))
            .filter(|left| *left > 0)
            .fold(most as u64, u64::min);
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let Some(bytes) = state.ring.read(here.offset, most) else { return restart(&state, at) };
        let offset = here.offset;
        let behind = offset + bytes.len() as u64;
        let is_left = state.left.iter().any(|left| left.contains(&offset));
        let answer = if state.tmux_answers {
            is_left && is_first
        } else {
            is_first && offset >= state.answered
        };
        if answer {
            state.answered = state.answered.max(behind);
            let (asked, left) =
                std::mem::take(&mut state.left).into_iter().partition(|left| left.end <= behind);
            state.left = left;
            let asked: VecDeque<_> = asked;
            asked.into_iter().for_each(|asked| keep(&mut state.asked, asked));
        }
        *at = Some(At { offset: behind, ..here });
        Step::Output { offset, bytes, replayed: offset < here.live_from, answer }
    }
}

/// Adds one, and forgets the first where there are too many.
fn keep(places: &mut VecDeque<Range<u64>>, place: Range<u64>) {
    if places.len() == MOST_LEFT {
        places.pop_front();
    }
    places.push_back(place);
}

/// Begins anew, for a follower who has nothing yet or is too slow.
fn restart(state: &State, at: &mut Option<At>) -> Step {
    let (offset, set_up) = state.ring.replay();
    *at = Some(At { drawn: state.drawn, offset, live_from: state.ring.end() });
    Step::Restart { in_sight: state.in_sight.max(offset), offset, set_up }
}

#[cfg(test)]
#[path = "shown_tests.rs"]
mod tests;
