use std::{
    future,
    io::{self, ErrorKind},
    net::SocketAddr,
    num::NonZeroU64,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpStream,
        tcp::{ReadHalf, WriteHalf},
    },
    sync::{mpsc, watch},
    time::{Instant, sleep_until},
};

use super::{Mode, Weather};

/// The largest parcel. With `ON_THE_WAY` it bounds what a direction holds to 16 MiB: 640 MB/s at 25 ms.
const PARCEL: usize = 16 * 1024;
/// How many parcels may be on their way in one direction of a connection.
const ON_THE_WAY: usize = 1024;

/// Bytes on their way; none mean that the sender has closed its side.
struct Parcel {
    due: Instant,
    /// How many cuts there had been when it left: one more, and it is lost.
    cuts: u64,
    bytes: Vec<u8>,
}

/// What all connections of a link share: when each direction is free for the next byte, where there is a rate,
/// and how many bytes have arrived.
#[derive(Clone, Debug, Default)]
pub(super) struct Lanes {
    up: Lane,
    down: Lane,
    pub(super) arrived: Arc<AtomicU64>,
}

type Lane = Arc<Mutex<Option<Instant>>>;

/// Why a connection is carried no further.
#[derive(PartialEq, Eq)]
enum End {
    /// Both sides have closed, and everything has arrived.
    Done,
    /// One side broke off, or the link did.
    Reset,
}

/// Carries one connection to its end.
pub(super) async fn carry(
    mut client: TcpStream,
    upstream: SocketAddr,
    weather: watch::Receiver<Weather>,
    lanes: Lanes,
) {
    if weather.borrow().mode == Mode::Cut {
        swallow(&mut client, weather).await;
        reset(&client);
        return;
    }
    let Ok(mut server) = TcpStream::connect(upstream).await else {
        reset(&client);
        return;
    };
    for stream in [&client, &server] {
        stream.set_nodelay(true).expect("an open socket");
    }
    let lost = AtomicBool::new(false);
    let end = {
        let (client_reads, client_writes) = client.split();
        let (server_reads, server_writes) = server.split();
        let arrived = &lanes.arrived;
        let up = direction(client_reads, server_writes, weather.clone(), &lanes.up, arrived, &lost);
        let down =
            direction(server_reads, client_writes, weather.clone(), &lanes.down, arrived, &lost);
        let flow = async {
            match tokio::try_join!(up, down) {
                Ok(_) if lost.load(Ordering::SeqCst) => future::pending().await,
                Ok(_) => End::Done,
                Err(_) => End::Reset,
            }
        };
        let resets = weather.borrow().resets;
        let is_over = |w: &Weather| {
            w.resets != resets || (w.mode != Mode::Cut && lost.load(Ordering::SeqCst))
        };
        tokio::select! {
            end = flow => end,
            _ = until(weather.clone(), is_over) => End::Reset,
        }
    };
    if end == End::Reset {
        reset(&client);
        reset(&server);
    }
}

/// Takes what a client sends into the void until the link is back.
async fn swallow(client: &mut TcpStream, weather: watch::Receiver<Weather>) {
    let resets = weather.borrow().resets;
    let mut void = vec![0; PARCEL];
    let drain = async {
        while client.read(&mut void).await.is_ok_and(|count| count > 0) {}
        future::pending::<()>().await;
    };
    tokio::select! {
        _ = until(weather, |w| w.mode != Mode::Cut || w.resets != resets) => {}
        () = drain => {}
    }
}

/// Waits for a weather, and returns it.
async fn until(
    mut weather: watch::Receiver<Weather>,
    wanted: impl FnMut(&Weather) -> bool,
) -> Weather {
    let found = weather.wait_for(wanted).await.map(|weather| *weather);
    match found {
        Ok(weather) => weather,
        Err(_) => future::pending().await, // the relay is being dropped, and takes us with it
    }
}

/// Closes with a RST instead of a FIN, when the stream is dropped.
fn reset(stream: &TcpStream) {
    stream.set_zero_linger().expect("an open socket");
}

