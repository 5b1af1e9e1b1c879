//! A display of a test's own: an X server without a screen, a window manager, hands and eyes.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use x11rb::CURRENT_TIME;
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{ConnectionExt, CreateWindowAux, WindowClass};
use x11rb::rust_connection::RustConnection;

use crate::window::PATIENCE;

/// Between two looks at something.
const PAUSE: Duration = Duration::from_millis(30);
/// What a picture must at least have of colours: the window's parts, and the edges of its letters.
const COLOURS: usize = 24;
/// The size of the screen.
pub const SIZE: &str = "1280x800";

/// Waits until a look finds something; `None` when it never does.
pub fn wait<T>(mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let began = Instant::now();
    loop {
        if let Some(found) = look() {
            return Some(found);
        }
        if began.elapsed() > PATIENCE {
            return None;
        }
        pause();
    }
}

fn pause() {
    rest(PAUSE);
}

/// Lets time pass: for what is measured over a time, and between two looks.
pub fn rest(time: Duration) {
    #[expect(clippy::disallowed_methods, reason = "on a thread without a runtime")]
    std::thread::sleep(time); // wait: see above
}

/// The display. It is gone on drop, with all that was shown on it.
pub struct Display {
    server: Child,
    manager: Option<Child>,
    name: String,
    /// The home of the window manager.
    home: TempDir,
}

