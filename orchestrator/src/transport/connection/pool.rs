//! The open links of a connection: who has room for one more session, and when a further link is needed.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::mpsc;

use crate::host::HostId;
use crate::transport::{Channel, ChannelRequest, Link, OpenError, Transport, TransportError};

/// How long a link past the first one may stay idle.
const IDLE: Duration = Duration::from_secs(10);

/// How often a further link is tried when the server hangs up on it: `MaxStartups` drops connections of a rush.
const FURTHER_TRIES: u32 = 4;

/// The links. The first one is the connection's; further ones come and go with the number of sessions.
#[derive(Debug)]
pub(super) struct Pool {
    host: HostId,
    transport: Arc<dyn Transport>,
    links: Mutex<Links>,
    /// Held while a further link is made: they come one after another.
    growing: tokio::sync::Mutex<()>,
    lost: mpsc::Sender<TransportError>,
}

#[derive(Debug, Default)]
struct Links {
    open: Vec<Pooled>,
    /// The most sessions that the server was seen to take on a link before it refused one.
    most: Option<usize>,
    next_id: u64,
    /// Counts up when all links are given up, so that an attempt from before can tell.
    generation: u64,
}

#[derive(Debug)]
struct Pooled {
    id: u64,
    link: Arc<dyn Link>,
    /// Sessions that are open or being opened.
    sessions: usize,
    /// Those of them that the server has let in.
    opened: usize,
    /// Whether the server has ever let one in.
    worked: bool,
    /// With so many the server takes no more; unknown until it has refused one.
    full_at: Option<usize>,
    watcher: tokio::task::JoinHandle<()>,
}

impl Drop for Pooled {
    fn drop(&mut self) {
        self.watcher.abort();
    }
}

/// One session's place on a link.
#[derive(Debug)]
struct Place {
    pool: Arc<Pool>,
    id: u64,
    link: Arc<dyn Link>,
    opened: bool,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.pool.leave(self.id, self.opened);
    }
}

impl Pool {
    /// An empty pool; when its last link breaks, `lost` is told why.
    pub(super) fn new(
        host: HostId,
        transport: Arc<dyn Transport>,
        lost: mpsc::Sender<TransportError>,
    ) -> Arc<Self> {
        Arc::new(Self {
            host,
            transport,
            links: Mutex::default(),
            growing: tokio::sync::Mutex::default(),
            lost,
        })
    }

    fn links(&self) -> std::sync::MutexGuard<'_, Links> {
        // Nothing panics while it is held; if something did, the counts are still sound.
        self.links.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Opens one more link.
    pub(super) async fn grow(self: &Arc<Self>) -> Result<(), TransportError> {
        let generation = self.links().generation;
        let link = self.transport.connect().await?;
        let gone = {
            let mut links = self.links();
            if links.generation == generation {
                let id = links.next_id;
                links.next_id += 1;
                let watcher = tokio::spawn(watch(Arc::downgrade(self), id, Arc::clone(&link)));
                let full_at = links.most;
                links.open.push(Pooled {
                    id,
                    link,
                    sessions: 0,
                    opened: 0,
                    worked: false,
                    full_at,
                    watcher,
                });
                return Ok(());
            }
            link
        };
        gone.close().await;
        Err(TransportError::Cancelled { host: self.host.clone() })
    }

    /// Gives all links up.
    pub(super) async fn clear(&self) {
        let open = {
            let mut links = self.links();
            links.generation += 1;
            std::mem::take(&mut links.open)
        };
        for pooled in &open {
            pooled.link.close().await;
        }
    }

    /// The first link, for what takes no session.
    pub(super) fn first(&self) -> Option<Arc<dyn Link>> {
        self.links().open.first().map(|pooled| Arc::clone(&pooled.link))
    }

    /// How many links are open.
    pub(super) fn size(&self) -> usize {
        self.links().open.len()
    }

    /// Opens a channel on a link with room, and on a further link where none has.
    pub(super) async fn open(
        self: &Arc<Self>,
        request: &ChannelRequest,
    ) -> Result<Channel, TransportError> {
        loop {
            let mut place = match self.enter() {
                Some(place) => place,
                None => self.enter_further().await?,
            };
            match place.link.open(request).await {
                Ok(channel) => {
                    self.let_in(&mut place);
                    return Ok(kept_until_its_end(channel, place));
                }
                Err(OpenError::Full) => self.refused(&place)?,
                Err(OpenError::Failed(error)) => return Err(error),
            }
        }
    }

    /// Opens a channel on a link that is there.
    pub(super) async fn open_here(
        self: &Arc<Self>,
        request: &ChannelRequest,
    ) -> Result<Channel, TransportError> {
        let no_room = || TransportError::ConnectionLost {
            host: self.host.clone(),
            said: "no open connection has room".into(),
        };
        let mut place = self.enter().ok_or_else(no_room)?;
        match place.link.open(request).await {
            Ok(channel) => {
                self.let_in(&mut place);
                Ok(kept_until_its_end(channel, place))
            }
            Err(OpenError::Full) => {
                self.refused(&place)?;
                Err(no_room())
            }
            Err(OpenError::Failed(error)) => Err(error),
        }
    }

