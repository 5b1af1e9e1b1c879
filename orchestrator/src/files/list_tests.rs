//! What `list.sh` answers in every shell that is there, with GNU's programs and with busybox's.

#![allow(clippy::unwrap_used, clippy::panic, clippy::disallowed_methods)]

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant, SystemTime};

use super::form::Told;
use super::listing;
use super::scripts::SHELL_FILES;
use super::sum::ListingSum;
use crate::seam::Listing;

const SHELLS: [&[&str]; 5] =
    [&["dash"], &["bash", "--posix"], &["busybox", "sh"], &["mksh"], &["zsh", "--emulate", "sh"]];

const MARK: &str = "0123456789abcdef0123456789abcdef";
const BYTES: usize = 1 << 20;
const LIMIT: usize = 1_000;

/// A directory on a host with such a shell.
struct Host {
    dir: tempfile::TempDir,
    shell: &'static [&'static str],
    path: String,
}

impl Host {
    /// One for each shell with this machine's programs, and one with a busybox's alone.
    fn all() -> Vec<Self> {
        let is_there = |shell: &&&'static [&'static str]| {
            let tried = Command::new(shell[0]).args(&shell[1..]).args(["-c", "exit 0"]).status();
            tried.is_ok_and(|status| status.success())
        };
        let path = std::env::var("PATH").unwrap();
        let mut hosts: Vec<Self> = SHELLS
            .iter()
            .filter(is_there)
            .map(|shell| Self { dir: tempfile::tempdir().unwrap(), shell, path: path.clone() })
            .collect();
        assert!(!hosts.is_empty());
        let busybox = path.split(':').map(|folder| Path::new(folder).join("busybox"));
        if let Some(busybox) = busybox.into_iter().find(|busybox| busybox.is_file()) {
            let dir = tempfile::tempdir().unwrap();
            let bin = dir.path().join("bin");
            fs::create_dir(&bin).unwrap();
            for name in ["find", "stat", "readlink", "head", "cat", "ls", "sh", "sha1sum", "cksum"]
            {
                symlink(&busybox, bin.join(name)).unwrap();
            }
            let listed = Command::new(&busybox).arg("--list").output().unwrap();
            if !String::from_utf8_lossy(&listed.stdout).lines().any(|applet| applet == "cksum") {
                fs::remove_file(bin.join("cksum")).unwrap();
            }
            symlink(&busybox, bin.join("busybox")).unwrap();
            hosts.push(Self { path: bin.display().to_string(), dir, shell: SHELLS[2] });
        }
        for host in &hosts {
            fs::create_dir(host.root()).unwrap();
        }
        hosts
    }

    fn root(&self) -> PathBuf {
        self.dir.path().join("root")
    }

    /// What the function answers there.
    fn call(&self, function: &str, seen: Option<&ListingSum>) -> Vec<u8> {
        let (crc, sha) = seen.map_or_else(Default::default, |sum| (sum.crc(), sum.sha()));
        let script = format!(
            "{}\n({function} '{}' . {MARK} {BYTES} '{crc}' '{sha}')",
            SHELL_FILES.line().unwrap(),
            self.root().display(),
        );
        let mut command = Command::new(self.shell[0]);
        command.args(&self.shell[1..]).args(["-c", &script]).env("PATH", &self.path);
        let output = command.env("HOME", self.dir.path()).output().unwrap();
        assert!(output.status.success(), "{:?}: {output:?}", self.shell);
        output.stdout
    }

    fn read(&self, answer: &[u8]) -> (Listing, Told) {
        listing::read(answer, MARK.as_bytes(), BYTES, LIMIT).unwrap()
    }
}

#[test]
fn a_host_says_that_nothing_has_changed_and_notices_whatever_does() {
    for host in Host::all() {
        let (root, shell) = (host.root(), host.shell);
        fs::write(root.join("a\nfile"), "one").unwrap();
        fs::write(root.join("other"), "two").unwrap();
        fs::create_dir(root.join("folder")).unwrap();
        symlink("folder", root.join("link")).unwrap();
        let mut seen = None;
        let mut changed = |what: &str| {
            if let Some(seen) = &seen {
                let told = host.call("bf_list", Some(seen));
                assert_ne!(told, b"same\0", "{shell:?}: {what}");
            }
            let told = host.call("bf_list", None);
            let sum = ListingSum::of(&told, MARK.as_bytes(), LIMIT);
            let again = host.call("bf_list", Some(&sum));
            assert_eq!(String::from_utf8_lossy(&again), "same\0", "{shell:?}: {what}");
            seen = Some(sum);
            host.read(&told).0.entries.len()
        };
        assert_eq!(changed("the first look"), 4);
        fs::write(root.join("other"), "longer").unwrap();
        changed("a size");
        let file = fs::File::options().append(true).open(root.join("other")).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(5)).unwrap();
        changed("a time");
        fs::set_permissions(root.join("other"), fs::Permissions::from_mode(0o600)).unwrap();
        changed("permissions");
        fs::rename(root.join("other"), root.join("another")).unwrap();
        changed("a name");
        fs::remove_file(root.join("link")).unwrap();
        symlink("nowhere", root.join("link")).unwrap();
        changed("where a link points to");
        fs::write(root.join("new"), "").unwrap();
        assert_eq!(changed("a new file"), 5);
        fs::remove_dir(root.join("folder")).unwrap();
        assert_eq!(changed("one that is gone"), 4);
    }
}

#[test]
fn names_alone_are_those_of_the_whole_listing() {
    for host in Host::all() {
        let root = host.root();
        for name in ["b", "a\nfile", " c ", "-rf", "größe"] {
            fs::write(root.join(name), name).unwrap();
        }
        fs::create_dir(root.join("folder")).unwrap();
        for (name, to) in [("link", "folder"), ("file", "b"), ("broken", "no where"), ("up", "..")]
        {
            symlink(to, root.join(name)).unwrap();
        }
        let (whole, all) = host.read(&host.call("bf_list", None));
        let (named, _) = host.read(&host.call("bf_rows", None));
        assert_eq!(all, Told::All);
        let rows = |listing: &Listing| -> Vec<_> {
            let row = |entry: &crate::seam::FileEntry| {
                (entry.path.clone(), entry.kind, entry.link.clone(), entry.outside)
            };
            listing.entries.iter().map(row).collect()
        };
        assert_eq!(rows(&named), rows(&whole), "{:?}", host.shell);
        assert_eq!((named.directory, named.more), (whole.directory, false));
    }
}

#[test]
fn a_git_that_takes_too_long_leaves_unsaid_what_it_ignores() {
    for mut host in Host::all().into_iter().filter(|host| host.shell != SHELLS[2]) {
        let (root, bin) = (host.root(), host.dir.path().join("slow"));
        fs::create_dir_all(root.join(".git")).unwrap();
        fs::create_dir(&bin).unwrap();
        fs::write(root.join("a"), "").unwrap();
        fs::write(bin.join("git"), "#!/bin/sh\nprintf 'a\\0'; exec sleep 60\n").unwrap();
        fs::set_permissions(bin.join("git"), fs::Permissions::from_mode(0o755)).unwrap();
        host.path = format!("{}:{}", bin.display(), host.path);
        let begun = Instant::now();
        let (listing, told) = host.read(&host.call("bf_list", None));
        assert!(begun.elapsed() < Duration::from_secs(30));
        assert_eq!((told, listing.entries.len()), (Told::Unsure, 2), "{:?}", host.shell);
    }
}
