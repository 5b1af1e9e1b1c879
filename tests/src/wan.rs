//! A bad network in front of a server.

mod carry;

use std::{
    net::{Ipv4Addr, SocketAddr},
    num::NonZeroU64,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use tokio::{net::TcpListener, runtime, sync::watch, task::JoinSet};

use crate::process::wait_until;

/// How the link is at the moment. The counters tell of what is over before anybody looked.
#[derive(Clone, Copy, Debug)]
struct Weather {
    one_way: Duration,
    rate: Option<NonZeroU64>,
    mode: Mode,
    cuts: u64,
    resets: u64,
    stopped: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Open,
    /// Bytes are held.
    Paused,
    /// Bytes are lost.
    Cut,
}

/// A TCP relay in front of a server, with the delay, the rate and the accidents of a long way.
///
/// It runs in a thread of its own, so it also serves tests that block. It hides the TCP handshake: to connect is
/// quicker than it would be on a real long way. What runs through it ends on drop.
#[derive(Debug)]
pub struct Wan {
    port: u16,
    weather: watch::Sender<Weather>,
    connections: Arc<AtomicUsize>,
    arrived: Arc<AtomicU64>,
    thread: Option<JoinHandle<()>>,
}

impl Wan {
    /// Starts a relay to `upstream` on a free port of 127.0.0.1. Every byte takes `one_way`, in both directions.
    #[must_use]
    pub fn start(upstream: SocketAddr, one_way: Duration) -> Self {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        listener.set_nonblocking(true).expect("a socket of ours");
        let port = listener.local_addr().expect("a bound socket").port();
        let weather =
            Weather { one_way, rate: None, mode: Mode::Open, cuts: 0, resets: 0, stopped: false };
        let (weather, seen) = watch::channel(weather);
        let connections = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&connections);
        let lanes = carry::Lanes::default();
        let arrived = Arc::clone(&lanes.arrived);
        let relay = move || {
            let runtime = runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(serve(listener, upstream, seen, count, lanes));
        };
        let thread = thread::Builder::new().name("wan".to_owned()).spawn(relay);
        Self { port, weather, connections, arrived, thread: Some(thread.expect("a thread")) }
    }

    /// The port that clients connect to.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The address that clients connect to.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// How many connections there are, cut ones included.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// How many bytes have arrived so far, both directions and all connections together.
    #[must_use]
    pub fn arrived(&self) -> u64 {
        self.arrived.load(Ordering::SeqCst)
    }

    /// Waits until so many more bytes have arrived: a place for an accident in the middle of something.
    ///
    /// # Panics
    ///
    /// When they don't come within 20 s.
    pub fn wait_for_bytes(&self, more: u64) {
        let goal = self.arrived().saturating_add(more);
        wait_until("bytes arrive", || self.arrived() >= goal);
    }

    /// Changes the delay of what is sent from now on.
    pub fn set_one_way(&self, one_way: Duration) {
        self.weather.send_modify(|weather| weather.one_way = one_way);
    }

    /// Limits each direction, all connections together, to so many bytes a second.
    ///
    /// # Panics
    ///
    /// When it is 0: that is [`pause`](Self::pause).
    pub fn set_rate(&self, bytes_per_second: u64) {
        let rate = NonZeroU64::new(bytes_per_second).expect("a rate of 0 is pause()");
        self.weather.send_modify(|weather| weather.rate = Some(rate));
    }

    /// Takes the limit away.
    pub fn unset_rate(&self) {
        self.weather.send_modify(|weather| weather.rate = None);
    }

    /// Cuts the link without a word: connections stay open, new ones are accepted, and all bytes are lost, those
    /// on their way included.
    pub fn cut(&self) {
        self.weather.send_modify(|weather| {
            weather.mode = Mode::Cut;
            weather.cuts += 1;
        });
    }

    /// Ends a cut: connections that lost something, or began meanwhile, are reset. The others go on.
    pub fn restore(&self) {
        self.weather.send_if_modified(|weather| {
            let was_cut = weather.mode == Mode::Cut;
            if was_cut {
                weather.mode = Mode::Open;
            }
            was_cut
        });
    }

    /// Holds all bytes back and loses none, as a link does that stalls for a while.
    pub fn pause(&self) {
        self.weather.send_modify(|weather| weather.mode = Mode::Paused);
    }

    /// Lets the bytes flow again that [`pause`](Self::pause) held.
    pub fn resume(&self) {
        self.weather.send_if_modified(|weather| {
            let was_paused = weather.mode == Mode::Paused;
            if was_paused {
                weather.mode = Mode::Open;
            }
            was_paused
        });
    }

    /// Resets every connection that there is, on both sides (TCP RST).
    pub fn reset(&self) {
        self.weather.send_modify(|weather| weather.resets += 1);
    }
}

impl Drop for Wan {
    fn drop(&mut self) {
        self.weather.send_modify(|weather| weather.stopped = true);
        let ended = self.thread.take().map(JoinHandle::join);
        if let Some(Err(panic)) = ended
            && !thread::panicking()
        {
            std::panic::resume_unwind(panic);
        }
    }
}

/// Accepts and carries until the relay is dropped.
async fn serve(
    listener: std::net::TcpListener,
    upstream: SocketAddr,
    mut weather: watch::Receiver<Weather>,
    count: Arc<AtomicUsize>,
    lanes: carry::Lanes,
) {
    let listener = TcpListener::from_std(listener).expect("a socket of ours");
    let mut connections = JoinSet::new();
    let stop = weather.clone();
    let stopped = weather.wait_for(|weather| weather.stopped);
    tokio::pin!(stopped);
    loop {
        tokio::select! {
            _ = &mut stopped => return,
            Some(ended) = connections.join_next() => ended.expect("carrying never panics"),
            accepted = listener.accept() => {
                let (client, _) = accepted.expect("loopback accepts");
                let counted = Counted::new(&count);
                let carried = carry::carry(client, upstream, stop.clone(), lanes.clone());
                connections.spawn(async move {
                    carried.await;
                    drop(counted);
                });
            }
        }
    }
}

/// Counts a connection for as long as it lives.
struct Counted(Arc<AtomicUsize>);

impl Counted {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(count))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}
