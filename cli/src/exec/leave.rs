//! The signals that a program in the foreground gets.

use orchestrator::failure::Failure;
use tokio::signal::unix::SignalKind;

use crate::heard::Heard;

/// Listens for them until it is dropped.
#[derive(Debug)]
pub struct Leaving {
    interrupt: Heard,
    terminate: Heard,
    hangup: Heard,
    quit: Heard,
    user1: Heard,
    user2: Heard,
}

impl Leaving {
    /// From now on they don't end us. Those that were ignored stay so.
    ///
    /// # Errors
    ///
    /// When the system refuses.
    pub fn listen() -> Result<Self, Failure> {
        let on = |kind| Heard::on(kind).map_err(|error| super::no_signals(&error));
        Ok(Self {
            interrupt: on(SignalKind::interrupt())?,
            terminate: on(SignalKind::terminate())?,
            hangup: on(SignalKind::hangup())?,
            quit: on(SignalKind::quit())?,
            user1: on(SignalKind::user_defined1())?,
            user2: on(SignalKind::user_defined2())?,
        })
    }

    /// The next one: its number here, and its name.
    pub async fn next(&mut self) -> (u8, &'static str) {
        let (kind, name) = tokio::select! {
            _ = self.interrupt.recv() => (SignalKind::interrupt(), "INT"),
            _ = self.terminate.recv() => (SignalKind::terminate(), "TERM"),
            _ = self.hangup.recv() => (SignalKind::hangup(), "HUP"),
            _ = self.quit.recv() => (SignalKind::quit(), "QUIT"),
            _ = self.user1.recv() => (SignalKind::user_defined1(), "USR1"),
            _ = self.user2.recv() => (SignalKind::user_defined2(), "USR2"),
        };
        (u8::try_from(kind.as_raw_value()).unwrap_or(u8::MAX), name)
    }

    /// The number of the first one that ends us, before there is a program to pass it on to.
    pub async fn first(&mut self) -> u8 {
        self.next().await.0
    }
}
