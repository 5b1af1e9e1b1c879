//! What a project's git thinks of its history.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use orchestrator::history::Ignored;
use shared_history::{Denial, FilesError};

use crate::bed::{Machine, Project, Tools, hosts};

fn git(project: &Project, words: &[&str]) {
    let done = Command::new("git").arg("-C").arg(&project.dir).args(words).output().unwrap();
    assert!(done.status.success(), "{done:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repository_that_does_not_ignore_its_history_can_be_made_to() {
    for (transport, host) in hosts() {
        let project = Project::new(&host.connection);
        assert_eq!(project.files.ignored().await.unwrap(), Ignored::NoRepository, "{transport}");
        git(&project, &["init", "-q"]);
        assert_eq!(project.files.ignored().await.unwrap(), Ignored::No, "{transport}");
        assert!(project.files.ignore().await.unwrap(), "{transport}");
        assert_eq!(project.files.ignored().await.unwrap(), Ignored::Yes, "{transport}");
        assert!(!project.files.ignore().await.unwrap(), "{transport}");
        let ignore = project.dir.join(".gitignore");
        assert_eq!(fs::read(&ignore).unwrap(), b".maestro/history/\n", "{transport}");

        // A last line without an end stays a line of its own.
        fs::write(&ignore, "target").unwrap();
        assert!(project.files.ignore().await.unwrap(), "{transport}");
        assert_eq!(fs::read(&ignore).unwrap(), b"target\n.maestro/history/\n", "{transport}");
        for there in ["/.maestro/history/\n", "a\r\n.maestro/history/\r\n", ".maestro/history/"] {
            fs::write(&ignore, there).unwrap();
            assert!(!project.files.ignore().await.unwrap(), "{transport}: {there:?}");
            assert_eq!(fs::read_to_string(&ignore).unwrap(), there, "{transport}");
        }
        for not in ["#.maestro/history/\n", "x.maestro/history/\n", "a.maestro/history/\n"] {
            fs::write(&ignore, not).unwrap();
            assert!(project.files.ignore().await.unwrap(), "{transport}: {not:?}");
        }
        fs::remove_file(&ignore).unwrap();
        symlink("/etc/hostname", &ignore).unwrap();
        match project.files.ignore().await {
            Err(FilesError::Denied { denial: Denial::Symlink, path }) => {
                assert_eq!(path, ignore.to_str().unwrap(), "{transport}");
            }
            other => panic!("{transport}: {other:?}"),
        }
        host.connection.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_deep_in_a_repository_and_a_machine_without_git_are_told() {
    for sh in ["dash", "bash", "mksh"] {
        let machine = Machine::new(sh, Tools::All);
        let top = Project::new(&machine.connection);
        git(&top, &["init", "-q"]);
        let deep = Project::at(&machine.connection, top.dir.join("a/b"));
        fs::create_dir_all(&deep.dir).unwrap();
        assert_eq!(deep.files.ignored().await.unwrap(), Ignored::No, "{sh}");
        assert!(deep.files.ignore().await.unwrap(), "{sh}");
        assert_eq!(deep.files.ignored().await.unwrap(), Ignored::Yes, "{sh}");
        assert_eq!(top.files.ignored().await.unwrap(), Ignored::No, "{sh}");
        fs::write(top.dir.join(".gitignore"), ".maestro\n").unwrap();
        assert_eq!(top.files.ignored().await.unwrap(), Ignored::Yes, "{sh}");
        machine.connection.close().await;
        let machine = Machine::new(sh, Tools::NoLock);
        let project = Project::at(&machine.connection, top.dir.clone());
        assert_eq!(project.files.ignored().await.unwrap(), Ignored::NoGit, "{sh}");
        machine.connection.close().await;
    }
}
