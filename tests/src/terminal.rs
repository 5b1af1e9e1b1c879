//! A person's terminal, with `baton` in it.
#![allow(clippy::unwrap_used, reason = "a part that doesn't work must fail its test")]

use std::fs::File;
use std::io::{Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Termios, Winsize, tcgetattr, tcsetwinsize};

use crate::look::until;

/// A terminal that remembers what was printed to it.
pub struct Terminal {
    master: File,
    /// Kept open, so that the terminal stays when the programs in it have gone.
    slave: File,
    printed: Arc<Mutex<String>>,
}

impl Default for Terminal {
    fn default() -> Self {
        Self::new()
    }
}

impl Terminal {
    /// One of 90 columns and 30 rows.
    pub fn new() -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap().into_string().unwrap();
        // A program of this session must not get it as its own: `setsid --ctty` hands it on.
        let flags = rustix::fs::OFlags::RDWR | rustix::fs::OFlags::NOCTTY;
        let slave = rustix::fs::open(&name, flags, rustix::fs::Mode::empty()).unwrap();
        let terminal = Self { master: master.into(), slave: slave.into(), printed: Arc::default() };
        terminal.resize(90, 30);
        let (mut from, printed) =
            (terminal.master.try_clone().unwrap(), Arc::clone(&terminal.printed));
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(read @ 1..) = from.read(&mut buffer) {
                printed.lock().unwrap().push_str(&String::from_utf8_lossy(&buffer[..read]));
            }
        });
        terminal
    }

    /// Starts a command with this as its controlling terminal and its three streams.
    pub fn start(&self, command: &Command) -> InTerminal {
        self.start_with(command, |_| ())
    }

    /// The same, with a last change to its streams.
    pub fn start_with(&self, command: &Command, change: impl FnOnce(&mut Command)) -> InTerminal {
        let mut leader = Command::new("setsid");
        leader.arg("--ctty").arg(command.get_program()).args(command.get_args()).env_clear();
        leader.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        if let Some(dir) = command.get_current_dir() {
            leader.current_dir(dir);
        }
        let stream = || Stdio::from(self.slave.try_clone().unwrap());
        leader.env("TERM", "vt100").stdin(stream()).stdout(stream()).stderr(stream());
        change(&mut leader);
        InTerminal(leader.spawn().unwrap())
    }

    /// Types.
    pub fn keys(&self, keys: &str) {
        (&self.master).write_all(keys.as_bytes()).unwrap();
    }

    /// Changes the window's size.
    pub fn resize(&self, columns: u16, rows: u16) {
        let size = Winsize { ws_col: columns, ws_row: rows, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&self.master, size).unwrap();
    }

    /// All that was printed so far.
    pub fn printed(&self) -> String {
        self.printed.lock().unwrap().clone()
    }

    /// Waits until `text` has been printed.
    pub async fn shows(&self, text: &str) {
        until(text, || self.printed().contains(text)).await;
    }

    /// How the terminal is set up now, every mode and key of it.
    pub fn modes(&self) -> String {
        let Termios {
            input_modes, output_modes, control_modes, local_modes, special_codes, ..
        } = tcgetattr(&self.slave).unwrap();
        format!(
            "{input_modes:?} {output_modes:?} {control_modes:?} {local_modes:?} {special_codes:?}"
        )
    }
}

/// A program in a terminal, killed on drop.
pub struct InTerminal(Child);

impl InTerminal {
    /// Its id.
    pub fn pid(&self) -> i32 {
        i32::try_from(self.0.id()).unwrap()
    }

    /// Waits for its end.
    pub async fn ended(mut self) -> ExitStatus {
        let mut status = None;
        until("the program in the terminal ends", || {
            status = self.0.try_wait().unwrap();
            status.is_some()
        })
        .await;
        status.unwrap()
    }
}

impl Drop for InTerminal {
    fn drop(&mut self) {
        // One that has ended can't be killed, and needn't be.
        self.0.kill().ok(); // one that has ended needs none
        self.0.wait().ok(); // whatever its status
    }
}
