//! How a repository of 20,000 files stands, on a warm host: one round trip, and what git itself takes there.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use futures::FutureExt;
use orchestrator::seam::{At, FilePath, GitQuery, GitReply, GitStatus, Query, Reply};
use orchestrator::transport::Call;

use crate::bed::Bed;
use crate::desk::Desk;
use crate::rounds::{Method, Sample, take_turns};
use crate::small::millis;
use crate::table::Row;
use crate::{Outcome, Scale};

/// Directories of the repository, and files of each.
const DIRECTORIES: usize = 200;
const FILES: usize = 100;

/// Files of each kind of change.
const CHANGES: usize = 20;

/// What we ask git for, both at once as we do, timed on the host; what the clock itself takes is taken off.
const ITSELF: &str = "export LC_ALL=C GIT_OPTIONAL_LOCKS=0; a=$(date +%s%N); b=$(date +%s%N)
git status --porcelain=v2 --branch --show-stash -z --untracked-files=all >/dev/null &
git diff --no-ext-diff --no-textconv --shortstat HEAD -- >/dev/null
wait $!; c=$(date +%s%N); echo $((c - b - (b - a)))";

/// The status alone.
const STATUS: &str = "export LC_ALL=C GIT_OPTIONAL_LOCKS=0; a=$(date +%s%N); b=$(date +%s%N)
git status --porcelain=v2 --branch --show-stash -z --untracked-files=all >/dev/null
c=$(date +%s%N); echo $((c - b - (b - a)))";

/// Measures it.
pub async fn measure(bed: &Bed, scale: Scale) -> Outcome<Vec<Row>> {
    let repository = tempfile::Builder::new().prefix("bb").tempdir_in("/tmp")?;
    let top = repository.path().join("work");
    make(&top)?;
    let desk = Desk::new(bed.config(), &["dev"]).await?;
    let connection = desk.connection("dev")?;
    let (ours, host, place) = (&desk, &connection, top.as_path());
    let methods = [
        Method::new("status and counts", || {
            async move {
                let start = Instant::now();
                let status = status(ours, place).await?;
                let taken = millis(start);
                let told = (status.changed, status.lines.0 > 0, status.ahead_behind);
                let made = (u32::try_from(3 * CHANGES)?, true, Some((1, 0)));
                if told == made { Ok(taken) } else { Err(format!("told {told:?}").into()) }
            }
            .boxed()
        }),
        Method::new("git itself", || {
            async move { timed(host.call(Call::new(within(place, ITSELF))).await?.stdout) }.boxed()
        }),
        Method::new("git status alone", || {
            async move { timed(host.call(Call::new(within(place, STATUS))).await?.stdout) }.boxed()
        }),
        Method::new("round trip", || bed.round_trip().boxed()),
    ];
    let samples = take_turns(scale.share(2), &methods).await?;
    let [whole, git, alone, round_trip] = &samples[..] else {
        return Err("a method is missing".into());
    };
    let row = row(whole, git, alone, round_trip);
    desk.stop().await;
    Ok(vec![row])
}

fn row(whole: &Sample, git: &Sample, alone: &Sample, round_trip: &Sample) -> Row {
    // Round by round: what slows a whole round down falls out.
    let over = whole.over(git);
    let limit = 1.1 * round_trip.median() + 5.0;
    Row {
        what: format!(
            "git status and counts, {} files, warm: {} over git's own",
            DIRECTORIES * FILES,
            over.spread("ms")
        ),
        ours: whole.spread("ms"),
        ssh: format!("git there: {}; its status alone: {}", git.spread("ms"), alone.spread("ms")),
        ratio: None,
        mark: Some((format!("≤ {limit:.1} ms over it (1.1 RTT + 5)"), over.median() <= limit)),
    }
}

async fn status(desk: &Desk, top: &Path) -> Outcome<Box<GitStatus>> {
    let directory = Some(FilePath::from(top.display().to_string().as_str()));
    let at = At::Host { host: "dev".into(), directory };
    match desk.query(Query::Repository(GitQuery::Status { at, seen: None })).await? {
        Reply::Repository(GitReply::Status(Some(status))) => Ok(status),
        other => Err(format!("no status but {other:?}").into()),
    }
}

fn within(top: &Path, script: &str) -> String {
    format!("cd {} && {}", top.display(), script.replace('\n', "; ").replace("&; ", "& "))
}

fn timed(nanos: Vec<u8>) -> Outcome<f64> {
    let nanos: f64 = String::from_utf8_lossy(&nanos).trim().parse()?;
    Ok(nanos / 1e6)
}

/// A repository with a commit that isn't pushed, and files that were changed, staged and added.
fn make(top: &Path) -> Outcome<()> {
    for directory in 0..DIRECTORIES {
        let path = top.join(format!("crate_{directory:03}/src"));
        fs::create_dir_all(&path)?;
        for file in 0..FILES {
            let text = format!("pub fn number_{file}() -> u32 {{\n    {directory}\n}}\n").repeat(8);
            fs::write(path.join(format!("file_{file:03}.rs")), text)?;
        }
    }
    let file = |directory: usize, name: &str| top.join(format!("crate_{directory:03}/src/{name}"));
    git(top, &["init", "-q", "-b", "main"])?;
    git(top, &["add", "-A"])?;
    git(top, &["commit", "-q", "-m", "All of it"])?;
    git(top, &["update-ref", "refs/remotes/origin/main", "HEAD"])?;
    git(top, &["remote", "add", "origin", "ssh://nobody.invalid/work"])?;
    git(top, &["config", "branch.main.remote", "origin"])?;
    git(top, &["config", "branch.main.merge", "refs/heads/main"])?;
    git(top, &["commit", "-q", "--allow-empty", "-m", "More"])?;
    for change in 0..CHANGES {
        let directory = change * DIRECTORIES / CHANGES;
        fs::write(file(directory, "file_001.rs"), "pub fn staged() {}\n")?;
    }
    git(top, &["add", "-A"])?;
    for change in 0..CHANGES {
        let directory = change * DIRECTORIES / CHANGES;
        fs::write(file(directory, "file_002.rs"), "pub fn changed() {}\n")?;
        fs::write(file(directory, "new.rs"), "pub fn new() {}\n")?;
    }
    // As after a person's own: times of the files are in the index.
    git(top, &["status", "-s"])
}

fn git(top: &Path, words: &[&str]) -> Outcome<()> {
    let status = Command::new("git")
        .arg("-C")
        .arg(top)
        .args(["-c", "user.name=Bench", "-c", "user.email=bench@example.org"])
        .args(words)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status()?;
    if status.success() {
        return Ok(());
    }
    Err(format!("git {} ended with {status}", words.join(" ")).into())
}
