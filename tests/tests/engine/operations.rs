//! What takes long is done once, followed over cuts and engines, kept, stopped and forgotten.

use std::fs;
use std::time::Duration;

use baton_tests::{AgentHost, Wan};
use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{
    At, Command, CommandId, Delivery, FilePath, Operation, OperationCommand, OperationQuery,
    OperationReply, OperationState, Query, Reply, Request, RunId, Seam, Subscribe, Watch, Work,
};
use orchestrator::store::{Batch, Change, OperationRecord, Store};

use crate::desk::{Desk, Laptop, processes_of, until};
use crate::support::within;

/// A line in the machine's project.
fn line(machine: &AgentHost, line: &str) -> Work {
    let directory = Some(FilePath::from(machine.project().display().to_string()));
    Work::Line { at: At::Host { host: "box".into(), directory }, line: line.into() }
}

fn operation(reply: Reply) -> Operation {
    match reply {
        Reply::Operation(OperationReply::Operation(operation)) => *operation,
        other => panic!("{other:?}"),
    }
}

pub async fn command(desk: &Desk, command: OperationCommand) -> Result<Reply, Failure> {
    within(desk.command(Command::Operation(command))).await
}

pub async fn start(desk: &Desk, work: Work) -> Operation {
    operation(command(desk, OperationCommand::Start(work)).await.unwrap())
}

async fn stop(desk: &Desk, id: &str) -> Operation {
    operation(command(desk, OperationCommand::Stop { id: id.into() }).await.unwrap())
}

async fn list(desk: &Desk) -> Vec<Operation> {
    match desk.query(Query::Operation(OperationQuery::List)).await {
        Reply::Operation(OperationReply::Operations(all)) => all,
        other => panic!("{other:?}"),
    }
}

async fn watch(desk: &Desk, watch: Watch) -> orchestrator::seam::Subscription {
    desk.engine.subscribe(Subscribe { watch: Some(watch), ..Subscribe::default() }).await.unwrap()
}

/// Waits until an operation stands so.
async fn stands(desk: &Desk, id: &str, wanted: impl Fn(&Operation) -> bool) -> Operation {
    let mut told = watch(desk, Watch::Operations).await;
    let found = async {
        loop {
            match told.next().await.expect("the engine has ended").unwrap() {
                Delivery::Operation(operation) if operation.id == id && wanted(&operation) => {
                    return *operation;
                }
                _ => {}
            }
        }
    };
    within(found).await
}

pub async fn over(desk: &Desk, id: &str) -> Operation {
    stands(desk, id, |operation| operation.state.is_over()).await
}

/// All that an operation prints from a byte on, to its end, and where it begins.
pub async fn printed(desk: &Desk, id: &str, offset: u64) -> (u64, Vec<u8>, Operation) {
    let mut told = watch(desk, Watch::Output { id: id.into(), offset }).await;
    let (mut first, mut all) = (None, Vec::new());
    let read = async {
        loop {
            match told.next().await.expect("the engine has ended").unwrap() {
                Delivery::Output(output) => {
                    let first = *first.get_or_insert(output.offset);
                    assert_eq!(output.offset, first + all.len() as u64, "a gap");
                    all.extend(output.bytes);
                }
                Delivery::Operation(operation) => return *operation,
                other => panic!("{other:?}"),
            }
        }
    };
    let operation = within(read).await;
    (first.unwrap_or(offset), all, operation)
}

#[track_caller]
fn status(operation: &Operation) -> Option<u8> {
    match &operation.state {
        OperationState::Done { outcome } => outcome.status,
        other => panic!("{other:?}"),
    }
}

