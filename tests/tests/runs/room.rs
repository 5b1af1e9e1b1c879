//! A home without room: said before anything is launched.

use std::path::Path;
use std::process::Command;

use baton_tests::TestSshd;
use orchestrator::failure::{Code, Failure};
use orchestrator::run::{Refusal, RunError, Stdin};
use orchestrator::seam::RunId;

use crate::bed::{folder, runs, sh};
use crate::support::openssh;

/// A file system of its own at a place, gone on drop.
struct Mounted<'a>(&'a Path);

impl<'a> Mounted<'a> {
    fn at(place: &'a Path, options: &str) -> Self {
        std::fs::create_dir_all(place).unwrap();
        let mut mount = Command::new("mount");
        let mounted =
            mount.args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(place).status().unwrap();
        assert!(mounted.success(), "this test needs root, to mount a small disk");
        Self(place)
    }

    fn read_only(&self) {
        let remounted =
            Command::new("mount").args(["-o", "remount,ro"]).arg(self.0).status().unwrap();
        assert!(remounted.success());
    }
}

impl Drop for Mounted<'_> {
    fn drop(&mut self) {
        let gone = Command::new("umount").arg("-l").arg(self.0).status();
        assert!(gone.is_ok_and(|status| status.success()));
    }
}

async fn refused(host: &crate::support::Host, prompt: usize) -> (Refusal, Failure) {
    let run = RunId::random();
    let proof = host.proof();
    let mut job = sh(&format!("touch {}", proof.display()));
    job.stdin = Stdin::Bytes(vec![b'x'; prompt]);
    let error = runs(host).launch(&run, &job).await.unwrap_err();
    assert!(!proof.exists());
    assert!(!folder(host).join(run.as_str()).exists(), "left behind");
    match &error {
        RunError::NoRoom { why, .. } => (*why, Failure::from(&error)),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_a_large_prompt_and_a_read_only_home_are_said_before_anything_is_launched() {
    let host = openssh(TestSshd::start());
    let home = host.sshd.as_ref().unwrap().dir().join("home");
    let disk = Mounted::at(&home, "size=1m");
    let (why, failure) = refused(&host, 4 * 1024 * 1024).await;
    assert_eq!((why, failure.code), (Refusal::Full, Code::TooLarge), "{failure:?}");
    assert!(failure.message.contains("the disk is full"), "{failure:?}");
    Command::new("sh")
        .args(["-c", &format!("cat /dev/zero >{}/fill 2>/dev/null", home.display())])
        .status()
        .unwrap();
    assert_eq!(refused(&host, 0).await.0, Refusal::Full);
    disk.read_only();
    let (why, failure) = refused(&host, 0).await;
    assert_eq!((why, failure.code), (Refusal::ReadOnly, Code::PermissionDenied), "{failure:?}");
    host.connection.close().await;
    drop(disk);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_fills_up_later_does_not_lose_the_status() {
    let host = openssh(TestSshd::start());
    let home = host.sshd.as_ref().unwrap().dir().join("home");
    let disk = Mounted::at(&home, "size=1m");
    let (_, heard, status) =
        crate::bed::finish(&runs(&host), &sh("cat /dev/zero >fill; echo full >&2; exit 8")).await;
    assert_eq!(status, 8, "{heard:?}");
    host.connection.close().await;
    drop(disk);
}
