//! Questions that ssh asks while it connects, carried from ssh's askpass helper to the engine.
//!
//! ssh runs the helper (`SSH_ASKPASS`), a program of ours, with the question as its argument. The helper finds
//! a socket in its environment, sends the question and prints the answer. The socket lives in a directory that
//! only its owner may enter, for as long as one connection is being made.

use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::net::UnixStream as StdUnixStream;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader as AsyncBufReader};
use tokio::net::{UnixListener, UnixStream};

use crate::host::HostId;
use crate::transport::stderr::{self, Asked};
use crate::transport::{Asker, Question, QuestionKind};

/// Names the socket in the helper's environment; the front end's program is the helper when it is set.
pub const SOCKET_VARIABLE: &str = "BATON_ASKPASS_SOCKET";

/// A question is at most so long; ssh's own are a line or three.
const LONGEST_QUESTION: u64 = 64 * 1024;

/// The helper's side: asks `question` over `socket`; `None` when nobody answers.
///
/// # Errors
///
/// When the engine is gone.
pub fn ask(socket: &Path, question: &str) -> io::Result<Option<String>> {
    let mut stream = StdUnixStream::connect(socket)?;
    stream.write_all(serde_json::to_string(question)?.as_bytes())?;
    // Our end stays open until we have the answer: its end says that ssh wants none any more.
    stream.write_all(b"\n")?;
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer)?;
    if answer.is_empty() {
        return Err(io::Error::from(io::ErrorKind::UnexpectedEof));
    }
    Ok(serde_json::from_str(&answer)?)
}

/// The engine's side: listens while one connection is being made.
#[derive(Debug)]
pub(super) struct Questions {
    socket: PathBuf,
    asked: Arc<Mutex<Vec<Asked>>>,
    waiting: Arc<AtomicBool>,
    serving: tokio::task::JoinHandle<()>,
}

impl Questions {
    /// Listens at `socket`, a path in a directory of the owner's own.
    pub(super) fn listen(
        host: &HostId,
        socket: PathBuf,
        asker: Option<Arc<dyn Asker>>,
    ) -> io::Result<Self> {
        let listener = UnixListener::bind(&socket)?;
        let asked = Arc::new(Mutex::new(Vec::new()));
        let waiting = Arc::new(AtomicBool::new(false));
        let serving = tokio::spawn(serve(
            listener,
            host.clone(),
            asker,
            Arc::clone(&asked),
            Arc::clone(&waiting),
        ));
        Ok(Self { socket, asked, waiting, serving })
    }

    pub(super) fn socket(&self) -> &Path {
        &self.socket
    }

    /// Whether a person is being asked right now.
    pub(super) fn waits(&self) -> bool {
        self.waiting.load(Ordering::Relaxed)
    }

    /// What was asked so far, and what became of it.
    pub(super) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().map(|asked| asked.clone()).unwrap_or_default()
    }
}

impl Drop for Questions {
    fn drop(&mut self) {
        self.serving.abort();
        if let Err(error) = std::fs::remove_file(&self.socket) {
            tracing::debug!(%error, "the socket for questions was gone already");
        }
    }
}

