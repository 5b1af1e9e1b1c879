//! The person's ssh-agent.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use super::{Area, Finding};
use baton_front::paths;

/// An agent answers at once, unless it asks the person first.
const PATIENCE: Duration = Duration::from_secs(3);

/// `SSH_AGENTC_REQUEST_IDENTITIES`, one byte long (draft-ietf-sshm-ssh-agent, 5.1).
const REQUEST: [u8; 5] = [0, 0, 0, 1, 11];

/// `SSH_AGENT_IDENTITIES_ANSWER`.
const ANSWER: u8 = 12;

/// Whether there is one, and whether it holds keys.
pub fn ssh_agent() -> Finding {
    let Some(socket) = paths::set("SSH_AUTH_SOCK") else {
        return Finding::ok(
            Area::SshAgent,
            "none (SSH_AUTH_SOCK is not set): ssh reads keys from their files, and asks for passphrases",
        );
    };
    let socket = Path::new(&socket);
    match keys(socket) {
        Ok(0) => Finding::warning(
            Area::SshAgent,
            "it holds no keys",
            "Unlock a key for a while with `ssh-add`; keys without a passphrase work anyway",
        ),
        Ok(1) => Finding::ok(Area::SshAgent, "it holds 1 key"),
        Ok(count) => Finding::ok(Area::SshAgent, format!("it holds {count} keys")),
        Err(error) => Finding::warning(
            Area::SshAgent,
            format!("nobody answers at SSH_AUTH_SOCK ({}): {error}", socket.display()),
            "Log in again, or start one with `eval \"$(ssh-agent)\"`",
        ),
    }
}

/// How many keys the agent at `socket` offers.
fn keys(socket: &Path) -> io::Result<u32> {
    let mut stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.write_all(&REQUEST)?;
    // The length of the answer, its kind, and the number of keys.
    let mut head = [0; 9];
    stream.read_exact(&mut head)?;
    let [_, _, _, _, kind, count @ ..] = head;
    if kind == ANSWER {
        Ok(u32::from_be_bytes(count))
    } else {
        Err(io::Error::other(format!("it answered with {kind}")))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn the_agent_says_how_many_keys_it_holds() {
        let dir = tempfile::tempdir().unwrap();
        let socket = dir.path().join("agent");
        let listener = UnixListener::bind(&socket).unwrap();
        let agent = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 5];
            stream.read_exact(&mut request).unwrap();
            stream.write_all(&[0, 0, 0, 5, ANSWER, 0, 0, 0, 3]).unwrap();
            request
        });
        assert_eq!(keys(&socket).unwrap(), 3);
        assert_eq!(agent.join().unwrap(), REQUEST);
        assert!(keys(&dir.path().join("nowhere")).is_err());
    }
}
