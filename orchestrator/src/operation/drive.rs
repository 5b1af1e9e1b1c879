//! The driver of one operation: from its turn in the repository to its end.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt;
use tokio::sync::watch;

use super::after;
use super::away::{PAUSE, until_back};
use super::board::Standing;
use super::follow::is_asked_to_stop;
use super::job::Job;
use super::plan::{self, Plan};
use super::queues::Turn;
use super::repository;
use super::work::Workshop;
use crate::failure::{Code, Failure};
use crate::host::Reached;
use crate::run::{self, Follow, Offsets, RunError, Runs};
use crate::seam::{OperationState, RunId};
use crate::store::OperationRecord;

/// The engine ends before the operation does: the next one takes it up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ending;

/// Drives an operation to its end, or until the engine ends. `turn` is the repository that it had when a former engine ended.
pub(super) async fn drive(shop: Arc<Workshop>, id: String, turn: Option<Turn>) {
    // What this driver holds is lost with it; what is needed is in the store.
    let driven = AssertUnwindSafe(Driver::drive(&shop, &id, turn)).catch_unwind().await;
    let state = match driven {
        Ok(Ok(state)) => state,
        Ok(Err(Ending)) => return,
        Err(_) => {
            let message = "Baton broke off while it followed the operation";
            let why = Failure::new(Code::Internal, message)
                .hint("`baton logs` says where; please report it. What runs on the host goes on");
            OperationState::Failed { why }
        }
    };
    // It isn't told before it is stored; a disk that is full now may have room in a while.
    while let Err(failure) = shop.finish(&id, &state).await {
        tracing::error!(%id, %failure, "the end of an operation can't be stored");
        tokio::select! {
            () = tokio::time::sleep(PAUSE) => {}
            () = shop.ended() => return,
        }
    }
    sweep(&shop, &id).await;
}

/// Removes what is left on the host of this operation, and of others there that are over.
async fn sweep(shop: &Workshop, id: &str) {
    let Some(Standing { record: OperationRecord { place, .. }, .. }) = shop.board.standing(id)
    else {
        return;
    };
    let over = shop.board.records(|record| {
        let is_ours = record.run.is_some() && !record.swept && record.place == place;
        is_ours && record.operation.state.is_over()
    });
    let runs = shop.runs(&place);
    for record in over {
        let Some(run) = &record.run else { continue };
        let gone = match runs.remove(run).await {
            Ok(gone) => gone,
            Err(error) => {
                tracing::debug!(%run, %error, "what an operation has left on its host stays for now");
                return;
            }
        };
        if gone
            && let Err(failure) =
                shop.change(&record.operation.id, |record| record.swept = true).await
        {
            tracing::debug!(%run, %failure, "it is swept again the next time");
        }
    }
}

/// The driver of one operation.
pub(super) struct Driver<'a> {
    pub(super) shop: &'a Arc<Workshop>,
    pub(super) id: &'a str,
    pub(super) stop: watch::Receiver<bool>,
    pub(super) tape: super::tape::Tape,
}

/// What came of a launch.
enum Launched {
    /// It is to be followed.
    Yes(Follow),
    /// It may have been.
    InDoubt,
}

impl<'a> Driver<'a> {
    async fn drive(
        shop: &'a Arc<Workshop>,
        id: &'a str,
        turn: Option<Turn>,
    ) -> Result<OperationState, Ending> {
        // One that is gone was forgotten just now.
        let Some(Standing { record, tape, stop }) = shop.board.standing(id) else {
            return Err(Ending);
        };
        let mut driver = Self { shop, id, stop, tape };
        match driver.work(record, turn).await {
            Ok(Ok(state)) => Ok(state),
            Ok(Err(why)) => Ok(OperationState::Failed { why }),
            Err(ending) => Err(ending),
        }
    }

    pub(super) fn is_stopping(&self) -> bool {
        *self.stop.borrow()
    }

