//! Keeping a run driven: where its driver breaks off though the engine goes on, the run is taken up again.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures::FutureExt;

use super::back::PAUSE;
use super::drivers::{Begin, Given, Wish, give_back};
use super::report::{Ending, Reporter};
use super::{talker, turn};
use crate::failure::{Code, Failure};
use crate::session::desk::in_doubt;
use crate::session::fact::FactBody;
use crate::session::turn::End;
use crate::store::RunState;

/// How often a run is taken up again: what breaks off each time does so for a reason that stays.
const MOST: u32 = 5;

/// Drives a run to its end, or until the engine ends.
pub async fn keep(mut given: Given, begin: Begin) {
    let mut next: Result<_, Failure> = Ok(Some(begin));
    let mut broken = 0;
    loop {
        let why = match next {
            Ok(Some(begin)) => match tried(Box::pin(drive(&mut given, begin))).await {
                Tried::Done => return leave(&mut given).await,
                Tried::Broke(_) if given.world.is_ending() => {
                    tracing::debug!(run = %given.run, "a run is left to the next engine");
                    return;
                }
                Tried::Broke(why) => why,
            },
            // It is over, or nobody has it any more.
            Ok(None) => return leave(&mut given).await,
            Err(failure) => failure.to_string(),
        };
        broken += 1;
        tracing::error!(run = %given.run, %why, broken, "the driver of a run broke off");
        let Some(pause) = pause_after(broken) else { return give_up(&mut given).await };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = given.world.ended() => return,
        }
        next = again(&mut given).await;
    }
}

async fn drive(given: &mut Given, begin: Begin) -> Result<(), Ending> {
    if given.entry.session.talks {
        talker::drive(given, begin).await
    } else {
        turn::drive(given, begin).await
    }
}

/// What came of driving a run.
#[derive(Debug, PartialEq, Eq)]
enum Tried {
    /// All is told.
    Done,
    /// It broke off, and that is why.
    Broke(String),
}

async fn tried(driving: impl Future<Output = Result<(), Ending>>) -> Tried {
    // A driver's own state is lost with it; what another one begins with is in the store.
    match AssertUnwindSafe(driving).catch_unwind().await {
        Ok(Ok(())) => Tried::Done,
        Ok(Err(Ending)) => Tried::Broke("it ended without a last word".into()),
        Err(panic) => Tried::Broke(words(&*panic)),
    }
}

fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a panic".into())
}

/// The pause before the run is taken up again; `None` when that is of no use.
fn pause_after(broken: u32) -> Option<Duration> {
    (broken <= MOST).then(|| PAUSE * 2_u32.pow(broken - 1))
}

/// Where to go on; `None` when there is nothing to drive any more.
async fn again(given: &mut Given) -> Result<Option<Begin>, Failure> {
    let Some(entry) = given.desk.entry(given.entry.session.id.clone()).await? else {
        return Ok(None);
    };
    let Some(record) = given.world.store.run(&given.run).await? else { return Ok(None) };
    given.entry = entry;
    Ok(match record.state {
        RunState::Launching | RunState::Running => {
            let order = in_doubt(&given.entry, &record);
            Some(Begin::TakeUp { record: Box::new(record), order })
        }
        RunState::Ended | RunState::Left | RunState::Never => None,
    })
}

/// What was said to the driver in its last moments goes to its successor.
async fn leave(given: &mut Given) {
    given.wishes.close();
    while let Some(wish) = given.wishes.recv().await {
        if let Wish::Prompt(order) = wish {
            give_back(&given.desk, *order).await;
        }
    }
}

/// Nobody can follow the run: it is ended, and its turn with it.
async fn give_up(given: &mut Given) {
    let (world, run) = (given.world.clone(), given.run.clone());
    if let Some(place) = &given.place
        && let Err(failure) = world.runs(place).stop(&run).await
    {
        tracing::warn!(%run, %failure, "an agent goes on that nobody follows");
    }
    if let Ok(Some(entry)) = given.desk.entry(given.entry.session.id.clone()).await {
        given.entry = entry;
    }
    let mut turns = given.entry.session.tabs.iter().filter_map(|tab| tab.turn.as_ref());
    let under_way = turns.find(|turn| turn.run == run && turn.status.is_none());
    let body = match under_way {
        Some(turn) => {
            let failure = Failure::new(
                Code::Internal,
                format!("Baton broke off each time it followed run {run}"),
            )
            .hint("`baton logs` says where; please report it. Sending again starts the agent anew");
            let end = End::failed(failure, false, Some(RunState::Left));
            FactBody::Ended { turn: turn.id.clone(), end }
        }
        None => FactBody::RunEnded { run, state: RunState::Left, status: None },
    };
    let (desk, session) = (given.desk.clone(), given.entry.session.id.clone());
    let report = Reporter { world, desk, session };
    report.tell(body).await.ok(); // The engine ends: the next one tries again.
    leave(given).await;
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic)]

    use super::*;

    #[tokio::test]
    async fn a_driver_that_breaks_off_is_noticed_and_what_it_said_last_is_kept() {
        assert_eq!(tried(async { Ok(()) }).await, Tried::Done);
        let silent = tried(async { Err(Ending) }).await;
        assert_eq!(silent, Tried::Broke("it ended without a last word".into()));
        let number = 7;
        assert_eq!(
            tried(async { panic!("odd number {number}") }).await,
            Tried::Broke("odd number 7".into())
        );
        assert_eq!(tried(async { panic!("odd") }).await, Tried::Broke("odd".into()));
    }

    #[test]
    fn a_run_is_taken_up_again_after_growing_pauses_and_not_for_ever() {
        let pauses: Vec<u64> = (1..).map_while(pause_after).map(|pause| pause.as_secs()).collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16]);
    }
}
