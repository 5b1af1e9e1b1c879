//! Other programs that write beside us.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use shared_history::{Files, Known};

use crate::bed::{Project, assert_each_once, entry, hosts, inode, size};

const OTHER: &str = "history-other.local.jsonl";

/// One of the three commands that it takes to add an entry the way that reads a whole file and writes it anew.
fn command(script: &str, dir: &Path, stdin: &[u8]) -> Vec<u8> {
    let mut child = Command::new("sh")
        .args(["-c", script])
        .current_dir(dir)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut pipe = child.stdin.take().unwrap();
    std::io::Write::write_all(&mut pipe, stdin).unwrap();
    drop(pipe);
    child.wait_with_output().unwrap().stdout
}

/// Adds an entry to the other host's file: makes the directory, reads the file, writes all of it with one line more.
fn add_by_rewriting(dir: &Path, line: &[u8]) {
    command("mkdir -p .maestro/history", dir, b"");
    let mut all = command(&format!("cat .maestro/history/{OTHER}"), dir, b"");
    all.extend_from_slice(line);
    all.push(b'\n');
    let base64 = command("base64 -w 0", dir, &all);
    command(&format!("base64 -d >.maestro/history/{OTHER}"), dir, &base64);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_rewrites_its_own_file_and_we_lose_nothing_of_each_other() {
    let count = size("BATON_SOAK_ENTRIES", 40);
    for (transport, host) in hosts() {
        let project = Project::new(&host.connection);
        let dir = project.dir.clone();
        let other = tokio::task::spawn_blocking(move || {
            for number in 0..count {
                let id = format!("o{number}");
                add_by_rewriting(&dir, &entry(&id, "größe of the other"));
            }
        });
        let mut seen = 0;
        for number in 0..count {
            let id = format!("w{number}");
            project.add(&id, &entry(&id, "größe of ours")).await;
            // Whatever is there of the other's is read as it is, half or whole.
            let look = project.files.look(&[], 0).await.unwrap();
            if look.files.iter().any(|file| file.name == OTHER) {
                let identity = inode(&project.history().join(OTHER));
                let known = Known { name: OTHER.into(), identity, offset: 0 };
                let look = project.files.look(&[known], 1024 * 1024).await.unwrap();
                seen += usize::from(look.files.iter().any(|file| file.fresh.is_some()));
            }
            if number % 10 == 9 {
                project.files.trim(crate::bed::NAME, 1_000_000).await.unwrap();
            }
        }
        other.await.unwrap();
        assert!(seen > 0, "{transport}");
        assert_each_once(&project.bytes(), (0..count).map(|number| format!("w{number}")));
        let others = fs::read(project.history().join(OTHER)).unwrap();
        assert_each_once(&others, (0..count).map(|number| format!("o{number}")));
        assert_eq!(project.litter(), Vec::<String>::new(), "{transport}");
        host.connection.close().await;
    }
}