/// Carries one direction until the sender has closed and all has arrived, or either side broke off.
async fn direction(
    from: ReadHalf<'_>,
    to: WriteHalf<'_>,
    weather: watch::Receiver<Weather>,
    lane: &Lane,
    arrived: &AtomicU64,
    lost: &AtomicBool,
) -> io::Result<()> {
    let (send, receive) = mpsc::channel(ON_THE_WAY);
    let collect = collect(from, send, weather.clone(), lane, lost);
    let deliver = deliver(to, receive, weather, arrived, lost);
    tokio::try_join!(collect, deliver).map(|_| ())
}

/// Reads as the link's rate allows and sends parcels on their way.
async fn collect(
    mut from: ReadHalf<'_>,
    send: mpsc::Sender<Parcel>,
    weather: watch::Receiver<Weather>,
    lane: &Lane,
    lost: &AtomicBool,
) -> io::Result<()> {
    let mut buffer = vec![0; PARCEL];
    loop {
        let size = parcel_size(weather.borrow().rate);
        let read = from.read(buffer.get_mut(..size).unwrap_or_default()).await;
        let now = *weather.borrow();
        if now.mode == Mode::Cut {
            lost.store(true, Ordering::SeqCst);
            match read {
                Ok(count) if count > 0 => continue,
                _ => return Ok(()), // neither an end nor a reset gets through
            }
        }
        let count = read?;
        if let Some(rate) = now.rate {
            sleep_until(reserve(lane, rate, count)).await;
        }
        let due = Instant::now() + now.one_way;
        let bytes = buffer.get(..count).unwrap_or_default().to_vec();
        send.send(Parcel { due, cuts: now.cuts, bytes })
            .await
            .map_err(|_| ErrorKind::BrokenPipe)?;
        if count == 0 {
            return Ok(());
        }
    }
}

/// Books the lane for so many bytes; returns when the last of them has left.
fn reserve(lane: &Lane, rate: NonZeroU64, count: usize) -> Instant {
    let mut free = lane.lock().expect("nobody panics with it");
    let now = Instant::now();
    let start = free.unwrap_or(now).max(now);
    let end = start + Duration::from_secs_f64(count as f64 / rate.get() as f64);
    *free = Some(end);
    end
}

/// With a rate, a parcel is at most what leaves in 10 ms, so that a slow link runs evenly.
fn parcel_size(rate: Option<NonZeroU64>) -> usize {
    let even = rate.and_then(|rate| usize::try_from(rate.get() / 100).ok());
    even.unwrap_or(PARCEL).clamp(1, PARCEL)
}

/// Hands parcels over when they are due.
async fn deliver(
    mut to: WriteHalf<'_>,
    mut receive: mpsc::Receiver<Parcel>,
    weather: watch::Receiver<Weather>,
    arrived: &AtomicU64,
    lost: &AtomicBool,
) -> io::Result<()> {
    while let Some(Parcel { due, cuts, bytes }) = receive.recv().await {
        let is_cut = |w: &Weather| w.cuts != cuts;
        let arrive = async {
            sleep_until(due).await;
            until(weather.clone(), |w| w.mode != Mode::Paused).await;
            if lost.load(Ordering::SeqCst) || is_cut(&weather.borrow()) {
                return Ok(false);
            }
            match bytes.as_slice() {
                [] => to.shutdown().await?,
                bytes => to.write_all(bytes).await?,
            }
            arrived.fetch_add(bytes.len() as u64, Ordering::SeqCst);
            io::Result::Ok(true)
        };
        let has_arrived = tokio::select! {
            has_arrived = arrive => has_arrived?,
            _ = until(weather.clone(), is_cut) => false,
        };
        if !has_arrived {
            lost.store(true, Ordering::SeqCst);
            // During the cut nobody learns of it; afterwards it's too late to go on.
            if weather.borrow().mode != Mode::Cut {
                return Err(ErrorKind::ConnectionReset.into());
            }
        }
    }
    Ok(())
}