fn numbers(from: u64, to: u64) -> Vec<u8> {
    (from..=to).flat_map(|number| format!("{number}\n").into_bytes()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_runs_in_its_directory_with_the_hosts_environment_and_prints_in_order() {
    for transport in ["openssh", "native"] {
        let machine = AgentHost::start();
        let wan = Wan::start(machine.sshd().address(), Duration::ZERO);
        let laptop = Laptop::through(&machine, &wan, transport);
        let desk = laptop.engine().await;
        let text = "pwd; echo \"$FROM_HOST\"; echo one; echo two >&2; echo three; exit 7";
        let begun = start(&desk, line(&machine, text)).await;
        assert_eq!(
            (begun.state, &*begun.host, begun.session),
            (OperationState::Waiting, "box", None)
        );
        let (_, bytes, end) = printed(&desk, &begun.id, 0).await;
        let said = String::from_utf8(bytes).unwrap();
        let pwd = machine.project().display().to_string();
        assert_eq!(said, format!("{pwd}\nthe host\none\ntwo\nthree\n"));
        assert_eq!((status(&end), end.output), (Some(7), said.len() as u64));
        // Nothing is left there.
        let runs = machine.home().join(".local/state/baton/runs");
        until("its directory is gone", || {
            fs::read_dir(&runs).is_ok_and(|mut all| all.next().is_none())
        })
        .await;
        desk.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_runs_on_this_machine_too() {
    let machine = AgentHost::start();
    let laptop = Laptop::new(&machine);
    let desk = laptop.engine().await;
    let at = At::Host { host: "local".into(), directory: None };
    let begun = start(&desk, Work::Line { at, line: "echo $((6 * 7))".into() }).await;
    let (_, bytes, end) = printed(&desk, &begun.id, 0).await;
    assert_eq!((&*bytes, status(&end), &*end.host), (&b"42\n"[..], Some(0), "local"));
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_arrives_whole_over_cuts_and_says_meanwhile_that_its_host_is_away() {
    for transport in ["openssh", "native"] {
        let machine = AgentHost::start();
        let wan = Wan::start(machine.sshd().address(), Duration::ZERO);
        let laptop = Laptop::through(&machine, &wan, transport);
        let desk = laptop.engine().await;
        let (gate, count) = (machine.project().join("gate"), machine.project().join("count"));
        let text = format!(
            "echo ran >>{}; seq 1 5000; until [ -e {} ]; do sleep 0.05; done; seq 5001 10000",
            count.display(),
            gate.display()
        );
        let begun = start(&desk, line(&machine, &text)).await;
        stands(&desk, &begun.id, |one| one.output >= numbers(1, 5000).len() as u64).await;
        wan.cut();
        stands(&desk, &begun.id, |one| matches!(one.state, OperationState::Away { .. })).await;
        fs::write(&gate, "").unwrap();
        wan.restore();
        let (_, bytes, end) = printed(&desk, &begun.id, 0).await;
        assert!(bytes == numbers(1, 10_000), "{transport}: {} bytes", bytes.len());
        assert_eq!(status(&end), Some(0));
        assert_eq!(fs::read_to_string(&count).unwrap(), "ran\n");
        desk.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_engine_follows_what_the_last_one_began_and_nothing_is_missing() {
    let machine = AgentHost::start();
    let laptop = Laptop::new(&machine);
    let gate = machine.project().join("gate");
    let text = format!(
        "seq 1 3000; until [ -e {} ]; do sleep 0.05; done; seq 3001 6000; exit 3",
        gate.display()
    );
    let desk = laptop.engine().await;
    let begun = start(&desk, line(&machine, &text)).await;
    stands(&desk, &begun.id, |one| one.output >= numbers(1, 3000).len() as u64).await;
    desk.stop().await;
    fs::write(&gate, "").unwrap();
    let desk = laptop.engine().await;
    let (_, bytes, end) = printed(&desk, &begun.id, 0).await;
    assert!(bytes == numbers(1, 6000), "{} bytes", bytes.len());
    assert_eq!(status(&end), Some(3));
    desk.stop().await;
    // It is all still there for the one after.
    let desk = laptop.engine().await;
    let (_, bytes, end) = printed(&desk, &begun.id, 0).await;
    assert!(bytes == numbers(1, 6000) && status(&end) == Some(3));
    assert_eq!(list(&desk).await.len(), 1);
    desk.stop().await;
}

/// An operation as a former engine has left it.
async fn left(laptop: &Laptop, change: impl FnOnce(&mut OperationRecord)) -> String {
    let store = Store::open(&laptop.path("data")).unwrap();
    let mut record = store.operations().await.unwrap().pop().unwrap();
    record.operation.id = "leftbehind".into();
    record.operation.state = OperationState::Waiting;
    record.operation.ended_at = None;
    (record.swept, record.launched) = (false, false);
    change(&mut record);
    let changes = vec![Change::PutOperation(Box::new(record))];
    store.commit(Batch { changes, drafts: Vec::new() }).await.unwrap();
    store.close().await;
    "leftbehind".into()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_stored_and_not_launched_is_launched_once_by_the_next_engine() {
    let machine = AgentHost::start();
    let laptop = Laptop::new(&machine);
    let count = machine.project().join("count");
    let desk = laptop.engine().await;
    let begun = start(&desk, line(&machine, &format!("echo ran >>{}", count.display()))).await;
    over(&desk, &begun.id).await;
    desk.stop().await;
    // Killed before anything was done, and killed right before the launch.
    for run in [None, Some(RunId::random())] {
        fs::remove_file(&count).unwrap();
        let id = left(&laptop, |record| record.run = run).await;
        let desk = laptop.engine().await;
        assert_eq!(status(&over(&desk, &id).await), Some(0));
        assert_eq!(fs::read_to_string(&count).unwrap(), "ran\n");
        desk.stop().await;
    }
    // Stopped before anything was done, and the engine killed before it came to that.
    fs::remove_file(&count).unwrap();
    let id = left(&laptop, |record| (record.run, record.stopping) = (None, true)).await;
    let desk = laptop.engine().await;
    assert_eq!(over(&desk, &id).await.state, OperationState::Stopped);
    assert!(!count.exists());
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_launched_is_neither_begun_on_a_host_that_is_off_or_another_now_nor_elsewhere()
{
    let machine = AgentHost::start();
    let laptop = Laptop::new(&machine);
    let count = machine.project().join("count");
    let elsewhere = machine.home().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    let hosts =
        |more: &str| laptop.write_hosts(&format!("[host.box]\nssh_config = \"box\"\n{more}"));
    let place = |directory: &std::path::Path| {
        format!("remote_dir = {:?}\n", directory.display().to_string())
    };
    hosts(&place(&machine.project()));
    let desk = laptop.engine().await;
    let at = At::Host { host: "box".into(), directory: None };
    let work = Work::Line { at, line: format!("pwd >>{}", count.display()) };
    let begun = start(&desk, work).await;
    // Whoever wants it once more later knows where it was done.
    assert_eq!(begun.directory, Some(machine.project().display().to_string().into()));
    over(&desk, &begun.id).await;
    desk.stop().await;
    let pwd = fs::read_to_string(&count).unwrap();
    for more in ["enabled = false\n", "user = \"somebody\"\n"] {
        fs::remove_file(&count).ok(); // None in the second round.
        let id = left(&laptop, |record| record.run = Some(RunId::random())).await;
        hosts(more);
        let desk = laptop.engine().await;
        match over(&desk, &id).await.state {
            OperationState::Failed { why } => {
                assert!(why.message.starts_with("it was not begun: "), "{more}: {why:?}");
            }
            other => panic!("{more}: {other:?}"),
        }
        assert!(!count.exists(), "{more}");
        desk.stop().await;
    }
    // Whose host begins elsewhere now runs where it was begun.
    let id = left(&laptop, |record| record.run = Some(RunId::random())).await;
    hosts(&place(&elsewhere));
    let desk = laptop.engine().await;
    assert_eq!(status(&over(&desk, &id).await), Some(0));
    assert_eq!(fs::read_to_string(&count).unwrap(), pwd);
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transfer_does_not_go_on_to_the_machine_that_its_host_is_by_now_and_says_what_may_lie_there()
 {
    for (edited, why) in [
        ("enabled = false\n", "box is disabled"),
        ("user = \"somebody\"\n", "box was edited, and may be another machine now"),
    ] {
        let machine = AgentHost::start();
        let wan = Wan::start(machine.sshd().address(), Duration::ZERO);
        wan.set_rate(10_000_000);
        let laptop = Laptop::through(&machine, &wan, "openssh");
        let hosts = |more: &str| {
            laptop.write_hosts(&format!("[host.box]\nssh_config = \"box\"\n{more}"));
        };
        hosts("");
        let local = laptop.path("large");
        fs::write(&local, crate::transfers_bed::bytes(24 << 20)).unwrap();
        let directory = Some(FilePath::from(machine.project().display().to_string()));
        let work = Work::Upload {
            at: At::Host { host: "box".into(), directory },
            local: FilePath::from(local.display().to_string()),
            remote: "large".into(),
            replace: false,
            outside: false,
        };
        let desk = laptop.engine().await;
        let begun = start(&desk, work).await;
        until("some of it has crossed", || wan.arrived() > 4_000_000).await;
        desk.stop().await;
        hosts(edited);
        let before = wan.arrived();
        let desk = laptop.engine().await;
        match over(&desk, &begun.id).await.state {
            OperationState::Failed { why: failure } => {
                assert!(failure.message.contains(why), "{failure:?}");
                let hint = failure.hint.unwrap();
                assert!(hint.starts_with("A part of it may have arrived"), "{hint}");
            }
            other => panic!("{edited}: {other:?}"),
        }
        assert!(!machine.project().join("large").exists(), "{edited}");
        assert!(wan.arrived() - before < 1_000_000, "{edited}: it went on");
        desk.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_launched_is_never_launched_again_when_its_host_has_forgotten_it() {
    let machine = AgentHost::start();
    let laptop = Laptop::new(&machine);
    let (gate, count) = (machine.project().join("gate"), machine.project().join("count"));
    let text = format!(
        "echo ran >>{}; until [ -e {} ]; do sleep 0.05; done",
        count.display(),
        gate.display()
    );
    let desk = laptop.engine().await;
    let begun = start(&desk, line(&machine, &text)).await;
    until("it runs", || count.exists()).await;
    desk.stop().await;
    fs::write(&gate, "").unwrap();
    let runs = machine.home().join(".local/state/baton/runs");
    until("it has ended", || {
        fs::read_dir(&runs).unwrap().all(|run| run.unwrap().path().join("exit").exists())
    })
    .await;
    fs::remove_dir_all(&runs).unwrap();
    let desk = laptop.engine().await;
    match over(&desk, &begun.id).await.state {
        OperationState::Failed { why } => {
            assert!(why.message.starts_with("nobody knows how it ended"), "{why:?}");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(fs::read_to_string(&count).unwrap(), "ran\n");
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_is_sent_again_begins_nothing_twice() {
    let machine = AgentHost::start();
    let laptop = Laptop::new(&machine);
    let desk = laptop.engine().await;
    let count = machine.project().join("count");
    let work = line(&machine, &format!("echo ran >>{}", count.display()));
    let id = CommandId::random();
    let request = || Request::Command {
        id: id.clone(),
        command: Command::Operation(OperationCommand::Start(work.clone())),
    };
    let first = operation(within(desk.engine.call(request())).await.unwrap());
    let again = operation(within(desk.engine.call(request())).await.unwrap());
    assert_eq!(first.id, again.id);
    over(&desk, &first.id).await;
    desk.stop().await;
    let desk = laptop.engine().await;
    let later = operation(within(desk.engine.call(request())).await.unwrap());
    assert_eq!(first.id, later.id);
    assert_eq!(list(&desk).await.len(), 1);
    assert_eq!(fs::read_to_string(&count).unwrap(), "ran\n");
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_ends_all_that_a_line_has_started_also_what_ignores_it() {
    let machine = AgentHost::start();
    let laptop = Laptop::new(&machine);
    let desk = laptop.engine().await;
    let text =
        "trap '' TERM; sleep 4242 & (setsid sleep 4242 &); echo begun; sleep 4242; sleep 4242";
    let begun = start(&desk, line(&machine, text)).await;
    stands(&desk, &begun.id, |one| one.output > 0).await;
    until("all are there", || processes_of(&machine, "4242").len() >= 3).await;
    stop(&desk, &begun.id).await;
    assert_eq!(over(&desk, &begun.id).await.state, OperationState::Stopped);
    until("nothing is left", || processes_of(&machine, "4242").is_empty()).await;
    // Once more is no error, and changes nothing.
    assert_eq!(stop(&desk, &begun.id).await.state, OperationState::Stopped);
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_while_the_host_is_away_happens_when_it_is_back_also_with_another_engine() {
    let machine = AgentHost::start();
    let wan = Wan::start(machine.sshd().address(), Duration::ZERO);
    let laptop = Laptop::through(&machine, &wan, "openssh");
    let desk = laptop.engine().await;
    let begun = start(&desk, line(&machine, "echo begun; exec sleep 4243")).await;
    stands(&desk, &begun.id, |one| one.output > 0).await;
    wan.cut();
    stands(&desk, &begun.id, |one| matches!(one.state, OperationState::Away { .. })).await;
    stop(&desk, &begun.id).await;
    desk.stop().await;
    assert!(!processes_of(&machine, "4243").is_empty());
    let desk = laptop.engine().await;
    wan.restore();
    assert_eq!(over(&desk, &begun.id).await.state, OperationState::Stopped);
    until("nothing is left", || processes_of(&machine, "4243").is_empty()).await;
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_long_output_the_end_is_kept_and_a_million_lines_are_no_trouble() {
    let machine = AgentHost::start();
    let laptop = Laptop::new(&machine);
    let desk = laptop.engine().await;
    let begun = start(&desk, line(&machine, "seq 1 1500000")).await;
    let all = numbers(1, 1_500_000);
    let end = over(&desk, &begun.id).await;
    assert_eq!((end.output, status(&end)), (all.len() as u64, Some(0)));
    desk.stop().await;
    let desk = laptop.engine().await;
    let (from, bytes, _) = printed(&desk, &begun.id, 0).await;
    assert!(bytes.len() >= 4 << 20 && bytes.len() <= 8 << 20, "{}", bytes.len());
    assert!(bytes == all[usize::try_from(from).unwrap()..]);
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_whose_host_is_gone_for_ever_can_be_forgotten_and_one_at_work_cannot() {
    let machine = AgentHost::start();
    let wan = Wan::start(machine.sshd().address(), Duration::ZERO);
    let laptop = Laptop::through(&machine, &wan, "openssh");
    let desk = laptop.engine().await;
    let begun = start(&desk, line(&machine, "echo begun; exec sleep 4244")).await;
    stands(&desk, &begun.id, |one| one.output > 0).await;
    let forget = OperationCommand::Forget { id: begun.id.clone() };
    let refused = command(&desk, forget.clone()).await.unwrap_err();
    assert_eq!(refused.code, Code::Busy, "{refused:?}");
    let mut told = watch(&desk, Watch::Operations).await;
    wan.cut();
    stands(&desk, &begun.id, |one| matches!(one.state, OperationState::Away { .. })).await;
    command(&desk, forget.clone()).await.unwrap();
    let forgotten = async {
        while !matches!(told.next().await.unwrap().unwrap(), Delivery::Forgotten { operation } if operation == begun.id)
        {
        }
    };
    within(forgotten).await;
    assert_eq!(command(&desk, forget).await.unwrap_err().code, Code::NotFound);
    desk.stop().await;
    wan.restore();
    let desk = laptop.engine().await;
    assert_eq!(list(&desk).await, []);
    // It was left alone.
    assert!(!processes_of(&machine, "4244").is_empty());
    assert!(fs::read_dir(laptop.path("data/operations")).unwrap().next().is_none());
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_input_begins_nothing() {
    let machine = AgentHost::start();
    let laptop = Laptop::new(&machine);
    let desk = laptop.engine().await;
    let nowhere = At::Host { host: "nowhere.invalid:x".into(), directory: None };
    let gone = At::Session(orchestrator::seam::SessionId::new("gone"));
    let line_at = |at| Work::Line { at, line: "ls".into() };
    for (work, code) in [
        (line(&machine, "  "), Code::Usage),
        (line(&machine, "a\0b"), Code::Usage),
        (line_at(nowhere), Code::Usage),
        (line_at(gone), Code::NotFound),
    ] {
        let refused = command(&desk, OperationCommand::Start(work)).await.unwrap_err();
        assert_eq!(refused.code, code, "{refused:?}");
    }
    assert_eq!(list(&desk).await, []);
    // What only the host can say comes as its end.
    let at = At::Host { host: "box".into(), directory: Some("/no/such place".into()) };
    let begun = start(&desk, line_at(at)).await;
    match over(&desk, &begun.id).await.state {
        OperationState::Failed { why } => assert_eq!(why.code, Code::DirMissing, "{why:?}"),
        other => panic!("{other:?}"),
    }
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_hundred_that_are_over_are_kept() {
    let machine = AgentHost::start();
    let laptop = Laptop::new(&machine);
    let desk = laptop.engine().await;
    let at = At::Host { host: "local".into(), directory: None };
    let mut ids = Vec::new();
    for number in 0..103 {
        let begun =
            start(&desk, Work::Line { at: at.clone(), line: format!("echo {number}") }).await;
        over(&desk, &begun.id).await;
        ids.push(begun.id);
    }
    let kept: Vec<String> = list(&desk).await.into_iter().map(|one| one.id).collect();
    assert_eq!(kept, ids[3..]);
    until("their output is gone, too", || {
        fs::read_dir(laptop.path("data/operations")).unwrap().count() == 100
    })
    .await;
    let lines =
        Query::Operation(OperationQuery::Lines { at, containing: "ECHO 10".into(), limit: 10 });
    match desk.query(lines).await {
        Reply::Operation(OperationReply::Lines(lines)) => {
            assert_eq!(lines, ["echo 102", "echo 101", "echo 100", "echo 10"]);
        }
        other => panic!("{other:?}"),
    }
    desk.stop().await;
}