    async fn work(
        &mut self,
        record: OperationRecord,
        turn: Option<Turn>,
    ) -> Result<Result<OperationState, Failure>, Ending> {
        let work = &record.operation.work;
        let reached = match self.shop.reach.reach(plan::at(work)).await {
            Ok(reached) if reached.place == record.place => Ok(reached),
            Ok(reached) => {
                let message = match reached.place.id == record.place.id {
                    true => {
                        format!("{} was edited, and may be another machine now", record.place.id)
                    }
                    false => format!("the host is now {}", reached.place.id),
                };
                Err(Failure::new(Code::Conflict, message))
            }
            Err(why) => Err(why),
        };
        let (mut reached, may_launch) = match reached {
            Ok(reached) => (reached, Ok(())),
            // What was begun stays where it is, whatever became of its session or its host.
            Err(why) if record.run.is_some() => (self.remembered(&record), Err(why)),
            Err(why) if record.operation.state == OperationState::Waiting => {
                return Ok(Err(not_begun(&why)));
            }
            // Only a transfer has no run and was begun all the same.
            Err(why) => {
                let hint = "A part of it may have arrived; begin it again where it should go";
                return Ok(Err(why.hint(hint)));
            }
        };
        if let Some(directory) = &record.operation.directory {
            reached.directory = Some(directory.0.clone());
        }
        match plan::plan(work, &reached, &*self.shop.reach) {
            Ok(Plan::Job(job)) => self.job(record, reached, *job, turn, may_launch).await,
            Ok(Plan::Transfer) => self.transfer(record, &reached).await,
            Err(why) => Ok(Err(why)),
        }
    }

    /// The place of an operation that was begun, without the environment that a launch needs.
    fn remembered(&self, record: &OperationRecord) -> Reached {
        Reached {
            place: record.place.clone(),
            connection: self.shop.reach.connection(&record.place),
            directory: None,
            env: std::collections::BTreeMap::new(),
            session: record.operation.session.clone(),
        }
    }

    async fn job(
        &mut self,
        record: OperationRecord,
        reached: Reached,
        job: Job,
        mut turn: Option<Turn>,
        may_launch: Result<(), Failure>,
    ) -> Result<Result<OperationState, Failure>, Ending> {
        let _hold = reached.connection.hold();
        let runs = self.shop.runs(&record.place);
        let mut begun = record.run.clone();
        if job.is_git && turn.is_none() {
            turn = match self.turn(&record, &reached).await? {
                Ok(turn) => turn,
                Err(why) => return Ok(Err(why)),
            };
        }
        let follow = loop {
            match begun.take() {
                None if self.is_stopping() => return Ok(Ok(OperationState::Stopped)),
                None => {
                    if let Err(why) = &may_launch {
                        return Ok(Err(not_begun(why)));
                    }
                    let run = RunId::random();
                    if let Err(why) = self.begins(&run).await {
                        return Ok(Err(why));
                    }
                    match self.launch(&runs, &run, &job.run).await? {
                        Ok(Launched::Yes(follow)) => {
                            self.launched().await;
                            break follow;
                        }
                        Ok(Launched::InDoubt) => begun = Some(run),
                        Err(why) => return Ok(Err(why)),
                    }
                }
                Some(run) => {
                    if self.was_launched(&runs, &run).await? {
                        if !record.launched {
                            self.launched().await;
                        }
                        // What was told is heard again from its first byte, by a reader that is new.
                        let offsets = Offsets { out: self.tape.end(), err: 0 };
                        break runs.follow(&run, offsets);
                    }
                    if record.launched || self.tape.end() > 0 {
                        return Ok(Err(forgotten(&record)));
                    }
                }
            }
        };
        let ended = self.follow(&runs, follow, job.reader, job.is_git, &mut turn).await?;
        drop(turn);
        Ok(match ended {
            Ok(OperationState::Done { outcome }) => {
                let outcome = after::after(self.shop, &record, outcome).await;
                Ok(OperationState::Done { outcome })
            }
            other => other,
        })
    }