async fn serve(
    listener: UnixListener,
    host: HostId,
    asker: Option<Arc<dyn Asker>>,
    asked: Arc<Mutex<Vec<Asked>>>,
    waiting: Arc<AtomicBool>,
) {
    // One at a time: a person answers one question after the other.
    let mut declined = false;
    loop {
        let mut stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%host, %error, "no more questions can be asked");
                return;
            }
        };
        let text = match read_question(&mut stream).await {
            Ok(text) => text,
            Err(error) => {
                tracing::warn!(%host, %error, "a question could not be read");
                continue;
            }
        };
        let question = question(&host, text);
        // ssh asks three times; somebody who declined once is not asked again.
        waiting.store(true, Ordering::Relaxed);
        let answer = match &asker {
            Some(asker) if !declined => tokio::select! {
                answer = asker.ask(question.clone()) => Some(answer),
                () = gone(&mut stream) => None,
            },
            Some(_) | None => Some(None),
        };
        waiting.store(false, Ordering::Relaxed);
        // A touch came, or ssh has given up.
        let Some(answer) = answer else { continue };
        let touch = question.kind == QuestionKind::Touch;
        declined |= answer.is_none() && !touch;
        if !touch && let Ok(mut asked) = asked.lock() {
            // With nothing typed ssh goes on to the next key: it counts as an answer for ssh alone.
            let answered = answer.as_deref().is_some_and(|answer| !answer.is_empty());
            asked.push(Asked { text: question.text, answered });
        }
        if let Err(error) = reply(&mut stream, answer).await {
            tracing::warn!(%host, %error, "an answer could not be given");
        }
    }
}

/// Waits until the helper has ended; it says nothing behind its question.
async fn gone(stream: &mut UnixStream) {
    let mut nothing = [0; 1];
    while let Ok(1..) = stream.read(&mut nothing).await {}
}

async fn read_question(stream: &mut UnixStream) -> io::Result<String> {
    let mut line = String::new();
    AsyncBufReader::new(stream.take(LONGEST_QUESTION)).read_line(&mut line).await?;
    Ok(serde_json::from_str(&line)?)
}

async fn reply(stream: &mut UnixStream, answer: Option<String>) -> io::Result<()> {
    let line = format!("{}\n", serde_json::to_string(&answer)?);
    stream.write_all(line.as_bytes()).await?;
    stream.shutdown().await
}

fn question(host: &HostId, text: String) -> Question {
    let kind = stderr::kind_of_question(&text);
    let secret = match &kind {
        QuestionKind::HostKey { .. } | QuestionKind::Touch => false,
        QuestionKind::Passphrase { .. }
        | QuestionKind::Password
        | QuestionKind::Code
        | QuestionKind::Other => true,
    };
    Question { host: host.clone(), kind, text, secret }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::time::Duration;

    use async_trait::async_trait;
    use tokio::sync::watch;

    use super::*;

    /// Somebody who is shown questions and answers none; how many are shown right now.
    #[derive(Debug)]
    struct Board(watch::Sender<usize>);

    struct Shown<'a>(&'a Board);

    impl Drop for Shown<'_> {
        fn drop(&mut self) {
            self.0.0.send_modify(|shown| *shown -= 1);
        }
    }

    #[async_trait]
    impl Asker for Board {
        async fn ask(&self, _: Question) -> Option<String> {
            self.0.send_modify(|shown| *shown += 1);
            let _shown = Shown(self);
            std::future::pending().await
        }
    }

    #[tokio::test]
    async fn a_touch_that_is_waited_for_is_shown_until_ssh_has_it() {
        let dir = tempfile::tempdir().unwrap();
        let (told, mut shown) = watch::channel(0);
        let board = Arc::new(Board(told));
        let host = HostId::new("box");
        let questions = Questions::listen(&host, dir.path().join("ask"), Some(board)).unwrap();
        for text in ["Confirm user presence for key ED25519-SK SHA256:abc", "Password: "] {
            // What ssh runs with it, which ssh ends itself.
            let mut helper = UnixStream::connect(questions.socket()).await.unwrap();
            let line = format!("{}\n", serde_json::to_string(text).unwrap());
            helper.write_all(line.as_bytes()).await.unwrap();
            let is_shown = shown.wait_for(|shown| *shown == 1);
            tokio::time::timeout(Duration::from_secs(20), is_shown).await.unwrap().unwrap();
            assert!(questions.waits());
            drop(helper);
            let is_gone = shown.wait_for(|shown| *shown == 0);
            tokio::time::timeout(Duration::from_secs(20), is_gone).await.unwrap().unwrap();
        }
        // Nobody has declined anything.
        assert!(questions.asked().is_empty());
    }
}
