//! An ssh server in the test process, for logins that need PAM elsewhere.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use russh::keys::PrivateKey;
use russh::server::{Auth, ChannelOpenHandle, Config, Handler, Msg, Response, Session};
use russh::{Channel, ChannelId, MethodKind, MethodSet};
use tokio::net::TcpListener;

/// What the server wants before it lets anybody in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wants {
    /// The password `secret`.
    Password,
    /// The password by keyboard-interactive, then a code.
    Code,
    /// The password, then the code.
    PasswordThenCode,
    /// Takes a password and hangs up without an answer.
    HangUp,
}

#[derive(Clone)]
struct Odd(Wants);

/// Starts it; it ends with the runtime. Returns its port.
pub async fn start(wants: Wants) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let methods: &[MethodKind] = match wants {
        Wants::Password | Wants::PasswordThenCode | Wants::HangUp => &[MethodKind::Password],
        Wants::Code => &[MethodKind::KeyboardInteractive],
    };
    let seed = [7; 32];
    let key = russh::keys::ssh_key::private::Ed25519Keypair::from_seed(&seed);
    let config = Arc::new(Config {
        methods: MethodSet::from(methods),
        keys: vec![PrivateKey::new(key.into(), "").unwrap()],
        auth_rejection_time: Duration::from_millis(10),
        auth_rejection_time_initial: Some(Duration::ZERO),
        ..Config::default()
    });
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (config, odd) = (Arc::clone(&config), Odd(wants.clone()));
            tokio::spawn(async move {
                if let Ok(session) = russh::server::run_stream(config, stream, odd).await {
                    session.await.ok(); // a client that hangs up is what many tests want
                }
            });
        }
    });
    port
}

fn then_code() -> Auth {
    let wanted = MethodSet::from(&[MethodKind::KeyboardInteractive][..]);
    Auth::Reject { proceed_with_methods: Some(wanted), partial_success: true }
}

impl Handler for Odd {
    type Error = russh::Error;

    async fn auth_password(&mut self, _: &str, password: &str) -> Result<Auth, russh::Error> {
        match (&self.0, password) {
            (Wants::HangUp, _) => Err(russh::Error::Disconnect),
            (Wants::Password, "secret") => Ok(Auth::Accept),
            (Wants::PasswordThenCode, "secret") => Ok(then_code()),
            // Without this, russh takes a method off the list once it failed.
            (Wants::Password, _) => Ok(Auth::Reject {
                proceed_with_methods: Some(MethodSet::from(&[MethodKind::Password][..])),
                partial_success: false,
            }),
            (Wants::Code | Wants::PasswordThenCode, _) => Ok(Auth::reject()),
        }
    }

    async fn auth_keyboard_interactive<'a>(
        &'a mut self,
        _: &str,
        _: &str,
        response: Option<Response<'a>>,
    ) -> Result<Auth, russh::Error> {
        let Some(response) = response else {
            let mut prompts = vec![(Cow::from("Verification code: "), true)];
            if self.0 == Wants::Code {
                prompts.insert(0, ("Password: ".into(), false));
            }
            let (name, instructions) = ("Two steps".into(), "Have your phone at hand".into());
            return Ok(Auth::Partial { name, instructions, prompts: prompts.into() });
        };
        let answers: Vec<Vec<u8>> = response.map(|answer| answer.to_vec()).collect();
        let wanted: &[&[u8]] = match self.0 {
            Wants::Code => &[b"secret", b"123456"],
            Wants::Password | Wants::PasswordThenCode | Wants::HangUp => &[b"123456"],
        };
        Ok(if answers == wanted { Auth::Accept } else { Auth::reject() })
    }

    async fn channel_open_session(
        &mut self,
        _: Channel<Msg>,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), russh::Error> {
        reply.accept().await;
        Ok(())
    }

    async fn exec_request(
        &mut self,
        channel: ChannelId,
        _: &[u8],
        session: &mut Session,
    ) -> Result<(), russh::Error> {
        session.channel_success(channel)?;
        session.data(channel, "done".to_owned())?;
        session.exit_status_request(channel, 0)?;
        session.eof(channel)?;
        session.close(channel)
    }
}
