#![allow(clippy::unwrap_used)]

use std::sync::Mutex;

use super::*;
use crate::host::HostId;

fn host() -> HostId {
    HostId::new("box")
}

/// Sends each signal to a host that answers so, the last answer first; and notes what was sent.
fn answers<'a>(
    answers: &'a Mutex<Vec<Result<(), RunError>>>,
    sent: &'a Mutex<Vec<Wanted>>,
) -> impl Fn(Wanted) -> JoinHandle<Result<(), RunError>> + use<'a> {
    |wanted| {
        sent.lock().unwrap().push(wanted);
        let answer = answers.lock().unwrap().pop().unwrap();
        tokio::spawn(async move { answer })
    }
}

#[tokio::test(start_paused = true)]
async fn a_signal_that_fails_is_sent_again_until_it_is_taken_though_the_link_never_breaks() {
    let odd = || Err(RunError::Odd { host: host(), said: "?".into() });
    let (sent, script) = (Mutex::default(), Mutex::new(vec![Ok(()), odd(), odd()]));
    let mut signal = Signal::new();
    signal.want(Wanted::Interrupt);
    let begin = Instant::now();
    for is_taken in [false, false, true] {
        assert_eq!(signal.sent_by(answers(&script, &sent)).await.is_ok(), is_taken);
        assert!(!signal.is_under_way());
    }
    assert_eq!(*sent.lock().unwrap(), [Wanted::Interrupt; 3]);
    assert_eq!(begin.elapsed(), PAUSE * 2);
}

#[tokio::test(start_paused = true)]
async fn what_outlives_a_stop_is_told_and_not_stopped_for_ever() {
    let run = RunId::new("r");
    let left = RunError::Left { host: host(), run, pids: "7".into() };
    let (sent, script) = (Mutex::default(), Mutex::new(vec![Err(left.clone())]));
    let mut signal = Signal::new();
    signal.want(Wanted::Stop);
    assert_eq!(signal.sent_by(answers(&script, &sent)).await, Err(left.clone()));
    assert!(signal.trouble.news(&left).is_some());
    assert!(!signal.is_under_way());
    // A person may want it again, and hears of it again.
    script.lock().unwrap().push(Err(left.clone()));
    signal.want(Wanted::Stop);
    assert_eq!(signal.sent_by(answers(&script, &sent)).await, Err(left.clone()));
    assert!(signal.trouble.news(&left).is_some());
}
