//! The life of a host's connection, as decisions: a state and an input give a state and effects.

use std::time::Duration;

use crate::transport::TransportError;

/// The first wait before a lost connection is tried again; each further one is twice as long.
const FIRST_WAIT: Duration = Duration::from_millis(500);

/// The longest wait.
const LONGEST_WAIT: Duration = Duration::from_secs(16);

/// How far a wait is moved at random, so that many clients of a server that restarts don't come at once.
const SPREAD: f64 = 0.2;

/// Where a connection stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Nobody needs it, or it was closed.
    Closed,
    /// An attempt is under way.
    Connecting {
        /// How many attempts failed before it.
        failed: u32,
    },
    /// It can be used.
    Connected,
    /// It is open, but the host has stopped answering.
    Degraded,
    /// It was lost and will be tried again.
    Reconnecting {
        /// How many attempts failed.
        failed: u32,
        /// How long from now on, when this state was entered.
        wait: Duration,
        /// Why it was lost, or why the last attempt failed.
        why: TransportError,
    },
    /// Trying again is useless until the person has acted.
    Blocked {
        /// What they have to mend.
        why: TransportError,
    },
}

/// What happens to a connection.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// Somebody wants to use it now.
    Asked,
    /// The attempt ended well.
    Opened,
    /// The attempt failed.
    Failed(TransportError),
    /// The last open connection broke.
    Lost(TransportError),
    /// The host left a sign of life unanswered.
    Silent,
    /// The host answered again.
    Heard,
    /// The wait is over.
    WaitEnded,
    /// The person has changed something.
    Acted,
    /// Nobody needs it any more.
    Closed,
}

/// What has to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Make an attempt.
    Dial,
    /// Report [`Input::WaitEnded`] after that long.
    Wait(Duration),
    /// Let those who asked use it.
    Serve,
    /// Tell those who asked why they can't.
    Refuse(TransportError),
    /// Give up what is open.
    Drop,
}

/// What stands around a decision.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Around {
    /// Whether somebody depends on the connection even while nobody asks.
    pub held: bool,
    /// A random number from 0 to 1.
    pub chance: f64,
}

/// Decides what `input` makes of `state`.
pub fn step(state: State, input: Input, around: Around) -> (State, Vec<Effect>) {
    match (state, input) {
        (State::Closed | State::Reconnecting { .. }, Input::Asked) => {
            // A person who asks doesn't wait for the next try.
            (State::Connecting { failed: 0 }, vec![Effect::Dial])
        }
        (State::Connecting { failed }, Input::Asked) => (State::Connecting { failed }, vec![]),
        (state @ (State::Connected | State::Degraded), Input::Asked) => {
            (state, vec![Effect::Serve])
        }
        (State::Blocked { why }, Input::Asked) => {
            (State::Blocked { why: why.clone() }, vec![Effect::Refuse(why)])
        }

        (State::Connecting { .. }, Input::Opened) => (State::Connected, vec![Effect::Serve]),
        (state, Input::Opened) => (state, vec![]),

        (State::Connecting { failed }, Input::Failed(why)) => failed_attempt(failed, why, around),
        (state, Input::Failed(_)) => (state, vec![]),

        (State::Connected | State::Degraded, Input::Lost(why)) => {
            let (state, mut effects) = again(0, why, around);
            effects.insert(0, Effect::Drop);
            (state, effects)
        }
        (state, Input::Lost(_)) => (state, vec![]),

        (State::Connected, Input::Silent) => (State::Degraded, vec![]),
        (state, Input::Silent) => (state, vec![]),
        (State::Degraded, Input::Heard) => (State::Connected, vec![]),
        (state, Input::Heard) => (state, vec![]),

        (State::Reconnecting { failed, .. }, Input::WaitEnded) if around.held => {
            (State::Connecting { failed }, vec![Effect::Dial])
        }
        (State::Reconnecting { .. }, Input::WaitEnded) => (State::Closed, vec![]),
        (state, Input::WaitEnded) => (state, vec![]),

        (State::Blocked { .. } | State::Reconnecting { .. }, Input::Acted) => {
            (State::Connecting { failed: 0 }, vec![Effect::Dial])
        }
        (state, Input::Acted) => (state, vec![]),

        (_, Input::Closed) => (State::Closed, vec![Effect::Drop]),
    }
}

fn failed_attempt(failed: u32, why: TransportError, around: Around) -> (State, Vec<Effect>) {
    let refuse = Effect::Refuse(why.clone());
    if why.needs_a_person() {
        return (State::Blocked { why }, vec![refuse]);
    }
    let (state, mut effects) = again(failed + 1, why, around);
    effects.insert(0, refuse);
    (state, effects)
}

