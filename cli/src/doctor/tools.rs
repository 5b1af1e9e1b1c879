//! The programs that we need on this machine, and how much it lets us open.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Resource, getrlimit};
use tokio::process::Command;

use super::{Area, Finding};
use crate::app::App;
use baton_front::paths;

/// A program says its version in some 10 ms.
const PATIENCE: Duration = Duration::from_secs(10);

/// The first version that asks through us instead of on its own terminal (`SSH_ASKPASS_REQUIRE`, release notes of 8.4).
const OLDEST_SSH: (u32, u32) = (8, 4);

/// 200 programs at seven descriptors each (two sockets and five pipes or streams), and some for ourselves.
const OPEN_FILES: u64 = 1_500;

/// The ssh client: found, and new enough.
pub async fn ssh(app: &App) -> Finding {
    let program = &app.ssh;
    let shown = found_at(program);
    let from = if paths::set("BATON_SSH").is_some() { " (named by BATON_SSH)" } else { "" };
    let said = match version(program, "-V").await {
        Ok(said) => said,
        Err(error) => {
            return Finding::problem(
                Area::Ssh,
                format!("{shown}{from} can't be run: {error}"),
                "Install the OpenSSH client (`apt-get install openssh-client`), or name one with BATON_SSH",
            );
        }
    };
    match openssh_version(&said) {
        Some(version) if version >= OLDEST_SSH => {
            Finding::ok(Area::Ssh, format!("{said}, {shown}{from}"))
        }
        Some(_) => Finding::warning(
            Area::Ssh,
            format!(
                "{said}, {shown}{from} is old: it can't ask for passwords or passphrases through Baton"
            ),
            format!(
                "Update it to {}.{} or newer, or use keys that need no answer",
                OLDEST_SSH.0, OLDEST_SSH.1
            ),
        ),
        None => Finding::warning(
            Area::Ssh,
            format!("{shown}{from} doesn't say that it is OpenSSH: {said}"),
            "Name OpenSSH's client with BATON_SSH; others share no connections",
        ),
    }
}

/// git, for projects on this machine.
pub async fn git() -> Finding {
    match version(Path::new("git"), "--version").await {
        Ok(said) => Finding::ok(Area::Git, format!("{said}, {}", found_at(Path::new("git")))),
        Err(error) => Finding::warning(
            Area::Git,
            format!("git can't be run on this machine: {error}"),
            "Install it (`apt-get install git`) for projects on this machine; others use their own",
        ),
    }
}

/// How many files and sockets a process may hold open.
pub fn open_files() -> Finding {
    let limit = getrlimit(Resource::Nofile);
    match limit.current {
        Some(now) if now < OPEN_FILES => {
            let most = limit.maximum.map_or_else(|| "unlimited".into(), |most| most.to_string());
            Finding::warning(
                Area::Limits,
                format!(
                    "a process may open {now} files; 200 programs at once need some {OPEN_FILES}"
                ),
                format!("Raise it in your shell's profile: `ulimit -n 4096` (at most {most})"),
            )
        }
        Some(now) => Finding::ok(Area::Limits, format!("a process may open {now} files")),
        None => Finding::ok(Area::Limits, "a process may open any number of files"),
    }
}

/// The first line that a program prints about itself.
async fn version(program: &Path, option: &str) -> Result<String, String> {
    let mut command = Command::new(program);
    command.arg(option).stdin(Stdio::null()).kill_on_drop(true);
    let output = match tokio::time::timeout(PATIENCE, command.output()).await {
        Ok(output) => output.map_err(|error| error.to_string())?,
        Err(_) => return Err(format!("no answer within {} s", PATIENCE.as_secs())),
    };
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    let line = text.lines().map(str::trim).find(|line| !line.is_empty());
    match line {
        Some(line) if output.status.success() => {
            Ok(line.chars().filter(|c| !c.is_control()).collect())
        }
        Some(line) => Err(format!("{} ({line})", output.status)),
        None => Err(format!("it says nothing ({})", output.status)),
    }
}

/// Reads `OpenSSH_9.2p1 Debian-2…`.
fn openssh_version(said: &str) -> Option<(u32, u32)> {
    let rest = said.strip_prefix("OpenSSH_")?;
    let rest = rest.strip_prefix("for_Windows_").unwrap_or(rest);
    let (major, rest) = rest.split_once('.')?;
    let minor: String = rest.chars().take_while(char::is_ascii_digit).collect();
    Some((major.parse().ok()?, minor.parse().ok()?))
}

/// Where a name is found on `PATH`, for people; a path, and a name that is nowhere, stay as they are.
fn found_at(program: &Path) -> String {
    let places = paths::set("PATH").unwrap_or_default();
    let found = std::env::split_paths(&places)
        .map(|dir| dir.join(program))
        .find(|path| path.is_file())
        .filter(|_| program.components().count() == 1);
    found.as_deref().unwrap_or(program).display().to_string()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn the_version_of_openssh_is_read_and_others_are_told_apart() {
        assert_eq!(openssh_version("OpenSSH_9.2p1 Debian-2+deb12u7, OpenSSL 3.0"), Some((9, 2)));
        assert_eq!(openssh_version("OpenSSH_10.0p2"), Some((10, 0)));
        assert_eq!(openssh_version("Dropbear v2022.83"), None);
    }

    #[tokio::test]
    async fn a_program_that_fails_is_reported_in_its_words() {
        let error = version(Path::new("cat"), "/nowhere").await.unwrap_err();
        assert!(error.contains("/nowhere"), "{error}");
        assert!(version(Path::new("/nowhere/ssh"), "-V").await.is_err());
    }
}
