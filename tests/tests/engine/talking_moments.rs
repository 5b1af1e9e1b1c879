//! An agent that talks and chooses odd moments: it speaks while it starts, between two turns, and while nobody listens.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use baton_tests::{Accident, AgentHost, Wan};
use orchestrator::failure::Code;
use orchestrator::seam::{
    Approval, Command, Decision, EventBody, LinkState, NewSession, Query, Reply, Session, TabState,
    TurnStatus,
};
use orchestrator::store::{RunRecord, Store};

use crate::desk::{Desk, Laptop, new_session, processes_of, until};

/// An agent that speaks ACP. What it does when it is opened and with a prompt stands in files of its directory.
const AGENT: &str = r#"
id=''
there() { while [ ! -e "$1" ]; do sleep 0.02; done; }
line() { printf '%s\n' "$1"; }
reply() { line "{\"jsonrpc\":\"2.0\",\"id\":$id,\"result\":$1}"; }
update() { line "{\"jsonrpc\":\"2.0\",\"method\":\"session/update\",\"params\":{\"sessionId\":\"s\",\"update\":$1}}"; }
say() { update "{\"sessionUpdate\":\"agent_message_chunk\",\"content\":{\"type\":\"text\",\"text\":\"$1\"}}"; }
ask() {
  line "{\"jsonrpc\":\"2.0\",\"id\":$1,\"method\":\"session/request_permission\",\"params\":{\"sessionId\":\"s\",\"toolCall\":{\"toolCallId\":\"c$1\",\"title\":\"May I $1\"},\"options\":[{\"optionId\":\"y\",\"name\":\"Yes\",\"kind\":\"allow_once\"},{\"optionId\":\"n\",\"name\":\"No\",\"kind\":\"reject_once\"}]}}"
}
withdraw() { line "{\"jsonrpc\":\"2.0\",\"method\":\"\$/cancel_request\",\"params\":{\"requestId\":$1}}"; }
over() { reply '{"stopReason":"end_turn"}'; }
while IFS= read -r all; do
  id=$(line "$all" | sed -n 's/.*"id":\([0-9]*\).*/\1/p')
  case $all in
    *'"method":"initialize"'*)
      line 'words of its own'
      echo 'words to stderr' >&2
      reply '{"protocolVersion":1,"agentCapabilities":{"loadSession":true}}'
      ;;
    *'"method":"session/new"'*)
      [ ! -e on-open ] || . ./on-open
      reply '{"sessionId":"s"}'
      ;;
    *'"method":"session/load"'*) reply '{}' ;;
    *'"method":"session/prompt"'*) . ./on-prompt ;;
    *'"result"'*) line "$all" >>answers ;;
  esac
done
"#;

/// The same machine and laptop for each test here.
fn machine() -> AgentHost {
    let machine = AgentHost::start();
    machine.write_program("odd", AGENT);
    machine
}

fn know(laptop: &Laptop) {
    laptop.write_agent(
        "odd.toml",
        "id = \"odd\"\nname = \"Odd\"\nprogram = \"odd\"\n[talk]\nprotocol = \"acp\"\narguments = []\n",
    );
}

async fn session(desk: &Desk, machine: &AgentHost) -> Session {
    let new = NewSession { talks: true, ..new_session("odd", machine) };
    desk.try_session(new).await.unwrap()
}

fn on(machine: &AgentHost, moment: &str, script: &str) {
    fs::write(machine.project().join(moment), format!("{script}\n")).unwrap();
}

fn agents_at_work(machine: &AgentHost) -> usize {
    processes_of(machine, "bin/odd").len()
}

/// What is stored of the only run, when no engine is there.
async fn stored_run(laptop: &Laptop) -> RunRecord {
    let store = Store::open(&laptop.path("data")).unwrap();
    let mut runs = store.runs(None).await.unwrap();
    store.close().await;
    assert_eq!(runs.len(), 1, "{runs:#?}");
    runs.remove(0)
}

