//! Which form a host's files are reached in: its shell, or sftp where the shell runs nothing.
//!
//! That is asked once for each place, by a call that does nothing, before anything is wished of its files: nothing that was
//! begun in one form goes on in the other. An answer that nobody gave, because the link was lost, decides nothing.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::form::Files;
use super::sftp::SftpFiles;
use super::sftp_session::{Refused, Session};
use super::shell::ShellFiles;
use crate::failure::Failure;
use crate::host::{Place, Reached};
use crate::transport::{Call, State, TransportError};

/// What is known of places.
#[derive(Debug, Default)]
pub(super) struct Forms {
    known: Mutex<Vec<(Place, Known)>>,
    /// One asks, the others wait for what it hears.
    asking: tokio::sync::Mutex<()>,
}

#[derive(Clone, Debug)]
enum Known {
    Shell,
    Sftp(Arc<Session>),
}

impl Forms {
    fn known(&self) -> MutexGuard<'_, Vec<(Place, Known)>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn form(&self, reached: &Reached) -> Option<Arc<dyn Files>> {
        let mut known = self.known();
        let at = known.iter().position(|(place, _)| *place == reached.place)?;
        // Another account, or another sshd, may answer behind a new connection.
        let is_open =
            matches!(*reached.connection.state().borrow(), State::Connected | State::Degraded);
        match &known[at].1 {
            Known::Shell => Some(Arc::new(ShellFiles::new(reached))),
            Known::Sftp(session) if is_open && session.is_alive() => {
                Some(Arc::new(SftpFiles::new(reached, Arc::clone(session))))
            }
            Known::Sftp(_) => {
                known.remove(at);
                None
            }
        }
    }

    /// The form for a place.
    ///
    /// # Errors
    ///
    /// Why neither can be asked: the shell's reason, and the way there.
    pub(super) async fn of(&self, reached: &Reached) -> Result<Arc<dyn Files>, Failure> {
        if let Some(form) = self.form(reached) {
            return Ok(form);
        }
        let _asking = self.asking.lock().await;
        if let Some(form) = self.form(reached) {
            return Ok(form);
        }
        let known = match reached.connection.call(Call::new(":")).await {
            Ok(_) => Known::Shell,
            Err(why @ TransportError::ShellBroken { .. }) => {
                match Session::begin(&reached.connection).await {
                    Ok(session) => Known::Sftp(Arc::new(session)),
                    // Who has no sftp either has a shell to be mended.
                    Err(Refused::Status(_, said)) => {
                        tracing::debug!(said, "a server has no sftp");
                        return Err(why.into());
                    }
                    Err(Refused::Lost(other)) => {
                        tracing::debug!(%other, "a server has no sftp");
                        return Err(why.into());
                    }
                }
            }
            Err(why) => return Err(why.into()),
        };
        self.known().push((reached.place.clone(), known));
        self.form(reached).ok_or_else(|| {
            TransportError::ConnectionLost {
                host: reached.connection.host().clone(),
                said: "its sftp server has ended".into(),
            }
            .into()
        })
    }
}
