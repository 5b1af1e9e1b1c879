//! The runs of one host.

use std::sync::Arc;

use tokio::sync::OnceCell;

use super::error::RunError;
use super::follow::{Follow, Offsets};
use super::job::Job;
use super::launch::Prepared;
use super::look::{Facts, Standing, facts};
use super::scripts::{self, Header};
use super::spare::Spare;
use crate::seam::RunId;
use crate::transport::{Call, Connection};

/// Says where the runs are: a login shell knows it.
///
/// XDG's specification wants a path that isn't absolute ignored.
const WHERE: &str = "case ${XDG_STATE_HOME-} in /*) ;; *) XDG_STATE_HOME=$HOME/.local/state;; esac; printf %s \"$XDG_STATE_HOME/baton/runs\"";

/// Launches, follows and stops runs on one host; cheap to clone.
#[derive(Clone, Debug)]
pub struct Runs {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    connection: Connection,
    root: OnceCell<Vec<u8>>,
    spare: Option<Arc<Spare>>,
}

impl Runs {
    /// Those behind `connection`. After the first launch a channel is kept ready for the next one, for a minute.
    pub fn new(connection: Connection) -> Self {
        Self::with(connection, Some(Arc::default()))
    }

    /// The same for who launches one and goes: no channel is kept ready.
    pub fn for_one(connection: Connection) -> Self {
        Self::with(connection, None)
    }

    fn with(connection: Connection, spare: Option<Arc<Spare>>) -> Self {
        Self { inner: Arc::new(Inner { connection, root: OnceCell::new(), spare }) }
    }

    /// The connection to the host.
    pub fn connection(&self) -> &Connection {
        &self.inner.connection
    }

    /// The directory of the runs; the host is asked once.
    pub(super) async fn root(&self) -> Result<&[u8], RunError> {
        let ask = async {
            let answer = self.inner.connection.call(Call::new(WHERE)).await?;
            if answer.status == 0 && answer.stdout.starts_with(b"/") {
                return Ok(answer.stdout);
            }
            let host = self.inner.connection.host().clone();
            let said = String::from_utf8_lossy(&answer.stdout).into_owned();
            Err(RunError::Odd { host, said })
        };
        self.inner.root.get_or_try_init(|| ask).await.map(Vec::as_slice)
    }

    /// Launches `job` under the id `run`, and follows it from its first byte.
    ///
    /// # Errors
    ///
    /// [`RunError::InDoubt`]: the link broke meanwhile, and [`Runs::settle`] tells what came of it. With any other error
    /// nothing was launched.
    pub async fn launch(&self, run: &RunId, job: &Job) -> Result<Follow, RunError> {
        let parked = self.launched(run, job, true).await?;
        Ok(Follow::from_the_start(self.clone(), run.clone(), parked))
    }

    /// Launches `job` under the id `run`, and leaves it alone.
    ///
    /// # Errors
    ///
    /// As [`Runs::launch`].
    pub async fn launch_detached(&self, run: &RunId, job: &Job) -> Result<(), RunError> {
        self.launched(run, job, false).await.map(drop)
    }

    async fn launched(
        &self,
        run: &RunId,
        job: &Job,
        follow: bool,
    ) -> Result<super::channel::Parked, RunError> {
        let connection = self.connection();
        let root = self.root().await?;
        let prepared = Prepared::new(connection.host(), root, run, job, follow)?;
        let ready = self.inner.spare.as_ref().and_then(|spare| spare.take(connection));
        let parked = prepared.launch(connection, ready).await;
        if let Some(spare) = &self.inner.spare {
            spare.prepare(connection);
        }
        parked
    }

    /// Follows a run from `offsets` to its end, over whatever happens to the link. Whether there is such a run shows with
    /// the first event. Must be called within a tokio runtime.
    pub fn follow(&self, run: &RunId, offsets: Offsets) -> Follow {
        Follow::from(self.clone(), run.clone(), offsets)
    }

    /// Makes sure that a run was launched or never will be. One round trip.
    ///
    /// After this, [`Standing::Never`] is for ever: a launch that is still on its way starts nothing.
    ///
    /// # Errors
    ///
    /// The way to the host, and [`RunError::Odd`] where its disk takes nothing: nothing is settled then.
    pub async fn settle(&self, run: &RunId) -> Result<Facts, RunError> {
        let header = self.of(run).await?;
        let answer = self.connection().call(Call::new(scripts::settle(&header)?)).await?;
        let host = self.connection().host();
        let found = facts(host, &String::from_utf8_lossy(&answer.stdout))?.pop();
        found.ok_or_else(|| RunError::Odd {
            host: host.clone(),
            said: String::from_utf8_lossy(&answer.stderr).trim().to_owned(),
        })
    }

    /// How a run stands.
    ///
    /// # Errors
    ///
    /// [`RunError::NotFound`], and the way to the host.
    pub async fn state(&self, run: &RunId) -> Result<Facts, RunError> {
        let host = self.connection().host();
        let found = self.look(run.as_str()).await?.pop();
        found
            .filter(|facts| facts.standing != Standing::Absent)
            .ok_or_else(|| RunError::NotFound { host: host.clone(), run: run.clone() })
    }

    /// All runs that are there.
    ///
    /// # Errors
    ///
    /// The way to the host.
    pub async fn list(&self) -> Result<Vec<Facts>, RunError> {
        self.look("").await
    }

    async fn look(&self, ids: &str) -> Result<Vec<Facts>, RunError> {
        let header = Header::default()
            .set("b_root", self.root().await?)?
            .set("b_ids", ids)?
            .set("b_ages", "")?;
        let answer = self.connection().call(Call::new(scripts::list(&header)?)).await?;
        facts(self.connection().host(), &String::from_utf8_lossy(&answer.stdout))
    }

    async fn of(&self, run: &RunId) -> Result<Header, RunError> {
        Ok(Header::default().set("b_root", self.root().await?)?.set("b_id", run.as_str())?)
    }
}
