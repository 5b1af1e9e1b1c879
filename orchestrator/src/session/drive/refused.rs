//! Why a turn couldn't be launched, and whether sending it again may help.

use crate::failure::Failure;
use crate::run::RunError;
use crate::session::turn::End;
use crate::store::RunState;
use crate::transport::TransportError;

/// Why nothing was launched.
#[derive(Clone, Debug, PartialEq)]
pub struct Refused {
    /// What failed.
    pub failure: Failure,
    /// Whether the same may go well a little later: only for faults on the way to the host that pass by themselves.
    pub is_passing: bool,
}

impl Refused {
    /// How the turn ends with it.
    pub fn end(self) -> End {
        End::failed(self.failure, self.is_passing, Some(RunState::Never))
    }
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        Self { failure, is_passing: false }
    }
}

impl From<TransportError> for Refused {
    fn from(error: TransportError) -> Self {
        RunError::from(error).into()
    }
}

impl From<RunError> for Refused {
    fn from(error: RunError) -> Self {
        let is_passing = match &error {
            RunError::Transport(why) => why.is_passing(),
            RunError::InDoubt { .. }
            | RunError::Usage { .. }
            | RunError::NoRoom { .. }
            | RunError::Exists { .. }
            | RunError::NotFound { .. }
            | RunError::Never { .. }
            | RunError::Corrupt { .. }
            | RunError::Over { .. }
            | RunError::Left { .. }
            | RunError::Odd { .. } => false,
        };
        Self { failure: error.into(), is_passing }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Code;
    use crate::host::HostId;

    #[test]
    fn sending_again_is_said_to_help_only_where_waiting_does() {
        let host = || HostId::new("box");
        let refused = TransportError::ConnectionRefused { host: host(), said: String::new() };
        let through = |reason| TransportError::ProxyFailed {
            host: host(),
            reason: Some(Box::new(reason)),
            said: String::new(),
        };
        let broken = TransportError::ShellBroken { host: host(), said: String::new() };
        let missing = TransportError::DirMissing { host: host(), dir: "/x".into() };
        let denied = TransportError::PermissionDenied { host: host(), what: "/x".into() };
        assert!(Refused::from(refused.clone()).is_passing);
        assert!(Refused::from(through(refused)).is_passing);
        for lasting in [through(broken.clone()), broken, missing, denied] {
            assert!(!Refused::from(lasting.clone()).end().recoverable, "{lasting:?}");
        }
        assert!(!Refused::from(Failure::new(Code::HostDisabled, "x")).is_passing);
    }
}