    /// Waits for its turn in its repository; `None` where there is none.
    async fn turn(
        &mut self,
        record: &OperationRecord,
        reached: &Reached,
    ) -> Result<Result<Option<Turn>, Failure>, Ending> {
        let known = match (&record.repository, &record.run) {
            (Some(known), _) => Some(known.clone()),
            // It is at work: whoever comes next waits for it, as far as we know them.
            (None, Some(_)) => return Ok(Ok(None)),
            (None, None) => {
                let asked = tokio::select! {
                    asked = repository::of(reached) => asked,
                    () = self.shop.ended() => return Err(Ending),
                };
                match asked {
                    Ok(found) => found,
                    Err(why) => return Ok(Err(why)),
                }
            }
        };
        let Some(repository) = known else { return Ok(Ok(None)) };
        if record.repository.is_none()
            && let Err(why) =
                self.shop.change(self.id, |one| one.repository = Some(repository.clone())).await
        {
            return Ok(Err(why));
        }
        let mut stop = self.stop.clone();
        tokio::select! {
            turn = self.shop.queues.turn(&repository) => Ok(Ok(Some(turn))),
            // There is nothing yet to be stopped: what is told of it is up to the caller.
            _ = is_asked_to_stop(&mut stop) => Ok(Ok(None)),
            () = self.shop.ended() => Err(Ending),
        }
    }

    /// Stores that it begins under the id of `run`: only after that it is launched.
    async fn begins(&self, run: &RunId) -> Result<(), Failure> {
        let begins = |record: &mut OperationRecord| {
            record.run = Some(run.clone());
            record.operation.state = OperationState::Running;
        };
        self.shop.change(self.id, begins).await?;
        self.shop.board.heard(self.id);
        Ok(())
    }

    /// Stores that its run was launched.
    async fn launched(&self) {
        if let Err(failure) = self.shop.change(self.id, |record| record.launched = true).await {
            // It is at work all the same; its host says so as long as it remembers it.
            tracing::warn!(id = self.id, %failure, "the launch of an operation can't be stored");
        }
    }

    async fn launch(
        &self,
        runs: &Runs,
        run: &RunId,
        job: &run::Job,
    ) -> Result<Result<Launched, Failure>, Ending> {
        let launched = tokio::select! {
            launched = runs.launch(run, job) => launched,
            // The next engine finds out what came of it.
            () = self.shop.ended() => return Err(Ending),
        };
        match launched {
            Ok(follow) => Ok(Ok(Launched::Yes(follow))),
            Err(error @ RunError::InDoubt { .. }) => {
                until_back(self.shop, self.id, runs.connection(), error).await?;
                Ok(Ok(Launched::InDoubt))
            }
            Err(error) => Ok(Err(error.into())),
        }
    }

    /// Makes sure that a run was launched or never will be, however long the way to its host is broken.
    async fn was_launched(&self, runs: &Runs, run: &RunId) -> Result<bool, Ending> {
        use crate::run::Standing;
        let facts = loop {
            let settled = tokio::select! {
                settled = runs.settle(run) => settled,
                () = self.shop.ended() => return Err(Ending),
            };
            match settled {
                Ok(facts) => break facts,
                Err(error) => until_back(self.shop, self.id, runs.connection(), error).await?,
            }
        };
        self.shop.back(self.id);
        // Of one that is over, its end is to be told.
        if matches!(facts.standing, Standing::Running) {
            self.shop.board.heard(self.id);
        }
        Ok(match facts.standing {
            Standing::Never | Standing::Absent | Standing::Staged => false,
            Standing::Running | Standing::Exited(_) | Standing::Unknown | Standing::Broken => true,
        })
    }
}

/// An operation that isn't begun any more, because of `why`.
fn not_begun(why: &Failure) -> Failure {
    Failure::new(why.code, format!("it was not begun: {}", why.message))
        .hint("Nothing was done; begin it again where it should run")
}

/// One that was launched, of which its host knows nothing any more.
fn forgotten(record: &OperationRecord) -> Failure {
    let host = &record.operation.host;
    let message = format!("nobody knows how it ended: {host} has kept nothing of it");
    Failure::new(Code::Internal, message)
        .hint("It was begun, and is not begun again; look what has come of it there")
        .on(host.clone())
}
