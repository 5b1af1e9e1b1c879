//! Shells that die at every step of what they do.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;
use std::time::Duration;

use orchestrator::transport::Connection;
use shared_history::Files;
use tempfile::TempDir;

use crate::bed::{
    NAME, Project, USED, age, append_surely, assert_each_once, entry, local_over, size,
};

/// When the shell dies that has started a program.
#[derive(Clone, Copy, Debug)]
enum Moment {
    Before,
    After,
}

/// A machine where the shell dies that starts the nth program.
struct Deadly {
    connection: Connection,
    home: TempDir,
}

impl Deadly {
    fn new(sh: &str, lock: Option<&'static str>) -> Self {
        let home = baton_tests::short_dir();
        let bin = home.path().join("bin");
        fs::create_dir(&bin).unwrap();
        symlink(format!("/usr/bin/{sh}"), bin.join("sh")).unwrap();
        for name in USED.into_iter().chain(lock) {
            // mksh answers with it, so that nothing of ours is left to die.
            if name == "printf" {
                symlink("/usr/bin/printf", bin.join(name)).unwrap();
                continue;
            }
            // A subshell of one command is that command: its parent is the shell that is meant.
            let text = format!(
                "#!/bin/dash\nd={}\n[ -e $d/at ] || exec /usr/bin/{name} \"$@\"\n\
                 echo {name} >>$d/count; n=0\nwhile read -r x; do n=$((n+1)); done <$d/count\n\
                 read -r at moment <$d/at\n\
                 [ \"$n $moment\" != \"$at before\" ] || {{ echo >$d/killed; kill -KILL $PPID; exit 9; }}\n\
                 /usr/bin/{name} \"$@\"; status=$?\n\
                 [ \"$n $moment\" != \"$at after\" ] || {{ echo >$d/killed; kill -KILL $PPID; }}\n\
                 exit $status\n",
                home.path().display()
            );
            fs::write(bin.join(name), text).unwrap();
            fs::set_permissions(bin.join(name), fs::Permissions::from_mode(0o755)).unwrap();
        }
        let path = bin.display().to_string();
        Self { connection: local_over(&bin.join("sh"), home.path(), &path, &[]), home }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// Lets the shell die that starts the nth program from now on.
    fn arm(&self, nth: usize, moment: Moment) {
        for name in ["count", "killed"] {
            if self.file(name).exists() {
                fs::remove_file(self.file(name)).unwrap();
            }
        }
        let moment = match moment {
            Moment::Before => "before",
            Moment::After => "after",
        };
        fs::write(self.file("at"), format!("{nth} {moment}\n")).unwrap();
    }

    /// Says whether a shell has died, and lets no other one die.
    fn disarm(&self) -> bool {
        fs::remove_file(self.file("at")).unwrap();
        self.file("killed").exists()
    }

    /// Does `work` while the shell dies that starts the nth program. Who dies before it has said who it is leaves a lock
    /// that stands for a minute: that is over at once.
    async fn while_deadly<T>(&self, project: &Project, work: impl Future<Output = T>) -> T {
        let lock = project.history().join(format!(".{NAME}.lock.d"));
        let aging = async {
            loop {
                let taken = lock.join("taken");
                let half = if taken.exists() { taken } else { lock.clone() };
                if self.file("killed").exists() && half.exists() && !half.join("owner").exists() {
                    age(&half);
                }
                tokio::time::sleep(Duration::from_millis(20)).await; // wait: between two looks
            }
        };
        tokio::select! {
            done = work => done,
            () = aging => unreachable!("it has no end"),
        }
    }
}

/// More programs than any step takes.
const MOST_STEPS: usize = 40;

async fn an_append_survives(sh: &str, lock: Option<&'static str>) {
    let machine = Deadly::new(sh, lock);
    let of = format!("{sh}, {lock:?}");
    for (torn, length) in [("", 5), ("{\"id\":\"ha", 5), ("", 5_000), ("{\"id\":\"ha", 5_000)] {
        // With a torn line come all the steps of one without, but where perl alone does it.
        let is_known = torn.is_empty() && (length > 5 || lock != Some("perl"));
        if is_known && (sh, lock) != ("dash", Some("flock")) && size("BATON_SOAK_KILLS", 0) == 0 {
            continue;
        }
        for moment in [Moment::Before, Moment::After] {
            for nth in 1.. {
                assert!(nth < MOST_STEPS, "{of}");
                let project = Project::new(&machine.connection);
                let first = entry("1", "x");
                project.write(&[&first[..], b"\n", torn.as_bytes()].concat());
                let second = entry("2", &"größe ".repeat(length));
                machine.arm(nth, moment);
                let appending = append_surely(&project.files, "2", &second);
                machine.while_deadly(&project, appending).await;
                let has_died = machine.disarm();
                let third = entry("3", "z");
                let appending = append_surely(&project.files, "3", &third);
                machine.while_deadly(&project, appending).await;
                let ids = ["1", "2", "3"].map(str::to_owned);
                assert_each_once(&project.bytes(), ids.into_iter());
                if !torn.is_empty() {
                    let aside = project.history().join(format!(".{NAME}.torn"));
                    assert!(fs::read_to_string(aside).unwrap().contains(torn), "{of}: {nth}");
                }
                if !has_died {
                    break;
                }
            }
        }
    }
    machine.connection.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_append_survives_a_death_at_every_step_in_dash() {
    an_append_survives("dash", Some("flock")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_append_survives_a_death_at_every_step_in_bash() {
    an_append_survives("bash", Some("flock")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_append_survives_a_death_at_every_step_in_mksh() {
    an_append_survives("mksh", Some("flock")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_append_survives_a_death_at_every_step_without_flock() {
    an_append_survives("dash", None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_append_survives_a_death_at_every_step_with_perl() {
    an_append_survives("dash", Some("perl")).await;
}

async fn a_trim_survives(sh: &str, lock: Option<&'static str>) {
    let machine = Deadly::new(sh, lock);
    let old: String = (0..50).map(|number| format!("{{\"id\":\"{number}\"}}\n")).collect();
    let new: String = (40..50).map(|number| format!("{{\"id\":\"{number}\"}}\n")).collect();
    for moment in [Moment::Before, Moment::After] {
        for nth in 1.. {
            assert!(nth < MOST_STEPS);
            let project = Project::new(&machine.connection);
            project.write(old.as_bytes());
            machine.arm(nth, moment);
            let trimmed = project.files.trim(NAME, 10).await;
            let has_died = machine.disarm();
            let bytes = project.bytes();
            let text = String::from_utf8(bytes).unwrap();
            assert!(text == old || text == new, "{sh}: {nth} {moment:?}: {text}");
            if trimmed.is_ok() {
                assert_eq!(text, new, "{sh}: {nth} {moment:?}");
            }
            let trimming = project.files.trim(NAME, 10);
            let again = machine.while_deadly(&project, trimming).await;
            assert!(
                again.is_ok(),
                "{sh}: {nth} {moment:?}: {again:?}, after {trimmed:?} {}",
                fs::read_to_string(machine.file("count")).unwrap()
            );
            assert_eq!(project.bytes(), new.as_bytes(), "{sh}: {nth} {moment:?}");
            assert_eq!(project.litter(), Vec::<String>::new(), "{sh}: {nth} {moment:?}");
            if !has_died {
                break;
            }
        }
    }
    machine.connection.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trim_survives_a_death_at_every_step() {
    let all = [
        ("dash", Some("flock")),
        ("bash", Some("flock")),
        ("mksh", Some("flock")),
        ("dash", None),
        ("bash", None),
    ]
    .map(|(sh, lock)| tokio::spawn(a_trim_survives(sh, lock)));
    for one in futures::future::join_all(all).await {
        one.unwrap();
    }
}
