//! Shells that outlive engines, and those that can not be found.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_typed_just_before_the_engine_ends_arrives() {
    for way in [Way::OpenSsh, Way::Native, Way::Local] {
        let bed = Bed::of(way);
        let desk = bed.laptop.engine().await;
        let mut window = bed.open(&desk, true).await;
        desk.stop().await;
        for round in 0..4 {
            let desk = bed.laptop.engine().await;
            let again = Window::back(&desk, &window.id).await;
            let file = bed.file(&format!("typed-{round}"));
            let line = format!(": {}\rtouch {}\r", "x".repeat(3000), file.display());
            again.type_(&desk, &line).await;
            desk.stop().await;
            until("it was carried out", || file.exists()).await;
        }
        let desk = bed.laptop.engine().await;
        window = Window::follow(&desk, &window.id).await;
        window.close(&desk).await;
        desk.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shell_that_this_data_directory_does_not_know_is_left_alone() {
    let bed = Bed::of(Way::OpenSsh);
    let desk = bed.laptop.engine().await;
    let window = bed.open(&desk, true).await;
    let id = window.id.clone();
    desk.stop().await;
    // As where a copy of the data directory is used again, or on another laptop.
    let db = rusqlite::Connection::open(bed.laptop.path("data/baton.db")).unwrap();
    assert_eq!(db.execute("DELETE FROM terminals WHERE id = ?1", [&id]).unwrap(), 1);
    drop(db);
    let desk = bed.laptop.engine().await;
    assert_eq!(listed(&desk).await, []);
    let mut other = bed.open(&desk, true).await;
    other.type_(&desk, "echo $((6 * 7))\r").await;
    other.shows("42").await;
    other.close(&desk).await;
    let mut another = bed.open(&desk, true).await;
    another.close(&desk).await;
    desk.stop().await;
    let servers = processes(|words| words.iter().any(|word| word.ends_with(&id)));
    assert!(!servers.is_empty(), "somebody's shell was ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kept_shell_is_found_where_the_environment_that_it_was_opened_in_put_it() {
    for transport in ["openssh", "native"] {
        let bed = Bed::of(if transport == "native" { Way::Native } else { Way::OpenSsh });
        let hosts = |env: &str| {
            bed.laptop.write_hosts(&format!(
                "[host.box]\nssh_config = \"box\"\ntransport = \"{transport}\"\n[host.box.env]\n{env}"
            ));
        };
        let elsewhere = Sockets::new();
        hosts(&format!("TMUX_TMPDIR = \"{}\"\n", elsewhere.path().display()));
        let desk = bed.laptop.engine().await;
        let mut window = bed.open(&desk, true).await;
        window.remember(&desk).await;
        desk.stop().await;
        // The same, and then another environment.
        for env in [None, Some("OTHER = \"x\"\n")] {
            if let Some(env) = env {
                hosts(env);
            }
            let desk = bed.laptop.engine().await;
            let mut window = Window::back(&desk, &window.id).await;
            window.still_remembers(&desk).await;
            if env.is_some() {
                window.close(&desk).await;
                until("it has ended", || servers_of(&window.id) == 0).await;
            }
            desk.stop().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shell_whose_tmux_is_not_found_goes_on_and_comes_back_when_it_is_opened_again() {
    let bed = Bed::of(Way::OpenSsh);
    let desk = bed.laptop.engine().await;
    let mut window = bed.open(&desk, true).await;
    window.remember(&desk).await;
    desk.stop().await;
    let hidden = bed.without_tmux();
    let desk = bed.laptop.engine().await;
    let mut window = Window::follow(&desk, &window.id).await;
    window.until("lost", |window| matches!(window.state(), Some(TerminalState::Lost { .. }))).await;
    let Some(TerminalState::Lost { why }) = window.state() else { panic!() };
    assert!(why.hint.as_ref().unwrap().contains("goes on"), "{why:?}");
    fs::remove_file(hidden).unwrap();
    terminal(&desk, TerminalCommand::Reopen { id: window.id.clone() }).await;
    window.until("open", is_open).await;
    window.still_remembers(&desk).await;
    let text = window.text().replace("\x1b[0m\x0f", "");
    assert_eq!(text.matches("set\r\n").count(), 1, "{text}");
    window.close_all_of_it(&desk).await;
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shell_whose_socket_was_cleared_away_is_found_again() {
    for way in [Way::OpenSsh, Way::Local] {
        let bed = Bed::of(way);
        let desk = bed.laptop.engine().await;
        let mut window = bed.open(&desk, true).await;
        window.remember(&desk).await;
        desk.stop().await;
        for directory in fs::read_dir(bed.sockets.path()).unwrap() {
            fs::remove_dir_all(directory.unwrap().path()).unwrap();
        }
        let desk = bed.laptop.engine().await;
        let mut window = Window::back(&desk, &window.id).await;
        window.still_remembers(&desk).await;
        window.close_all_of_it(&desk).await;
        assert_eq!(bed.sockets(), 0);
        desk.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tmux_that_does_not_make_its_socket_again_is_not_taken_for_one_that_has_ended() {
    use rustix::process::{Pid, Signal, kill_process};

    let bed = Bed::of(Way::OpenSsh);
    let desk = bed.laptop.engine().await;
    let mut window = bed.open(&desk, true).await;
    window.remember(&desk).await;
    desk.stop().await;
    let is_server = |words: &[String]| {
        words.iter().any(|word| word.ends_with(&window.id))
            && words.iter().any(|word| word == "set-option")
            && words.first().is_some_and(|word| word.starts_with("tmux"))
    };
    let tell = |signal| {
        for (pid, _) in processes(is_server) {
            kill_process(Pid::from_raw(i32::try_from(pid).unwrap()).unwrap(), signal).unwrap();
        }
    };
    tell(Signal::STOP);
    for directory in fs::read_dir(bed.sockets.path()).unwrap() {
        fs::remove_dir_all(directory.unwrap().path()).unwrap();
    }
    let desk = bed.laptop.engine().await;
    let mut again = Window::follow(&desk, &window.id).await;
    let says = |window: &Window| match window.state() {
        Some(TerminalState::Away { why }) => why.message.contains("does not make its socket"),
        _ => false,
    };
    again.until("it says so", says).await;
    tell(Signal::CONT);
    again.until("open", is_open).await;
    again.still_remembers(&desk).await;
    again.close(&desk).await;
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_typed_while_away_and_not_sent_is_said() {
    let bed = Bed::start(Way::Native, true);
    let desk = bed.laptop.engine().await;
    let mut window = bed.open(&desk, true).await;
    bed.wan().cut();
    window.until("away", is_away).await;
    window.type_(&desk, "make deploy\r").await;
    desk.stop().await;
    let desk = bed.laptop.engine().await;
    let state = listed(&desk).await.remove(0).state;
    let TerminalState::Away { why } = &state else { panic!("{state:?}") };
    assert!(why.message.contains("typed last was not sent"), "{why:?}");
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_nobody_has_looked_at_ends_on_its_host_when_it_is_closed() {
    for way in [Way::Native, Way::Local] {
        let bed = Bed::of(way);
        let desk = bed.laptop.engine().await;
        let id = bed.open(&desk, true).await.id;
        desk.stop().await;
        let desk = bed.laptop.engine().await;
        terminal(&desk, TerminalCommand::Close { id: id.clone() }).await;
        until("it has ended", || servers_of(&id) == 0).await;
        assert_eq!((bed.sockets(), listed(&desk).await), (0, vec![]));
        desk.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_is_killed_loses_no_screen_and_no_directory() {
    let bed = Bed::of(Way::OpenSsh);
    let desk = bed.laptop.engine().await;
    let mut window = bed.open(&desk, false).await;
    window
        .type_(
            &desk,
            "cd /usr; printf '\\033]7;file://%s%s\\007seen here\\n' \"$(uname -n)\" \"$PWD\"\r",
        )
        .await;
    window.shows("seen here").await;
    let kept = bed.laptop.path("data/terminals").join(&window.id);
    let text = || fs::read(&kept).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    until("what it shows is kept", || text().is_ok_and(|text| text.contains("seen here"))).await;
    let db = rusqlite::Connection::open(bed.laptop.path("data/baton.db")).unwrap();
    let directory = |id: &str| -> String {
        let select = "SELECT body FROM terminals WHERE id = ?1";
        let body: String = db.query_row(select, [id], |row| row.get(0)).unwrap();
        let body: serde_json::Value = serde_json::from_str(&body).unwrap();
        body["directory"].to_string()
    };
    let usr = serde_json::to_value(FilePath::from("/usr")).unwrap().to_string();
    until("its directory is kept", || directory(&window.id) == usr).await;
    window.close(&desk).await;
    assert!(!kept.exists());
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_typed_while_the_engine_moves_arrives_once_or_is_said_to_be_lost() {
    let bed = Bed::of(Way::OpenSsh);
    let (first, second) = (bed.laptop.process().await, bed.laptop.process().await);
    let open = TerminalCommand::Open {
        at: bed.at(),
        directory: None,
        columns: 80,
        rows: 24,
        name: None,
        keep: true,
    };
    let tell = |command: TerminalCommand| Request::command(Command::Terminal(command));
    let Reply::Terminal(TerminalReply::Terminal(opened)) = first.call(tell(open)).await.unwrap()
    else {
        panic!()
    };
    let id = opened.id;
    let file = bed.file("typed");
    let type_ =
        |keys: String| tell(TerminalCommand::Input { id: id.clone(), bytes: keys.into_bytes() });
    second.call(type_(format!("stty -echo; cat >{}\r", file.display()))).await.unwrap();
    until("it reads", || file.exists()).await;
    let mut taken = Vec::new();
    let mut ending = None;
    let typing = async {
        for number in 0.. {
            if taken.len() == 200 && ending.is_none() {
                let first = first.clone();
                ending = Some(tokio::spawn(async move { first.shutdown().await }));
            }
            match second.call(type_(format!("key {number}\r"))).await {
                Ok(_) => taken.push(number),
                Err(failure) => {
                    assert!(failure.hint.is_some(), "{failure:?}");
                    tokio::time::sleep(Duration::from_millis(5)).await; // wait: between two tries
                }
            }
            if taken.len() == 600 {
                return;
            }
        }
    };
    let typed = tokio::time::timeout(PATIENCE, typing).await.is_ok();
    assert!(typed, "after {} lines none was taken any more", taken.len());
    ending.unwrap().await.unwrap();
    second.call(type_("end\r".into())).await.unwrap();
    let read = || fs::read_to_string(&file).unwrap();
    until("all is read", || read().ends_with("end\n")).await;
    let lines: Vec<u32> =
        read().lines().filter_map(|line| line.strip_prefix("key ")?.parse().ok()).collect();
    assert!(lines.is_sorted_by(|one, next| one < next), "twice, or out of order: {lines:?}");
    let lost: Vec<u32> = taken.into_iter().filter(|number| !lines.contains(number)).collect();
    assert_eq!(lost, [0; 0], "taken, and never sent");
    second.call(tell(TerminalCommand::Close { id: id.clone() })).await.unwrap();
    second.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_ending_process_types_itself_arrives_or_is_refused() {
    for way in [Way::OpenSsh, Way::Native, Way::Local] {
        let bed = Bed::of(way);
        let desk = bed.laptop.engine().await;
        let window = bed.open(&desk, true).await;
        let file = bed.file("typed");
        window.type_(&desk, &format!("cat >{}\r", file.display())).await;
        until("it reads", || file.exists()).await;
        // Nobody waits for such calls before the engine ends, as for those of other processes.
        let (engine, id) = (Arc::clone(&desk.engine), window.id.clone());
        let typed = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&typed);
        let typing = tokio::spawn(async move {
            loop {
                let line = format!("key {}\r", count.load(Ordering::Acquire));
                let input = TerminalCommand::Input { id: id.clone(), bytes: line.into_bytes() };
                match engine.call(Request::command(Command::Terminal(input))).await {
                    Ok(_) => count.fetch_add(1, Ordering::AcqRel),
                    Err(failure) => return failure,
                };
                tokio::time::sleep(Duration::from_millis(1)).await; // wait: a hand isn't faster
            }
        });
        until("some is typed", || typed.load(Ordering::Acquire) > 200).await;
        desk.stop().await;
        let refused = tokio::time::timeout(PATIENCE, typing).await.unwrap().unwrap();
        assert_eq!(refused.code, Code::Cancelled, "{refused:?}");
        assert!(refused.hint.is_some(), "{refused:?}");
        let desk = bed.laptop.engine().await;
        let mut window = Window::back(&desk, &window.id).await;
        window.type_(&desk, "end\r").await;
        let read = || fs::read_to_string(&file).unwrap();
        until("all is read", || read().ends_with("end\n")).await;
        let taken: String =
            (0..typed.load(Ordering::Acquire)).map(|number| format!("key {number}\n")).collect();
        assert!(read() == format!("{taken}end\n"), "taken, and never sent: {}", read());
        window.close_all_of_it(&desk).await;
        desk.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_that_can_not_be_opened_is_not_there() {
    let bed = Bed::of(Way::OpenSsh);
    let desk = bed.laptop.engine().await;
    for keep in [true, false] {
        let at = At::Host { host: "box".into(), directory: Some(FilePath::from("/not/there")) };
        let open =
            TerminalCommand::Open { at, directory: None, columns: 80, rows: 24, name: None, keep };
        let refused = desk.command(Command::Terminal(open)).await.unwrap_err();
        assert_eq!(refused.code, Code::DirMissing, "{refused:?}");
        assert_eq!(listed(&desk).await, []);
    }
    desk.stop().await;
}

/// What `rm` does on a host that is so busy that a client is cut before it is done.
const SLOW_RM: &str = r#"#!/bin/sh
case "$*" in */tmux-*/baton-*) : >@BEGUN@; until [ -e @GO@ ]; do sleep 0.05; done ;; esac
exec /bin/rm "$@"
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_tmux_that_is_told_to_end_ends_also_when_who_told_it_is_cut() {
    for way in [Way::OpenSsh, Way::Native] {
        let bed = Bed::start(way, true);
        let [begun, go] = ["begun", "go"].map(|name| bed.file(name));
        let rm = SLOW_RM.replace("@BEGUN@", begun.to_str().unwrap());
        bed.with_program("rm", &rm.replace("@GO@", go.to_str().unwrap()));
        let desk = bed.laptop.engine().await;
        let window = bed.open(&desk, true).await;
        window.type_(&desk, "exit\r").await;
        until("its end is under way", || begun.exists()).await;
        bed.wan().reset();
        until("its client is gone", || servers_of(&window.id) == 1).await;
        fs::write(&go, "").unwrap();
        until("its server is gone", || servers_of(&window.id) == 0).await;
        assert_eq!(bed.sockets(), 0);
        desk.stop().await;
    }
}
