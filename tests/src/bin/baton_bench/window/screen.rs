//! A display of the bench's own, and hands that press keys on it.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use x11rb::connection::Connection;
use x11rb::protocol::Event;
use x11rb::protocol::damage::{ConnectionExt as _, ReportLevel};
use x11rb::protocol::xproto::{
    AtomEnum, ConnectionExt, InputFocus, KEY_PRESS_EVENT, KEY_RELEASE_EVENT, MapState, Window,
};
use x11rb::protocol::xtest::ConnectionExt as _;
use x11rb::rust_connection::RustConnection;

use super::frames::monotonic;
use crate::Outcome;

/// How long the server may take to come up.
const PATIENCE: Duration = Duration::from_secs(30);
/// Keys by their names in X11/keysymdef.h.
pub const CONTROL: u32 = 0xffe3;
/// The same.
pub const SHIFT: u32 = 0xffe1;
/// The same.
pub const PAGE_DOWN: u32 = 0xff56;
/// The same.
pub const LEFT: u32 = 0xff51;
/// The same.
pub const RIGHT: u32 = 0xff53;
/// The same.
pub const DOWN: u32 = 0xff54;
/// The same.
pub const BACKSPACE: u32 = 0xff08;

/// An X server without a screen; gone on drop.
pub struct Screen {
    /// What `DISPLAY` has to be.
    pub display: String,
    _server: Child,
}

impl Screen {
    /// Starts it on a display that is free.
    pub async fn start() -> Outcome<Self> {
        let mut command = Command::new("Xvfb");
        command.args(["-displayfd", "1", "-screen", "0", "1280x800x24", "-nolisten", "tcp"]);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut server = command.kill_on_drop(true).spawn().map_err(|error| {
            format!(
                "the window needs a display of its own, and Xvfb can't be started: {error}\n\
                 hint: install it with `scripts/need bench`, or `apt-get install xvfb`"
            )
        })?;
        let out = server.stdout.take().ok_or("Xvfb has no stdout")?;
        let mut number = String::new();
        tokio::time::timeout(PATIENCE, BufReader::new(out).read_line(&mut number)).await??;
        if number.trim().is_empty() {
            return Err("Xvfb has ended: it found no display to open".into());
        }
        Ok(Self { display: format!(":{}", number.trim()), _server: server })
    }

    /// Hands on it.
    pub fn hands(&self) -> Outcome<Hands> {
        let (connection, screen) = RustConnection::connect(Some(&self.display))?;
        let setup = connection.setup();
        let root = setup.roots.get(screen).ok_or("the display has no screen")?.root;
        let first = setup.min_keycode;
        let count = setup.max_keycode - first + 1;
        let mapping = connection.get_keyboard_mapping(first, count)?.reply()?;
        let each = usize::from(mapping.keysyms_per_keycode).max(1);
        // Without Shift: the first of each key's symbols.
        let symbols =
            mapping.keysyms.chunks(each).map(|chunk| chunk.first().copied().unwrap_or_default());
        let keys = (first..=setup.max_keycode).zip(symbols).collect();
        Ok(Hands { connection, root, keys })
    }
}

/// When a key was pressed, on the monotonic clock: between the two.
#[derive(Clone, Copy, Debug)]
pub struct Press {
    /// Before anything was sent.
    pub sent: Duration,
    /// When the server was known to have it.
    pub there: Duration,
}

/// Presses keys.
pub struct Hands {
    connection: RustConnection,
    root: Window,
    /// Each key, and what is written on it.
    keys: Vec<(u8, u32)>,
}

impl Hands {
    /// Gives the keyboard to the window of that title: there is no window manager that does it.
    pub fn take(&self, title: &str) -> Outcome<()> {
        let (window, focus) = (self.find(title)?, InputFocus::POINTER_ROOT);
        self.connection.set_input_focus(focus, window, x11rb::CURRENT_TIME)?.check()?;
        Ok(())
    }

    /// Has the server note when the window of that title gets another picture.
    pub fn watch(&self, title: &str) -> Outcome<()> {
        let window = self.find(title)?;
        self.connection.damage_query_version(1, 1)?.reply()?;
        let damage = self.connection.generate_id()?;
        self.connection.damage_create(damage, window, ReportLevel::RAW_RECTANGLES)?.check()?;
        Ok(())
    }

    /// When it got one since it is watched, or since the last call: never later than it was, up to 1 ms earlier.
    pub fn pictures(&self) -> Outcome<Vec<Duration>> {
        self.connection.get_input_focus()?.reply()?; // It answers in order: all of them are here now.
        let now = monotonic();
        let mut pictures = Vec::new();
        while let Some(event) = self.connection.poll_for_event()? {
            if let Event::DamageNotify(notify) = event {
                // The server's clock is the monotonic one, as 32 bits of whole milliseconds.
                let ago = (now.as_millis() as u32).wrapping_sub(notify.timestamp);
                let whole = Duration::from_millis(u64::try_from(now.as_millis())?);
                pictures.push(whole.saturating_sub(Duration::from_millis(u64::from(ago))));
            }
        }
        Ok(pictures)
    }

    fn find(&self, title: &str) -> Outcome<Window> {
        let children = self.connection.query_tree(self.root)?.reply()?.children;
        for window in children {
            let (name, kind) = (AtomEnum::WM_NAME, AtomEnum::ANY);
            let named =
                self.connection.get_property(false, window, name, kind, 0, 64)?.reply()?.value;
            let shown = self.connection.get_window_attributes(window)?.reply()?.map_state;
            if named == title.as_bytes() && shown == MapState::VIEWABLE {
                return Ok(window);
            }
        }
        Err(format!("no window is called {title:?}").into())
    }

    /// Presses and releases keys together.
    pub fn press(&self, symbols: &[u32]) -> Outcome<Press> {
        let press = self.hold(symbols)?;
        self.let_go(symbols)?;
        Ok(press)
    }

    /// Presses keys together, and holds them.
    pub fn hold(&self, symbols: &[u32]) -> Outcome<Press> {
        let keys = self.found(symbols)?;
        let sent = monotonic();
        for key in &keys {
            self.fake(KEY_PRESS_EVENT, *key)?;
        }
        self.connection.get_input_focus()?.reply()?; // It answers in order: the keys are pressed now.
        Ok(Press { sent, there: monotonic() })
    }

    /// Releases them.
    pub fn let_go(&self, symbols: &[u32]) -> Outcome<()> {
        for key in self.found(symbols)?.iter().rev() {
            self.fake(KEY_RELEASE_EVENT, *key)?;
        }
        Ok(self.connection.flush()?)
    }

    fn found(&self, symbols: &[u32]) -> Outcome<Vec<u8>> {
        let find = |symbol: &u32| {
            let found = self.keys.iter().find(|(_, written)| written == symbol);
            found.map(|(key, _)| *key).ok_or_else(|| format!("no key has the symbol {symbol:#x}"))
        };
        Ok(symbols.iter().map(find).collect::<Result<Vec<u8>, String>>()?)
    }

    fn fake(&self, what: u8, key: u8) -> Outcome<()> {
        self.connection.xtest_fake_input(what, key, x11rb::CURRENT_TIME, self.root, 0, 0, 0)?;
        Ok(())
    }
}
