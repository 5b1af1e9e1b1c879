//! Faulty configuration and sockets on this machine.

use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixListener;

use orchestrator::transport::TransportError as E;
use orchestrator::transport::stderr::Phase;

use crate::bed::Bed;

#[test]
fn a_bad_option_names_its_file_and_line() {
    let bed = Bed::start();
    for (content, words) in [
        ("Nonsense yes\n", "nonsense"),
        ("Host *\nPort many\n", "many"),
        ("Host *\nUser\n", "line 2"),
        ("Host *\nCompression perhaps\n", "perhaps"),
        ("User a b\n", "extra arguments"),
    ] {
        let file = bed.file("faulty", content, 0o600);
        let error =
            bed.hear(bed.plain(&[], &["-F", &file, "dev", "true"])).explain(Phase::Connecting);
        assert!(matches!(error, E::InvalidConfig { .. }), "{error:?}");
        let message = error.to_string();
        assert!(message.contains(words) && message.contains("line "), "{message}");
    }
    let error = bed.refused(&["-o", "Nonsense=yes"]);
    assert!(matches!(error, E::InvalidConfig { .. }), "{error:?}");
    let gone = bed.at("gone");
    let error = bed.hear(bed.plain(&[], &["-F", &gone, "dev", "true"])).explain(Phase::Connecting);
    assert!(matches!(error, E::InvalidConfig { .. }), "{error:?}");
}

/// ssh checks the owner and mode of the account's own config only, so it gets another home in a mount namespace.
#[test]
fn a_config_that_others_may_write() {
    let bed = Bed::start();
    std::fs::create_dir(bed.path(".ssh")).unwrap();
    let config = bed.file(".ssh/config", "User somebody\n", 0o666);
    let root = std::fs::metadata("/proc/self").unwrap().uid() == 0;
    let passwd = format!("root:x:0:0::{}:/bin/sh\n", bed.at(".ssh").trim_end_matches("/.ssh"));
    let passwd = bed.file("passwd", passwd, 0o644);
    let script = format!("mount --bind {passwd} /etc/passwd && exec \"$@\"");
    let flags = if root { "-m" } else { "-rm" };
    let program = ["unshare", flags, "sh", "-c", &script, "sh"];
    let error = bed.hear(bed.plain(&program, &["dev", "true"])).explain(Phase::Connecting);
    assert!(matches!(error, E::InvalidConfig { .. }), "{error:?}");
    let message = error.to_string();
    assert!(message.contains(&config), "{message}");
}

#[test]
fn a_control_socket_that_cannot_be_made() {
    let bed = Bed::start();
    let long = bed.at(&"x".repeat(120));
    let nowhere = bed.at("no/such/directory/socket");
    for socket in [long, nowhere] {
        let error = bed.refused(&["-i", &bed.at("good"), "-M", "-S", &socket]);
        assert!(matches!(error, E::SocketUnusable { .. }), "{error:?}");
        assert!(error.to_string().contains(&socket), "{error}");
    }
}

#[test]
fn a_control_socket_whose_master_is_dead() {
    let bed = Bed::start();
    drop(UnixListener::bind(bed.path("dead")).unwrap());
    let socket = bed.at("dead");
    let error =
        bed.hear(bed.ssh(&[], &["-S", &socket, "-O", "check", "dev"])).explain(Phase::Connecting);
    assert!(matches!(error, E::ConnectionLost { .. }), "{error:?}");
}