fn again(failed: u32, why: TransportError, around: Around) -> (State, Vec<Effect>) {
    if !around.held {
        return (State::Closed, vec![]);
    }
    let wait = wait(failed, around.chance);
    (State::Reconnecting { failed, wait, why }, vec![Effect::Wait(wait)])
}

/// 0.5 s, doubled for each failed attempt up to 16 s, moved by up to a fifth.
fn wait(failed: u32, chance: f64) -> Duration {
    let plain = FIRST_WAIT.saturating_mul(2_u32.saturating_pow(failed.min(10))).min(LONGEST_WAIT);
    plain.mul_f64(1.0 - SPREAD + 2.0 * SPREAD * chance.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic)]

    use proptest::prelude::*;

    use super::*;
    use crate::host::HostId;

    const HELD: Around = Around { held: true, chance: 0.5 };
    const FREE: Around = Around { held: false, chance: 0.5 };

    fn refused() -> TransportError {
        TransportError::ConnectionRefused { host: HostId::new("box"), said: String::new() }
    }

    fn locked_out() -> TransportError {
        TransportError::AuthRefused { host: HostId::new("box"), asked: None, said: String::new() }
    }

    #[test]
    fn refused_keys_are_never_tried_again_by_themselves() {
        let (state, effects) =
            step(State::Connecting { failed: 0 }, Input::Failed(locked_out()), HELD);
        assert_eq!(state, State::Blocked { why: locked_out() });
        assert_eq!(effects, [Effect::Refuse(locked_out())]);
        let (state, effects) = step(state, Input::Asked, HELD);
        assert_eq!(effects, [Effect::Refuse(locked_out())]);
        let (state, effects) = step(state, Input::WaitEnded, HELD);
        assert!(effects.is_empty());
        let (state, effects) = step(state, Input::Acted, HELD);
        assert_eq!((state, effects), (State::Connecting { failed: 0 }, vec![Effect::Dial]));
    }

    #[test]
    fn those_who_ask_at_once_share_one_attempt() {
        let (state, effects) = step(State::Closed, Input::Asked, FREE);
        assert_eq!(effects, [Effect::Dial]);
        let (_, effects) = step(state, Input::Asked, FREE);
        assert!(effects.is_empty());
    }

    #[test]
    fn waits_grow_from_half_a_second_to_sixteen() {
        let mut state = State::Connected;
        let mut waits = Vec::new();
        let mut input = Input::Lost(refused());
        for _ in 0..8 {
            let (next, _) = step(state, input, HELD);
            let State::Reconnecting { wait, .. } = &next else { panic!("{next:?}") };
            waits.push(wait.as_millis());
            let (connecting, _) = step(next, Input::WaitEnded, HELD);
            state = connecting;
            input = Input::Failed(refused());
        }
        assert_eq!(waits, [500, 1000, 2000, 4000, 8000, 16000, 16000, 16000]);
    }

    #[test]
    fn nobody_reconnects_for_nobody() {
        let (state, effects) = step(State::Connected, Input::Lost(refused()), FREE);
        assert_eq!((state, effects), (State::Closed, vec![Effect::Drop]));
    }

    fn inputs() -> impl Strategy<Value = Input> {
        prop_oneof![
            Just(Input::Asked),
            Just(Input::Opened),
            Just(Input::Failed(refused())),
            Just(Input::Failed(locked_out())),
            Just(Input::Lost(refused())),
            Just(Input::Silent),
            Just(Input::Heard),
            Just(Input::WaitEnded),
            Just(Input::Acted),
            Just(Input::Closed),
        ]
    }

    proptest! {
        #[test]
        fn there_is_never_more_than_one_attempt_and_nobody_is_forgotten(
            inputs in prop::collection::vec((inputs(), any::<bool>(), 0.0..1.0), 1..60),
        ) {
            let mut state = State::Closed;
            let mut dialing = false;
            let mut waiting_askers = false;
            for (input, held, chance) in inputs {
                // An attempt ends only if one is under way.
                if matches!(input, Input::Opened | Input::Failed(_)) {
                    if !dialing { continue; }
                    dialing = false;
                }
                if input == Input::Asked { waiting_askers = true; }
                let (next, effects) = step(state, input.clone(), Around { held, chance });
                for effect in &effects {
                    match effect {
                        Effect::Dial => {
                            // After Closed an old attempt may still be under way; its end is ignored.
                            dialing = true;
                        }
                        Effect::Serve | Effect::Refuse(_) => waiting_askers = false,
                        Effect::Wait(wait) => {
                            prop_assert!(*wait >= Duration::from_millis(400) && *wait <= Duration::from_millis(19_200));
                        }
                        Effect::Drop => if input == Input::Closed { waiting_askers = false; },
                    }
                }
                if waiting_askers {
                    prop_assert!(matches!(next, State::Connecting { .. }), "{next:?} leaves askers waiting");
                }
                state = next;
            }
        }
    }
}
