//! Where tmux servers of a test have their sockets.

use std::fs;
use std::process::Command;

use baton_tests::{Sockets, sleepers, until};

#[tokio::test]
async fn a_tmux_ends_with_the_directory_of_its_socket_also_one_whose_socket_is_gone() {
    let (found, lost) = (Sockets::new(), Sockets::new());
    let seconds = format!("97{:06}", fastrand::u32(0..1_000_000));
    for sockets in [&found, &lost] {
        let mut tmux = Command::new("tmux");
        tmux.args(["-f", "/dev/null", "new-session", "-d", "sleep", &seconds]);
        let begun = tmux.env_remove("TMUX").env("TMUX_TMPDIR", sockets.path()).status().unwrap();
        assert!(begun.success());
    }
    until("both sleep", || sleepers(&seconds).len() == 2).await;
    for directory in fs::read_dir(lost.path()).unwrap() {
        fs::remove_dir_all(directory.unwrap().path()).unwrap();
    }
    let path = lost.path().to_owned();
    drop(lost);
    assert_eq!(sleepers(&seconds).len(), 1, "it ends with its own directory alone");
    assert!(!path.exists());
    drop(found);
    until("nobody sleeps", || sleepers(&seconds).is_empty()).await;
}