/// Bytes of a file of a run on the machine.
fn size(machine: &AgentHost, run: &RunRecord, name: &str) -> u64 {
    let runs = machine.home().join(".local/state/baton/runs");
    fs::metadata(runs.join(run.id.as_str()).join(name)).unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_agent_says_while_it_starts_is_read_once_whoever_reads_it() {
    let machine = machine();
    on(&machine, "on-open", "touch opening; there open");
    on(&machine, "on-prompt", "say hello; over");
    let laptop = Laptop::new(&machine);
    know(&laptop);
    let desk = laptop.engine().await;
    let session = session(&desk, &machine).await;
    let sent = desk.send(&session.id, "go").await;
    until("it is being opened", || machine.project().join("opening").exists()).await;
    desk.until(&sent, |body| matches!(body, EventBody::Raw { .. })).await;
    desk.stop().await;
    let before = stored_run(&laptop).await;
    assert!(before.out_offset > 0, "{before:?}");
    // The next one, and the one after: what it has stored counts from there on.
    laptop.engine().await.stop().await;
    let desk = laptop.engine().await;
    fs::write(machine.project().join("open"), "").unwrap();
    let turn = desk.end_of(&sent).await;
    assert_eq!(turn.end(), (TurnStatus::Done, None), "{turn:#?}");
    assert_eq!(turn.texts(), ["hello"]);
    let raw = turn.bodies().filter(|body| matches!(body, EventBody::Raw { .. }));
    assert_eq!(raw.count(), 1, "{turn:#?}");
    desk.stop().await;
    let after = stored_run(&laptop).await;
    let sizes = (size(&machine, &after, "out"), size(&machine, &after, "err"));
    assert_eq!((after.out_offset, after.err_offset), sizes);
    let desk = laptop.engine().await;
    assert_eq!(desk.turn(&session.id, "again").await.texts(), ["hello"]);
    assert_eq!(agents_at_work(&machine), 1);
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_turn_whose_engine_ended_while_the_link_was_lost_says_that_it_is_back() {
    let mut machine = machine();
    on(&machine, "on-prompt", "say at work; touch working; there end; over");
    let wan = Wan::start(machine.sshd().address(), Duration::ZERO);
    let laptop = Laptop::through(&machine, &wan, "openssh");
    know(&laptop);
    let desk = laptop.engine().await;
    let session = session(&desk, &machine).await;
    let sent = desk.send(&session.id, "go").await;
    desk.until(&sent, |body| matches!(body, EventBody::TurnLaunched)).await;
    let is = |wanted: LinkState| move |body: &EventBody| matches!(body, EventBody::Link { state, .. } if *state == wanted);
    Accident::Restart.begin(&wan, machine.sshd_mut());
    desk.until(&sent, is(LinkState::Lost)).await;
    desk.stop().await;
    Accident::Restart.end(&wan, machine.sshd_mut());
    let desk = laptop.engine().await;
    desk.until(&sent, is(LinkState::Restored)).await;
    let shown = desk.show(&session.id).await;
    assert_eq!(shown.tabs[0].turn.as_ref().unwrap().link, LinkState::Restored);
    fs::write(machine.project().join("end"), "").unwrap();
    assert_eq!(desk.end_of(&sent).await.end().0, TurnStatus::Done);
    desk.stop().await;
}

async fn approvals(desk: &Desk) -> Vec<Approval> {
    match desk.query(Query::Approvals { session: None }).await {
        Reply::Approvals(approvals) => approvals,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_was_withdrawn_while_nobody_listened_is_shown_to_nobody() {
    let machine = machine();
    on(
        &machine,
        "on-prompt",
        "touch working; there ask; ask 90; ask 91; withdraw 90; touch asked; there end; over",
    );
    let laptop = Laptop::new(&machine);
    know(&laptop);
    let desk = laptop.engine().await;
    let session = session(&desk, &machine).await;
    let sent = desk.send(&session.id, "go").await;
    desk.until(&sent, |body| matches!(body, EventBody::TurnLaunched)).await;
    desk.stop().await;
    fs::write(machine.project().join("ask"), "").unwrap();
    until("it has asked", || machine.project().join("asked").exists()).await;
    let desk = laptop.engine().await;
    let is_withdrawn =
        |body: &EventBody| matches!(body, EventBody::ApprovalResolved { decision: None, .. });
    desk.until(&sent, is_withdrawn).await;
    let waiting = approvals(&desk).await;
    let titles: Vec<&str> = waiting.iter().map(|approval| &*approval.title).collect();
    assert_eq!(titles, ["May I 91"]);
    assert_eq!(desk.show(&session.id).await.tabs[0].state, TabState::Waiting);
    fs::write(machine.project().join("end"), "").unwrap();
    assert_eq!(desk.end_of(&sent).await.end().0, TurnStatus::Done);
    assert_eq!(approvals(&desk).await, []);
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_between_two_turns_waits_for_a_person_and_the_next_turn_for_the_answer() {
    let machine = machine();
    let late = "{\"sessionUpdate\":\"tool_call\",\"toolCallId\":\"t\",\"title\":\"late work\",\"kind\":\"execute\",\"status\":\"completed\"}";
    let script = format!(
        "say hello; over\n[ -e late ] || {{ there go-late; touch late; update '{late}'; ask 90; }}"
    );
    on(&machine, "on-prompt", &script);
    let laptop = Laptop::new(&machine);
    know(&laptop);
    let desk = laptop.engine().await;
    let session = session(&desk, &machine).await;
    let sent = desk.send(&session.id, "first").await;
    desk.end_of(&sent).await;
    fs::write(machine.project().join("go-late"), "").unwrap();
    let is_asked = |body: &EventBody| matches!(body, EventBody::ApprovalRequested { .. });
    let turn = desk.until(&sent, is_asked).await;
    let ended = turn.bodies().position(|body| matches!(body, EventBody::TurnEnded { .. }));
    let worked = turn.bodies().position(|body| matches!(body, EventBody::ToolCall(_)));
    assert!(ended.is_some() && ended < worked, "{turn:#?}");
    let waiting = approvals(&desk).await;
    let of: Vec<_> = waiting.iter().map(|approval| Some(&approval.turn)).collect();
    assert_eq!(of, [turn.events[0].turn.as_ref()]);
    assert_eq!(desk.show(&session.id).await.tabs[0].state, TabState::Waiting);
    let next = desk.send(&session.id, "second").await;
    assert_eq!(desk.show(&session.id).await.tabs[0].queue.len(), 1);
    // Also over a restart of ours.
    desk.stop().await;
    let desk = laptop.engine().await;
    assert_eq!(approvals(&desk).await, waiting);
    let approval = waiting[0].id.clone();
    let decision = Decision::Approve { option: None };
    desk.command(Command::ResolveApproval { approval, decision }).await.unwrap();
    let turn = desk.end_of(&next).await;
    assert_eq!((turn.end().0, turn.texts()), (TurnStatus::Done, vec!["hello"]), "{turn:#?}");
    let answers = fs::read_to_string(machine.project().join("answers")).unwrap();
    assert!(answers.lines().count() == 1 && answers.contains("\"optionId\":\"y\""), "{answers}");
    assert_eq!(desk.show(&session.id).await.tabs[0].state, TabState::Idle);
    // And nobody is asked by a process that is gone.
    fs::remove_file(machine.project().join("late")).unwrap();
    let sent = desk.send(&session.id, "third").await;
    desk.until(&sent, is_asked).await;
    for pid in processes_of(&machine, "bin/odd") {
        kill(pid);
    }
    let is_withdrawn =
        |body: &EventBody| matches!(body, EventBody::ApprovalResolved { decision: None, .. });
    desk.until(&sent, is_withdrawn).await;
    assert_eq!(approvals(&desk).await, []);
    assert_eq!(desk.show(&session.id).await.tabs[0].state, TabState::Idle);
    assert_eq!(desk.turn(&session.id, "fourth").await.texts(), ["hello"]);
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_in_one_breath_with_its_turns_end_waits_for_a_person() {
    let machine = machine();
    let script = "all=$(say hello; over; [ -e asked ] || ask 90); touch asked; line \"$all\"";
    on(&machine, "on-prompt", script);
    let laptop = Laptop::new(&machine);
    know(&laptop);
    let desk = laptop.engine().await;
    let session = session(&desk, &machine).await;
    let turn = desk.turn(&session.id, "first").await;
    assert_eq!((turn.end().0, turn.texts()), (TurnStatus::Done, vec!["hello"]), "{turn:#?}");
    let waiting = approvals(&desk).await;
    let titles: Vec<&str> = waiting.iter().map(|approval| &*approval.title).collect();
    assert_eq!(titles, ["May I 90"]);
    assert_eq!(desk.show(&session.id).await.tabs[0].state, TabState::Waiting);
    let next = desk.send(&session.id, "second").await;
    assert_eq!(desk.show(&session.id).await.tabs[0].queue.len(), 1);
    let approval = waiting[0].id.clone();
    let decision = Decision::Approve { option: None };
    desk.command(Command::ResolveApproval { approval, decision }).await.unwrap();
    let turn = desk.end_of(&next).await;
    assert_eq!((turn.end().0, turn.texts()), (TurnStatus::Done, vec!["hello"]), "{turn:#?}");
    let answers = fs::read_to_string(machine.project().join("answers")).unwrap();
    assert!(answers.lines().count() == 1 && answers.contains("\"optionId\":\"y\""), "{answers}");
    desk.stop().await;
}

/// A small disk of its own at a place, gone on drop.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn at(place: PathBuf) -> Self {
        fs::create_dir_all(&place).unwrap();
        let mut mount = std::process::Command::new("mount");
        let mounted = mount.args(["-t", "tmpfs", "-o", "size=1m", "tmpfs"]).arg(&place).status();
        assert!(mounted.unwrap().success(), "this test needs root, to mount a small disk");
        Self(place)
    }

    /// Writes until nothing fits any more.
    fn fill(&self) {
        let filled = fs::write(self.0.join("fill"), vec![0; 2 << 20]).unwrap_err();
        assert_eq!(filled.kind(), std::io::ErrorKind::StorageFull);
    }

    fn make_room(&self) {
        fs::remove_file(self.0.join("fill")).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let gone = std::process::Command::new("umount").arg("-l").arg(&self.0).status();
        assert!(gone.is_ok_and(|status| status.success()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prompt_for_which_the_host_has_no_room_says_so_once_and_goes_when_there_is_some() {
    let machine = machine();
    let disk = SmallDisk::at(machine.home().join(".local"));
    on(&machine, "on-prompt", "say hello; over");
    let laptop = Laptop::new(&machine);
    know(&laptop);
    let desk = laptop.engine().await;
    let session = session(&desk, &machine).await;
    assert_eq!(desk.turn(&session.id, "first").await.end().0, TurnStatus::Done);
    disk.fill();
    let sent = desk.send(&session.id, "second").await;
    let is_told = |body: &EventBody| matches!(body, EventBody::Error { .. });
    let turn = desk.until(&sent, is_told).await;
    let (failure, recoverable) = match turn.bodies().last() {
        Some(EventBody::Error { failure, recoverable, .. }) => (failure, *recoverable),
        other => panic!("{other:?}"),
    };
    assert_eq!((failure.code, recoverable), (Code::TooLarge, true), "{failure:?}");
    assert!(failure.message.contains("the disk is full"), "{failure:?}");
    // wait: long enough for it to be tried again, and not to be told again
    tokio::time::sleep(Duration::from_millis(1500)).await; // wait: nothing may come meanwhile
    disk.make_room();
    let turn = desk.end_of(&sent).await;
    assert_eq!(turn.end().0, TurnStatus::Done, "{turn:#?}");
    assert_eq!(turn.texts(), ["hello"]);
    assert_eq!(turn.errors().len(), 1, "{turn:#?}");
    desk.stop().await;
    for pid in processes_of(&machine, "runs") {
        kill(pid);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prompt_for_an_agent_whose_files_are_gone_goes_to_its_successor() {
    let machine = machine();
    on(&machine, "on-prompt", "line x >>count; say hello; over");
    let laptop = Laptop::new(&machine);
    know(&laptop);
    let desk = laptop.engine().await;
    let session = session(&desk, &machine).await;
    assert_eq!(desk.turn(&session.id, "first").await.end().0, TurnStatus::Done);
    let runs = machine.home().join(".local/state/baton/runs");
    for run in fs::read_dir(&runs).unwrap() {
        fs::remove_dir_all(run.unwrap().path()).unwrap();
    }
    let turn = desk.turn(&session.id, "second").await;
    assert_eq!(turn.end().0, TurnStatus::Done, "{turn:#?}");
    assert_eq!((turn.texts(), turn.errors()), (vec!["hello"], vec![]));
    assert_eq!(fs::read_to_string(machine.project().join("count")).unwrap(), "x\nx\n");
    until("the former one is gone", || agents_at_work(&machine) == 1).await;
    desk.stop().await;
}

fn kill(pid: u32) {
    let pid = rustix::process::Pid::from_raw(pid.try_into().unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).ok(); // It may have ended in between.
}
