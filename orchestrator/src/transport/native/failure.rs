//! What russh's and the system's errors mean to a person.

use std::io::{self, ErrorKind};

use russh::Disconnect;
use russh::client::{DisconnectReason, RemoteDisconnectInfo};

use crate::host::HostId;
use crate::transport::TransportError;

/// What ends a session of ours: an error of russh, or a refusal of our own with its reason.
#[derive(Debug)]
pub(super) enum SessionError {
    Ssh(russh::Error),
    Refused(Box<TransportError>),
}

impl From<russh::Error> for SessionError {
    fn from(error: russh::Error) -> Self {
        Self::Ssh(error)
    }
}

/// Why TCP gave no connection.
pub(super) fn from_connecting(host: &HostId, to: &str, error: &io::Error) -> TransportError {
    let (host, said) = (host.clone(), format!("{to}: {error}"));
    match error.kind() {
        ErrorKind::ConnectionRefused => TransportError::ConnectionRefused { host, said },
        ErrorKind::TimedOut => TransportError::ConnectionTimedOut { host, said },
        ErrorKind::HostUnreachable
        | ErrorKind::NetworkUnreachable
        | ErrorKind::NetworkDown
        | ErrorKind::AddrNotAvailable => TransportError::NoRoute { host, said },
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe => {
            TransportError::ConnectionClosed { host, said }
        }
        ErrorKind::PermissionDenied => TransportError::NoRoute { host, said },
        _ => TransportError::Local { what: format!("could not connect to {said}"), hint: None },
    }
}

/// Why nobody was let in: the session ended before or while we logged in.
pub(super) fn from_entering(host: &HostId, error: SessionError) -> TransportError {
    let host = host.clone();
    match error {
        SessionError::Refused(refused) => *refused,
        SessionError::Ssh(error) => {
            let said = error.to_string();
            match error {
                russh::Error::NoCommonAlgo { .. }
                | russh::Error::UnknownAlgo
                | russh::Error::Kex
                | russh::Error::WrongServerSig
                | russh::Error::StrictKeyExchangeViolation { .. } => {
                    TransportError::KexFailed { host, said }
                }
                russh::Error::IO(error) if error.kind() == ErrorKind::TimedOut => {
                    TransportError::ConnectionTimedOut { host, said }
                }
                _ => TransportError::ConnectionClosed { host, said },
            }
        }
    }
}

/// Why an open session ended.
pub(super) fn from_losing(host: &HostId, reason: DisconnectReason<SessionError>) -> TransportError {
    let lost = |said: String| TransportError::ConnectionLost { host: host.clone(), said };
    match reason {
        DisconnectReason::ReceivedDisconnect(info) => lost(words_of(&info)),
        DisconnectReason::Error(SessionError::Ssh(russh::Error::KeepaliveTimeout)) => {
            lost("the server did not answer our keepalives".to_owned())
        }
        // russh hangs up by itself when a refusal names no method that is left.
        DisconnectReason::Error(SessionError::Ssh(russh::Error::NoAuthMethod)) => {
            let said = "the server has no other way to log in".to_owned();
            TransportError::AuthRefused { host: host.clone(), asked: None, said }
        }
        DisconnectReason::Error(SessionError::Ssh(error)) => lost(error.to_string()),
        DisconnectReason::Error(SessionError::Refused(refused)) => *refused,
    }
}

/// Why the server hung up while we logged in. Its words are the only place where it says so.
pub(super) fn from_hanging_up(host: &HostId, lost: TransportError) -> TransportError {
    let host = host.clone();
    match lost {
        TransportError::ConnectionLost { said, .. }
            if said.to_lowercase().contains("too many authentication failures") =>
        {
            TransportError::TooManyAuthFailures { host, said }
        }
        TransportError::ConnectionLost { said, .. } => {
            TransportError::ConnectionClosed { host, said }
        }
        other => other,
    }
}

fn words_of(info: &RemoteDisconnectInfo) -> String {
    match info.reason_code {
        Disconnect::ByApplication if info.message.is_empty() => "the server hung up".to_owned(),
        _ if info.message.is_empty() => format!("the server hung up ({:?})", info.reason_code),
        _ => info.message.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Code;

    #[test]
    fn the_systems_words_become_our_codes() {
        let host = HostId::new("box");
        for (kind, code) in [
            (ErrorKind::ConnectionRefused, Code::ConnectionRefused),
            (ErrorKind::TimedOut, Code::ConnectionTimedOut),
            (ErrorKind::HostUnreachable, Code::NoRoute),
            (ErrorKind::NetworkUnreachable, Code::NoRoute),
            (ErrorKind::ConnectionReset, Code::ConnectionClosed),
        ] {
            assert_eq!(from_connecting(&host, "10.0.0.1:22", &kind.into()).code(), code);
        }
    }

    #[test]
    fn hanging_up_over_too_many_keys_is_told_from_hanging_up() {
        let host = HostId::new("box");
        let hung_up = |message: &str| {
            let info = RemoteDisconnectInfo {
                reason_code: Disconnect::ProtocolError,
                message: message.to_owned(),
                lang_tag: String::new(),
            };
            let lost = from_losing(&host, DisconnectReason::ReceivedDisconnect(info));
            from_hanging_up(&host, lost).code()
        };
        assert_eq!(hung_up("Too many authentication failures"), Code::TooManyAuthFailures);
        assert_eq!(hung_up("Change of weather"), Code::ConnectionClosed);
    }

    #[test]
    fn no_common_algorithm_is_told_from_a_closed_door() {
        let host = HostId::new("box");
        let no_common = russh::Error::NoCommonAlgo {
            kind: russh::AlgorithmKind::Cipher,
            ours: vec!["a".into()],
            theirs: vec!["b".into()],
        };
        assert_eq!(from_entering(&host, no_common.into()).code(), Code::KexFailed);
        assert_eq!(from_entering(&host, russh::Error::HUP.into()).code(), Code::ConnectionClosed);
    }
}
