//! Reporting facts, and reporting them again until they are stored.

use std::sync::Arc;
use std::time::Duration;

use super::trouble::Trouble;
use crate::run::RunError;
use crate::seam::{SessionId, TurnId};
use crate::session::desk::DeskHandle;
use crate::session::fact::{Fact, FactBody};
use crate::session::world::World;

/// The first pause before a fact that couldn't be stored is reported again; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// The longest such pause: a disk that was full is found empty again so soon.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// The engine ends: what isn't stored is found out again by the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ending;

/// Reports facts of one session.
#[derive(Clone, Debug)]
pub struct Reporter {
    /// What stands around.
    pub world: Arc<World>,
    /// Where facts go.
    pub desk: DeskHandle,
    /// Whose facts they are.
    pub session: SessionId,
}

impl Reporter {
    /// Tells of something that fails and was not told before; of a run that carries no turn only the log says it.
    ///
    /// # Errors
    ///
    /// [`Ending`], as [`Reporter::tell`].
    pub async fn trouble(
        &self,
        turn: Option<&TurnId>,
        trouble: &mut Trouble,
        error: &RunError,
    ) -> Result<(), Ending> {
        let Some(failure) = trouble.news(error) else { return Ok(()) };
        let Some(turn) = turn.cloned() else {
            tracing::warn!(session = %self.session, %failure, "something fails between two turns");
            return Ok(());
        };
        let recoverable = !matches!(error, RunError::Left { .. });
        self.tell(FactBody::Trouble { turn, failure, recoverable }).await
    }

    /// Reports a fact until it is stored. Nothing else happens meanwhile: what comes of it counts only then.
    ///
    /// # Errors
    ///
    /// [`Ending`], when it can't be stored before the engine ends.
    pub async fn tell(&self, body: FactBody) -> Result<(), Ending> {
        let mut pause = FIRST_PAUSE;
        loop {
            let fact = Fact { session: self.session.clone(), body: body.clone() };
            match self.desk.fact(fact).await {
                Ok(()) => return Ok(()),
                Err(_) if self.world.is_ending() => return Err(Ending),
                Err(error) => {
                    tracing::error!(session = %self.session, %error, "what happened could not be stored; trying again");
                }
            }
            tokio::select! {
                () = tokio::time::sleep(pause) => pause = (pause * 2).min(LONGEST_PAUSE),
                () = self.world.ended() => return Err(Ending),
            }
        }
    }
}
