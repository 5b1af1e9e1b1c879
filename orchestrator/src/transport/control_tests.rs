//! What a control shell is told, and what it remembers.

#![allow(clippy::unwrap_used)]

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use tokio::io::AsyncWrite;

use super::*;
use crate::transport::{Link, Local, LocalSettings, OpenError, Transport};

static GREETING: Library =
    Library::new("greeting", &["# Says hello.\nb_greet() {\n  echo \"hello $1\"\n}\n"]);

/// A shell of this machine; counts what it is told.
struct Here {
    link: Arc<dyn Link>,
    told: Arc<AtomicUsize>,
}

impl Here {
    async fn new() -> Self {
        let settings = LocalSettings {
            shell: "/bin/sh".into(),
            home: "/".into(),
            env: vec![("PATH".into(), "/usr/bin:/bin".into())],
        };
        Self { link: Local::new(settings).connect().await.unwrap(), told: Arc::default() }
    }

    async fn shell(&self) -> ControlShell {
        ControlShell::open(self, &HostId::new("here")).await.unwrap()
    }

    fn told(&self) -> usize {
        self.told.load(Ordering::SeqCst)
    }
}

impl Open for Here {
    async fn open(&self, request: &ChannelRequest) -> Result<Channel, TransportError> {
        match self.link.open(request).await {
            Ok(channel) => {
                let counted = Counted { inner: channel.stdin, told: Arc::clone(&self.told) };
                Ok(Channel { stdin: Input::from_stream(counted), ..channel })
            }
            Err(OpenError::Failed(error)) => Err(error),
            Err(OpenError::Full) => unreachable!("this machine has room"),
        }
    }
}

struct Counted {
    inner: Input,
    told: Arc<AtomicUsize>,
}

impl AsyncWrite for Counted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write(context, bytes);
        if let Poll::Ready(Ok(count)) = written {
            self.told.fetch_add(count, Ordering::SeqCst);
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}

const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_shell_learns_a_library_once_and_a_call_costs_its_own_words_after_that() {
    let here = Here::new().await;
    let mut shell = here.shell().await;
    for who in ["you", "größe", "you"] {
        let before = here.told();
        let call = Call::new(format!("b_greet '{who}'")).with(&GREETING);
        let is_first = before == 0;
        let script = call.script.len();
        let (next, answer) = shell.call(&call, PATIENCE).await.unwrap();
        shell = next;
        let said = String::from_utf8(answer.stdout).unwrap();
        assert_eq!((said, answer.status), (format!("hello {who}\n"), 0));
        assert_eq!(answer.stderr, b"");
        let told = here.told() - before;
        let lesson = GREETING.line().unwrap().len() + 3;
        let expected = script + 34 + if is_first { lesson } else { 0 };
        assert_eq!(told, expected, "{who}");
    }
    // What it has learnt is there for all that it runs, and stays when that changes it.
    let (shell, _) =
        shell.call(&Call::new("b_greet() { echo other; }; b_greet"), PATIENCE).await.unwrap();
    let (_, answer) = shell.call(&Call::new("b_greet me").with(&GREETING), PATIENCE).await.unwrap();
    assert_eq!(answer.stdout, b"hello me\n");
}

#[tokio::test]
async fn another_shell_learns_anew() {
    let here = Here::new().await;
    for _ in 0..2 {
        let shell = here.shell().await;
        let call = Call::new("b_greet you").with(&GREETING);
        let (_, answer) = shell.call(&call, PATIENCE).await.unwrap();
        assert_eq!(answer.stdout, b"hello you\n");
    }
}

/// A link that is lost while a shell begins on it.
struct Cut;

impl Open for Cut {
    async fn open(&self, _: &ChannelRequest) -> Result<Channel, TransportError> {
        let lost =
            TransportError::ConnectionLost { host: HostId::new("far"), said: "it is gone".into() };
        Ok(Channel {
            stdin: Input::from_stream(tokio::io::sink()),
            stdout: Output::from_stream(tokio::io::empty()),
            stderr: Output::from_stream(tokio::io::empty()),
            exit: Box::pin(async { Err(lost) }),
            resize: None,
            waiter: None,
        })
    }
}

#[tokio::test]
async fn a_link_that_is_lost_while_a_shell_begins_is_no_broken_shell() {
    let shell = ControlShell::open(&Cut, &HostId::new("far")).await.unwrap();
    let broken = shell.call(&Call::new(":"), PATIENCE).await.unwrap_err();
    assert!(matches!(broken.error, TransportError::ConnectionLost { .. }), "{:?}", broken.error);
}