    /// Takes a place on the fullest link that has room, so that others can empty.
    fn enter(self: &Arc<Self>) -> Option<Place> {
        let mut links = self.links();
        let pooled = links
            .open
            .iter_mut()
            .filter(|pooled| pooled.full_at.is_none_or(|full| pooled.sessions < full))
            .max_by_key(|pooled| pooled.sessions)?;
        pooled.sessions += 1;
        Some(Place {
            pool: Arc::clone(self),
            id: pooled.id,
            link: Arc::clone(&pooled.link),
            opened: false,
        })
    }

    async fn enter_further(self: &Arc<Self>) -> Result<Place, TransportError> {
        let _growing = self.growing.lock().await;
        // Somebody else may have made room while we waited.
        if let Some(place) = self.enter() {
            return Ok(place);
        }
        if self.size() == 0 {
            return Err(TransportError::ConnectionLost {
                host: self.host.clone(),
                said: "no connection is open".into(),
            });
        }
        let mut tried = 0;
        while let Err(error) = self.grow().await {
            tried += 1;
            let hung_up = matches!(
                error,
                TransportError::ConnectionClosed { .. } | TransportError::ConnectionTimedOut { .. }
            );
            if !hung_up || tried == FURTHER_TRIES {
                return Err(error);
            }
            tokio::time::sleep(Duration::from_millis(250) * 2_u32.pow(tried)).await;
        }
        self.enter().ok_or_else(|| TransportError::Cancelled { host: self.host.clone() })
    }

    fn let_in(&self, place: &mut Place) {
        place.opened = true;
        let mut links = self.links();
        let Links { open, most, .. } = &mut *links;
        if let Some(pooled) = open.iter_mut().find(|pooled| pooled.id == place.id) {
            pooled.opened += 1;
            pooled.worked = true;
            // A refusal may be heard of before those who were let in earlier are counted.
            if pooled.full_at.is_some_and(|full| full < pooled.opened) {
                pooled.full_at = Some(pooled.opened);
                *most = (*most).max(Some(pooled.opened));
            }
        }
    }

    /// Learns from a refusal how many sessions fit on a link.
    ///
    /// The first link may be shared with other processes, which fill it, and a server may take a moment to forget
    /// a session that has ended. But where a further link never took any, though nothing else is being opened on
    /// it, none would fare better.
    fn refused(&self, place: &Place) -> Result<(), TransportError> {
        let mut links = self.links();
        let is_further = links.open.first().is_some_and(|first| first.id != place.id);
        let Some(pooled) = links.open.iter_mut().find(|pooled| pooled.id == place.id) else {
            return Ok(());
        };
        let fits = pooled.opened;
        if is_further && !pooled.worked && pooled.sessions == 1 {
            let what = "the server lets us in but starts nothing".to_owned();
            return Err(TransportError::Unsupported { host: self.host.clone(), what });
        }
        pooled.full_at = Some(fits);
        links.most = links.most.max(Some(fits.max(1)));
        tracing::debug!(host = %self.host, fits, "the server takes no more sessions on a connection");
        Ok(())
    }

    fn leave(self: &Arc<Self>, id: u64, opened: bool) {
        let idle = {
            let mut links = self.links();
            let first = links.open.first().map(|pooled| pooled.id);
            let most = links.most;
            let Some(pooled) = links.open.iter_mut().find(|pooled| pooled.id == id) else { return };
            pooled.sessions -= 1;
            if opened {
                pooled.opened -= 1;
                // There is room again; how much is found out anew where others share the connection.
                pooled.full_at = most;
            }
            pooled.sessions == 0 && first != Some(id)
        };
        if idle && let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let pool = Arc::downgrade(self);
            runtime.spawn(async move {
                tokio::time::sleep(IDLE).await;
                if let Some(pool) = pool.upgrade() {
                    pool.drop_if_idle(id).await;
                }
            });
        }
    }

    async fn drop_if_idle(&self, id: u64) {
        let idle = {
            let mut links = self.links();
            let at = links.open.iter().position(|pooled| pooled.id == id && pooled.sessions == 0);
            at.filter(|at| *at > 0).map(|at| links.open.remove(at))
        };
        if let Some(pooled) = idle {
            pooled.link.close().await;
        }
    }

    async fn gone(&self, id: u64, why: TransportError) {
        let was_last = {
            let mut links = self.links();
            links.open.retain(|pooled| pooled.id != id);
            links.open.is_empty()
        };
        if was_last && self.lost.send(why).await.is_err() {
            tracing::trace!(host = %self.host, "a connection broke after its end");
        }
    }
}

async fn watch(pool: std::sync::Weak<Pool>, id: u64, link: Arc<dyn Link>) {
    let why = link.lost().await;
    drop(link);
    if let Some(pool) = pool.upgrade() {
        // In a task of its own: removing the link from the pool ends this one.
        tokio::spawn(async move { pool.gone(id, why).await });
    }
}

/// Keeps the place until the command has ended, also when nobody waits for it: it runs on, and so does its session.
fn kept_until_its_end(channel: Channel, place: Place) -> Channel {
    let Channel { stdin, stdout, stderr, exit, resize, waiter: _ } = channel;
    let host = place.pool.host.clone();
    let ended = tokio::spawn(async move {
        let ended = exit.await;
        drop(place);
        ended
    });
    let waiter = Some(ended.abort_handle());
    let exit = async move {
        ended.await.unwrap_or_else(|error| {
            Err(TransportError::ConnectionLost { host, said: error.to_string() })
        })
    };
    Channel { stdin, stdout, stderr, exit: Box::pin(exit), resize, waiter }
}
