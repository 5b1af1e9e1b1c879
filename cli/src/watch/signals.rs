//! The signals that end watching.

use orchestrator::failure::{Code, Failure};
use tokio::signal::unix::SignalKind;
use tokio::sync::mpsc;

use crate::heard::Heard;

/// What a signal tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// Ctrl-C, with its number.
    Interrupt(u8),
    /// To go, with the number.
    Leave(u8),
}

/// Listens from now on: these signals don't end us any more. Those that were ignored stay so.
///
/// # Errors
///
/// When the system refuses.
pub fn signals() -> Result<mpsc::Receiver<Told>, Failure> {
    let on = |kind| {
        Heard::on(kind).map_err(|error| {
            Failure::new(Code::Internal, format!("could not listen for signals: {error}"))
        })
    };
    let mut interrupt = on(SignalKind::interrupt())?;
    let mut terminate = on(SignalKind::terminate())?;
    let mut hangup = on(SignalKind::hangup())?;
    // Nobody presses Ctrl-C faster than it is taken.
    let (sender, receiver) = mpsc::channel(8);
    tokio::spawn(async move {
        loop {
            let told = tokio::select! {
                _ = interrupt.recv() => Told::Interrupt(number(SignalKind::interrupt())),
                _ = terminate.recv() => Told::Leave(number(SignalKind::terminate())),
                _ = hangup.recv() => Told::Leave(number(SignalKind::hangup())),
            };
            if sender.send(told).await.is_err() {
                return;
            }
        }
    });
    Ok(receiver)
}

/// The number of a signal: what ends by it has the status 128 more.
pub fn number(kind: SignalKind) -> u8 {
    u8::try_from(kind.as_raw_value()).unwrap_or(u8::MAX)
}