impl Display {
    /// Starts one with a free number, and waits until windows can be managed on it.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// The same, with these options of the server.
    pub fn start_with(options: &[&str]) -> Self {
        let home = tempfile::tempdir().unwrap();
        // It says the number that it has found on the first descriptor.
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-nolisten", "tcp", "-noreset"])
            .args(["-screen", "0", &format!("{SIZE}x24")])
            .args(options)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(home.path().join("server.log")).unwrap())
            .spawn()
            .expect("try: apt-get install xvfb");
        let mut number = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut number).unwrap();
        let name = format!(":{}", number.trim());
        let mut display = Self { server, manager: None, name, home };
        let log = File::create(display.home.path().join("manager.log")).unwrap();
        let mut manager = display.command("openbox");
        manager.env("HOME", display.home.path()).stderr(log);
        display.manager = Some(manager.spawn().expect("try: apt-get install openbox"));
        // There are desktops once somebody manages them.
        wait(|| display.try_hands(&["get_num_desktops"])).expect("openbox doesn't begin");
        display
    }

    /// As in `DISPLAY`.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env("DISPLAY", &self.name).stdin(Stdio::null()).stdout(Stdio::null());
        command
    }

    fn output(&self, program: &str, words: &[&str]) -> Output {
        let mut command = self.command(program);
        let output = command.args(words).stdout(Stdio::piped()).output();
        output.unwrap_or_else(|error| panic!("{program}: {error}; try: scripts/need test"))
    }

    fn try_hands(&self, words: &[&str]) -> Option<String> {
        let output = self.output("xdotool", words);
        output.status.success().then(|| String::from_utf8(output.stdout).unwrap())
    }

    fn hands(&self, words: &[&str]) {
        assert!(self.try_hands(words).is_some(), "xdotool {words:?} failed");
    }

    /// Presses a key, as `ctrl+n`.
    pub fn press(&self, key: &str) {
        self.hands(&["key", "--clearmodifiers", key]);
    }

    /// Presses keys, each when the one before has had its effect: `ctrl+n Tab Return`.
    pub fn steps(&self, keys: &str) {
        for key in keys.split(' ') {
            self.press(key);
            self.settle();
        }
    }

    /// Types a text of letters that a keyboard has.
    pub fn write(&self, text: &str) {
        self.hands(&["type", "--clearmodifiers", "--delay", "15", "--", text]);
    }

    /// Puts the pointer where nothing is under it.
    pub fn point_away(&self) {
        self.hands(&["mousemove", "0", "799"]);
    }

    /// Clicks in a window, so far right of its left edge and above its lower one.
    pub fn click(&self, window: &str, right: u32, above: u32) {
        self.point(window, right, above);
        self.hands(&["click", "1"]);
    }

    /// Moves the pointer there.
    fn point(&self, window: &str, right: u32, above: u32) {
        let shape = self.try_hands(&["getwindowgeometry", "--shell", window]).unwrap();
        let height: u32 =
            shape.lines().find_map(|line| line.strip_prefix("HEIGHT=")).unwrap().parse().unwrap();
        let (x, y) = (right.to_string(), (height - above).to_string());
        self.hands(&["mousemove", "--window", window, &x, &y]);
    }

    /// Turns the wheel over a window, so far right of its left edge and above its lower one; up, or down.
    pub fn turn_wheel(&self, window: &str, right: u32, above: u32, up: bool, steps: u32) {
        self.point(window, right, above);
        let (button, steps) = (if up { "4" } else { "5" }, steps.to_string());
        self.hands(&["click", "--repeat", &steps, "--delay", "20", button]);
    }

    /// The windows of that exact name that can be seen.
    pub fn windows(&self, title: &str) -> Vec<String> {
        let title = format!("^{title}$");
        let found = self.try_hands(&["search", "--onlyvisible", "--name", &title]);
        found.unwrap_or_default().lines().map(str::to_owned).collect()
    }

    /// The window that gets the keys.
    pub fn in_front(&self) -> Option<String> {
        self.try_hands(&["getactivewindow"]).map(|id| id.trim().to_owned())
    }

    /// Puts the window away, as its button does.
    pub fn minimize(&self, window: &str) {
        self.hands(&["windowminimize", window]);
    }

    /// Copies something as a program does that hangs from then on: whoever wants to paste it gets no answer.
    pub fn hold_the_clipboard(&self) -> RustConnection {
        let (server, screen) = RustConnection::connect(Some(&self.name)).unwrap();
        let window = server.generate_id().unwrap();
        let root = server.setup().roots[screen].root;
        let (class, look) = (WindowClass::INPUT_ONLY, CreateWindowAux::new());
        server.create_window(0, window, root, 0, 0, 1, 1, 0, class, 0, &look).unwrap();
        let clipboard = server.intern_atom(false, b"CLIPBOARD").unwrap().reply().unwrap().atom;
        server.set_selection_owner(window, clipboard, CURRENT_TIME).unwrap().check().unwrap();
        server
    }

    /// What is seen: three bytes a point.
    pub fn picture(&self) -> Vec<u8> {
        let output = self.output("import", &["-window", "root", "-depth", "8", "rgb:-"]);
        assert!(output.status.success(), "import failed");
        output.stdout
    }

    /// Waits until nothing moves: two pictures that are the same, and of more than an empty screen.
    pub fn settle(&self) -> Vec<u8> {
        self.settle_over(1)
    }

    /// The same for a window that takes its time: so many pictures in a row that are like the one before.
    pub fn settle_over(&self, pictures: usize) -> Vec<u8> {
        let (mut before, mut same) = (self.picture(), 0);
        let same = wait(|| {
            pause();
            let now = self.picture();
            same = if now == before && colours(&now) >= COLOURS { same + 1 } else { 0 };
            before = now;
            (same >= pictures).then(|| before.clone())
        });
        same.unwrap_or_else(|| panic!("it moves all the time, or is empty: {}", self.keep("moves")))
    }

    /// Keeps a picture for whoever looks into a failed test, and says where.
    pub fn keep(&self, name: &str) -> String {
        let file = format!("{name}-{}.png", std::process::id());
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(file);
        let path = path.display().to_string();
        self.output("import", &["-window", "root", &path]);
        format!("see {path}")
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        if let Some(manager) = &mut self.manager {
            end(manager);
        }
        // It takes its socket and its lock with it, so it isn't killed.
        end(&mut self.server);
    }
}

/// Asks a process of ours to end, and waits for it.
fn end(process: &mut Child) {
    kill_process(Pid::from_child(process), Signal::TERM).ok(); // It may be gone.
    let ended = wait(|| process.try_wait().unwrap());
    if ended.is_none() {
        process.kill().unwrap();
        process.wait().unwrap();
    }
}

/// How many different colours there are, as far as it matters.
fn colours(picture: &[u8]) -> usize {
    let mut seen = BTreeSet::new();
    for point in picture.chunks_exact(3) {
        seen.insert(point);
        if seen.len() >= COLOURS {
            break;
        }
    }
    seen.len()
}
