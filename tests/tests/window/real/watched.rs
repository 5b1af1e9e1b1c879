//! The program with somebody who notes each call that its own thread makes of the system: strace.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use super::account::{Account, Program};
use super::call::Call;
use super::display::wait;
use super::judge::{Judge, Verdict};

/// What every write to a disk takes longer, in microseconds: longer than any lock may be waited for.
const SLOW_DISK: u32 = 300_000;

/// Pictures in a row that are the same until a window that is watched has settled.
const STILL: usize = 6;

/// What is noted. The window is ended by whoever holds it.
pub struct Watched {
    pub program: Program,
    /// What the thread of the window has called, a line each.
    calls: PathBuf,
}

impl Account {
    /// Opens the window, noted from its first call on, on a disk on which each write takes long.
    pub fn open_watched(&self) -> Watched {
        let notes = self.home.path("calls");
        let program = self.program_here();
        let mut command = Command::new("strace");
        // As a grandchild: the process that we start is the program itself. Other programs are let go as they begin.
        command
            .args(["-D", "-ff", "-b", "execve", "-q", "-ttt", "-T", "-yy", "-s", "64"])
            .arg("-o")
            .arg(&notes);
        command.arg(format!(
            "--inject=fsync,fdatasync,rename,renameat,renameat2:delay_exit={SLOW_DISK}"
        ));
        command.arg(program.get_program()).args(program.get_args());
        command.env_clear().current_dir(self.home.path("."));
        command.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
        // The rasterizer computes on the thread that draws, so that no wait of ours is one for its threads.
        command.env("LP_NUM_THREADS", "0").env("mesa_glthread", "false");
        // A line a frame, written by the window's own thread: where it goes must not matter.
        command.env("BATON_LOG", "warn,baton_gui::frames=trace");
        let program = self.open_by(
            command,
            "apt-get install strace, and allow ptrace: a container needs the capability SYS_PTRACE",
        );
        let calls = self.home.path(&format!("calls.{}", program.pid()));
        assert!(
            calls.is_file(),
            "nothing is noted in {}; may processes be traced here (ptrace)?",
            calls.display()
        );
        Watched { program, calls }
    }
}

/// Now, as strace says it.
pub fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64()
}

impl Watched {
    /// Presses keys as `Display::steps` does: a window that is watched takes its time, so each is waited for.
    pub fn steps(&self, account: &Account, keys: &str) {
        for key in keys.split(' ') {
            self.then(account, || account.display.press(key));
        }
    }

    /// Types a text, and waits until the window has taken it in.
    pub fn write(&self, account: &Account, text: &str) {
        self.then(account, || account.display.write(text));
    }

    fn then(&self, account: &Account, act: impl FnOnce()) {
        let before = frames_with_input(account);
        act();
        account.until("a frame that takes it in", || {
            (frames_with_input(account) > before).then_some(())
        });
        account.display.settle_over(STILL);
    }

    /// Each call between two moments, with what it means. The program must have ended.
    pub fn calls(&self, from: f64, to: f64) -> Vec<(Call, Verdict)> {
        let text = wait(|| {
            let text = fs::read_to_string(&self.calls).unwrap();
            text.contains("+++ exited with").then_some(text)
        });
        let text = text.expect("strace notes no end");
        let mut judge = Judge::default();
        let calls = text.lines().filter_map(Call::read);
        let judged = calls.map(|call| {
            let verdict = judge.judge(&call);
            (call, verdict)
        });
        judged.filter(|(call, _)| (from..to).contains(&call.at)).collect()
    }
}

/// How many frames have taken in a key or a click, as the log tells.
fn frames_with_input(account: &Account) -> usize {
    let log = fs::read_to_string(account.home.path("b/state/baton-gui.log")).unwrap();
    let frames = log.lines().filter(|line| line.contains("baton_gui::frames"));
    frames.filter(|line| !line.contains("inputs=0 ")).count()
}
