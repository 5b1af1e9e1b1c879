//! The way for those who may not make network devices: the test bed's TCP relay.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::time::{Duration, Instant};

use baton_tests::{TestSshd, Wan};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Mutex;

use crate::Outcome;
use crate::small::millis;

/// A relay to the server, and another one to an echo: a relay answers for itself when somebody connects.
#[derive(Debug)]
pub struct Relay {
    echo: Mutex<TcpStream>,
    to_sshd: Wan,
    _to_echo: Wan,
}

impl Relay {
    /// Puts both up.
    pub fn set_up(sshd: &TestSshd, round_trip_millis: u64) -> Outcome<Self> {
        let one_way = Duration::from_millis(round_trip_millis) / 2;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let to_echo = Wan::start(listener.local_addr()?, one_way);
        let stream = std::net::TcpStream::connect(to_echo.address())?;
        stream.set_nonblocking(true)?;
        stream.set_nodelay(true)?;
        std::thread::spawn(move || echo(&listener));
        Ok(Self {
            echo: Mutex::new(TcpStream::from_std(stream)?),
            to_sshd: Wan::start(sshd.address(), one_way),
            _to_echo: to_echo,
        })
    }

    /// Where the server seems to listen.
    pub fn port(&self) -> u16 {
        self.to_sshd.port()
    }

    /// One byte there and back, in milliseconds.
    pub async fn round_trip(&self) -> Outcome<f64> {
        let mut echo = self.echo.lock().await;
        let start = Instant::now();
        echo.write_all(b"x").await?;
        echo.read_u8().await?;
        Ok(millis(start))
    }
}

/// Gives one connection back what it sends, to its end.
fn echo(listener: &TcpListener) {
    let served = listener.accept().and_then(|(mut stream, _)| {
        stream.set_nodelay(true)?;
        let mut byte = [0];
        while stream.read(&mut byte)? == 1 {
            stream.write_all(&byte)?;
        }
        Ok(())
    });
    // The relay resets it at the end; before that the other side gets the error.
    if let Err(error) = served
        && error.kind() != std::io::ErrorKind::ConnectionReset
    {
        eprintln!("warning: the echo ended: {error}");
    }
}
