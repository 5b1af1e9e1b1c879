//! Which form a host's files are reached in: its shell, or sftp where the shell runs nothing.
//!
//! That is asked once for each place, by a call that does nothing, before anything is wished of its files: nothing that was
//! begun in one form goes on in the other. An answer that nobody gave, because the link was lost, decides nothing.

use std::sync::{Arc, Mutex, PoisonError};

use super::form::Files;
use super::sftp::SftpFiles;
use super::shell::ShellFiles;
use crate::failure::Failure;
use crate::host::{Place, Reached};
use crate::sftp::{Refused, Session};
use crate::transport::{Call, Connection, State, TransportError};

/// What is known of places.
#[derive(Debug, Default)]
pub(super) struct Forms {
    asked: Mutex<Vec<(Place, Arc<Asked>)>>,
}

/// What one place has answered. One asks it, and the others wait for what that one hears: only those who mean the same place, since
/// another one may take long to be reached.
type Asked = tokio::sync::Mutex<Option<Known>>;

#[derive(Clone, Debug)]
enum Known {
    Shell,
    Sftp(Arc<Session>),
}

impl Known {
    /// `None` where what was known counts no longer.
    fn form(&self, reached: &Reached) -> Option<Arc<dyn Files>> {
        // Another account, or another sshd, may answer behind a new connection.
        let is_open =
            matches!(*reached.connection.state().borrow(), State::Connected | State::Degraded);
        match self {
            Self::Shell => Some(Arc::new(ShellFiles::new(reached))),
            Self::Sftp(session) if is_open && session.is_alive() => {
                Some(Arc::new(SftpFiles::new(reached, Arc::clone(session))))
            }
            Self::Sftp(_) => None,
        }
    }
}

impl Forms {
    fn asked(&self, place: &Place) -> Arc<Asked> {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, known)) = asked.iter().find(|(known, _)| known == place) {
            return Arc::clone(known);
        }
        let known = Arc::new(Asked::default());
        asked.push((place.clone(), Arc::clone(&known)));
        known
    }

    /// The form for a place.
    ///
    /// # Errors
    ///
    /// Why neither can be asked: the shell's reason, and the way there.
    pub(super) async fn of(&self, reached: &Reached) -> Result<Arc<dyn Files>, Failure> {
        let asked = self.asked(&reached.place);
        let mut asked = asked.lock().await;
        if let Some(form) = asked.as_ref().and_then(|known| known.form(reached)) {
            return Ok(form);
        }
        let known = match ask(&reached.connection).await {
            // Nothing was wished yet: what was lost with the link is asked again over the next one.
            Err(TransportError::ConnectionLost { .. }) => ask(&reached.connection).await?,
            known => known?,
        };
        asked.insert(known).form(reached).ok_or_else(|| ended(&reached.connection).into())
    }
}

async fn ask(connection: &Connection) -> Result<Known, TransportError> {
    match connection.call(Call::new(":")).await {
        Ok(_) => Ok(Known::Shell),
        Err(why @ TransportError::ShellBroken { .. }) => {
            let session = instead_of_shell(connection, why).await?;
            Ok(session.map_or(Known::Shell, |session| Known::Sftp(Arc::new(session))))
        }
        Err(why) => Err(why),
    }
}

/// The sftp server of a host whose shell has run nothing; `None` where it does run something: a link that is cut while a shell
/// begins may look like a shell that doesn't, so it is asked again over the link that the sftp server answers on.
///
/// # Errors
///
/// `why` the shell ran nothing, where there is no sftp either: it is the shell that has to be mended. What the way there suffers.
pub(crate) async fn instead_of_shell(
    connection: &Connection,
    why: TransportError,
) -> Result<Option<Session>, TransportError> {
    let session = match Session::begin(connection).await {
        Ok(session) => session,
        Err(Refused::Status(_, said)) => {
            tracing::debug!(said, "a server has no sftp");
            return Err(why);
        }
        Err(Refused::Lost(other)) => {
            tracing::debug!(%other, "a server has no sftp");
            return Err(why);
        }
    };
    match connection.call(Call::new(":")).await {
        Ok(_) => Ok(None),
        Err(TransportError::ShellBroken { .. }) if session.is_alive() => Ok(Some(session)),
        Err(TransportError::ShellBroken { .. }) => Err(ended(connection)),
        Err(other) => Err(other),
    }
}

fn ended(connection: &Connection) -> TransportError {
    TransportError::ConnectionLost {
        host: connection.host().clone(),
        said: "its sftp server has ended".into(),
    }
}
