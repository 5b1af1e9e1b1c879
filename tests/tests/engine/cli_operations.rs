//! What takes long, as the command line shows it, and over processes that are killed.

use std::fs;

use baton_tests::start;
use orchestrator::seam::{
    At, Command, FilePath, OperationCommand, OperationReply, Reply, Request, SOCKET, Seam,
    SocketSeam, Work,
};

use crate::cli_bed::{Bed, kill};
use crate::support::{program, until, within};

/// A process that hosts the engine.
fn host(bed: &Bed) -> tokio::process::Child {
    start(bed.home.command(&["follow", "work", "--json"]).stdin(std::process::Stdio::null()))
}

/// Begins a line in the engine of the process that hosts it.
async fn begin(bed: &Bed, line: &str) -> String {
    let socket = bed.home.path("b/run").join(SOCKET);
    let mut seam = None;
    until("an engine is there", async || {
        // Not yet, or not ever: then this is waited for in vain, and says so.
        seam = SocketSeam::connect(&socket, program()).await.ok();
        seam.is_some()
    })
    .await;
    let directory = Some(FilePath::from(bed.host.project().display().to_string()));
    let at = At::Host { host: "box".into(), directory };
    let start = OperationCommand::Start(Work::Line { at, line: line.into() });
    match within(seam.unwrap().call(Request::command(Command::Operation(start)))).await.unwrap() {
        Reply::Operation(OperationReply::Operation(operation)) => operation.id,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_goes_on_when_the_engines_process_is_killed_and_the_next_one_has_all_of_it() {
    let bed = Bed::start();
    let (gate, count) = (bed.file("gate"), bed.file("count"));
    for round in 0..3 {
        fs::remove_file(&gate).ok(); // None in the first round.
        fs::remove_file(&count).ok(); // As above.
        let hosting = host(&bed);
        let line = format!(
            "echo ran >>{count}; seq 1 2000; until [ -e {gate} ]; do sleep 0.05; done; seq 2001 4000; exit {}",
            7 + round
        );
        let id = begin(&bed, &line).await;
        if round > 0 {
            // In the midst of it; in the first round whenever.
            until("it has begun", async || fs::metadata(&count).is_ok()).await;
        }
        kill(hosting).await;
        fs::write(&gate, "").unwrap();
        let shown = bed.baton(&["operations", "show", &id]).await;
        let expected: String = (1..=4000).map(|number| format!("{number}\n")).collect();
        assert!(shown.stdout == expected, "{} bytes, {}", shown.stdout.len(), shown.stderr);
        assert_eq!(shown.status, Some(7 + round), "{}", shown.stderr);
        assert_eq!(fs::read_to_string(&count).unwrap(), "ran\n");
        let listed = bed.baton(&["operations", "--json"]).await.json();
        let rows = listed["operations"].as_array().unwrap();
        let row = rows.iter().find(|row| row["operation"] == id.as_str()).unwrap();
        assert_eq!(
            (&row["state"], &row["outcome"]["status"]),
            (&"done".into(), &(7 + round).into())
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_says_what_became_of_a_line_whose_engine_was_killed() {
    let bed = Bed::start();
    let (gate, done) = (bed.file("gate"), bed.file("done"));
    let hosting = host(&bed);
    let line = format!("until [ -e {gate} ]; do sleep 0.05; done; echo >{done}; exit 3");
    let id = begin(&bed, &format!("echo >{gate}.begun; {line}")).await;
    until("it has begun", async || fs::exists(format!("{gate}.begun")).unwrap()).await;
    kill(hosting).await;
    fs::write(&gate, "").unwrap();
    until("it is over", async || fs::exists(&done).unwrap()).await;
    let over = async || {
        let listed = bed.baton(&["operations", "--json"]).await.json();
        let rows = listed["operations"].as_array().unwrap();
        let row = rows.iter().find(|row| row["operation"] == id.as_str()).unwrap();
        assert_ne!(row["state"], "waiting");
        row["state"] == "done"
    };
    // Its last words may be a moment behind what it did; one list more hears them.
    assert!(over().await || over().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_line_prints_steers_no_terminal_and_stays_as_it_is_in_a_pipe() {
    let bed = Bed::start();
    let hosting = host(&bed);
    let id = begin(&bed, r"printf '\033]0;HOOK\007\033[31mred\n'").await;
    let piped = bed.baton(&["operations", "show", &id]).await;
    assert_eq!(piped.stdout, "\x1b]0;HOOK\x07\x1b[31mred\n");
    let terminal = baton_tests::Terminal::new();
    let showing = terminal.start(&bed.home.command(&["operations", "show", &id]));
    terminal.shows("^[]0;HOOK^G^[[31mred").await;
    assert_eq!(showing.ended().await.code(), Some(0));
    assert!(!terminal.printed().contains("\x1b]0;"), "{:?}", terminal.printed());
    kill(hosting).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn operations_are_listed_shown_stopped_and_forgotten() {
    let bed = Bed::start();
    let hosting = host(&bed);
    let id = begin(&bed, "echo begun; exec sleep 4252").await;
    let listed = bed.baton(&["operations"]).await;
    assert!(
        listed.stdout.contains(&id) && listed.stdout.contains("echo begun; exec sleep 4252"),
        "{listed:?}"
    );
    let busy = bed.baton(&["operations", "forget", &id]).await;
    assert_eq!(busy.status, Some(5), "{busy:?}");
    let stopped = bed.baton(&["operations", "stop", &id[..6]]).await;
    assert_eq!((stopped.status, stopped.stdout), (Some(0), format!("Stopped {id}\n")));
    let shown = bed.baton(&["operations", "show", &id, "--json"]).await;
    assert_eq!(shown.status, Some(130), "{shown:?}");
    let last: serde_json::Value =
        serde_json::from_str(shown.stdout.lines().last().unwrap()).unwrap();
    assert_eq!((&last["type"], &last["operation"]["state"]), (&"ended".into(), &"stopped".into()));
    let forgotten = bed.baton(&["operations", "forget", &id]).await;
    assert_eq!(forgotten.stdout, format!("Forgot {id}\n"));
    let missing = bed.baton(&["operations", "show", &id]).await;
    assert_eq!(missing.status, Some(4), "{missing:?}");
    assert!(missing.stderr.contains("hint: `baton operations` lists"), "{missing:?}");
    kill(hosting).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_is_completed_on_the_sessions_host_and_in_its_directory() {
    let bed = Bed::start();
    fs::write(bed.file("it's mine"), "").unwrap();
    let offered = bed.baton(&["complete", "work", "cat it"]).await;
    assert_eq!((offered.status, &*offered.stdout), (Some(0), "it\\'s\\ mine\n"), "{offered:?}");
    let project = bed.host.project();
    let place = format!("box:{}", project.display());
    let offered = bed.baton(&["complete", &place, "cat it", "--json"]).await.json();
    assert_eq!((&offered["from"], &offered["offers"][0]["kind"]), (&4.into(), &"file".into()));
    let nowhere = bed.baton(&["complete", "box:/no/such", "cat it"]).await;
    assert_eq!(nowhere.status, Some(4), "{nowhere:?}");
}
