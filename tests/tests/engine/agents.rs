//! Real agents through the real engine: turns that change files, conversations that go on, interrupts, questions.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use baton_tests::{AgentHost, MockModel, install_gemini};
use orchestrator::agent::ToolStatus;
use orchestrator::failure::Code;
use orchestrator::seam::{
    Approval, Command, Decision, EventBody, Image, NewMessage, NewSession, Session, SessionId,
    TabChoice, TabState, TurnStatus,
};

use crate::desk::{Desk, Laptop, Sent, Turn, message, new_session, processes_of, until};

/// A session with that agent in a directory of its own.
async fn session(desk: &Desk, agent: &str, machine: &AgentHost, talks: bool) -> Session {
    let cwd = machine.project().join(format!("{agent}-{talks}"));
    fs::create_dir(&cwd).unwrap();
    let cwd = Some(cwd.display().to_string());
    // The bed's model answers to any name; gemini asks another one first which to take, unless it is told.
    let model = (agent == "gemini-cli").then(|| "gemini-2.5-flash".to_owned());
    let new = NewSession { cwd, model, talks, ..new_session(agent, machine) };
    desk.try_session(new).await.unwrap()
}

/// The file that the model writes.
fn file(session: &Session) -> PathBuf {
    PathBuf::from(session.cwd.clone().unwrap()).join(MockModel::FILE_NAME)
}

fn tools_done(turn: &Turn) -> usize {
    let is_done = |body: &&EventBody| matches!(body, EventBody::ToolCall(call) if call.status == ToolStatus::Done);
    turn.bodies().filter(is_done).count()
}

#[track_caller]
fn is_done(turn: &Turn) {
    assert_eq!(turn.end().0, TurnStatus::Done, "{:#?}", turn.events);
}

async fn interrupt(desk: &Desk, session: &SessionId) {
    let session = session.clone();
    desk.command(Command::Interrupt { session, tab: None, turn: None, stop: false }).await.unwrap();
}

/// Sends what the model answers never or slowly, and interrupts when it has been asked.
async fn is_interrupted(desk: &Desk, session: &Session, machine: &AgentHost) {
    let asked = machine.model().requests().len();
    // gemini sends a message that had no answer along with the next one.
    let prompt = if session.agent == "gemini-cli" { "SLOW NOTOOLS" } else { "HANG" };
    let sent = desk.send(&session.id, prompt).await;
    until("the model was asked", || machine.model().requests().len() > asked).await;
    interrupt(desk, &session.id).await;
    let turn = desk.end_of(&sent).await;
    assert_eq!(turn.end().0, TurnStatus::Interrupted, "{:#?}", turn.events);
}

/// A turn that runs a command and writes a file, a second one that goes on, an interrupt, and a turn after that.
async fn works(desk: &Desk, session: &Session, machine: &AgentHost) {
    let turn = desk.turn(&session.id, "Create hello.txt").await;
    is_done(&turn);
    assert!(tools_done(&turn) >= 2, "{:#?}", turn.events);
    assert_eq!(turn.texts().last(), Some(&MockModel::FINAL_TEXT), "{:#?}", turn.events);
    assert_eq!(fs::read_to_string(file(session)).unwrap(), MockModel::FILE_TEXT);
    let used =
        |body: &EventBody| matches!(body, EventBody::Usage(usage) if usage.output_tokens > 0);
    assert!(turn.bodies().any(used), "{:#?}", turn.events);
    let conversation = desk.show(&session.id).await.tabs[0].agent_session.clone();
    assert!(conversation.is_some());
    let again = desk.turn(&session.id, "NOTOOLS again").await;
    is_done(&again);
    assert_eq!(again.texts(), [MockModel::PLAIN_TEXT], "{:#?}", again.events);
    let asked = machine.model().requests();
    let asked = asked.iter().rfind(|request| request.body.to_string().contains("NOTOOLS again"));
    assert!(asked.unwrap().body.to_string().contains("Create hello.txt"), "it remembers");
    is_interrupted(desk, session, machine).await;
    let on = desk.turn(&session.id, "NOTOOLS on").await;
    is_done(&on);
    let shown = desk.show(&session.id).await;
    assert_eq!(shown.tabs[0].agent_session, conversation);
    assert_eq!(shown.tabs[0].state, TabState::Idle);
}

#[tokio::test(flavor = "multi_thread")]
async fn codex_works_goes_on_and_is_interrupted_and_a_full_provider_is_told() {
    let machine = AgentHost::start().with_codex();
    let laptop = Laptop::new(&machine);
    let desk = laptop.engine().await;
    let session = session(&desk, "codex", &machine, false).await;
    works(&desk, &session, &machine).await;
    until("nothing is left", || processes_of(&machine, "codex").is_empty()).await;
    let full = desk.turn(&session.id, "ERR429").await;
    assert_eq!(full.failure().code, Code::RateLimited, "{:#?}", full.events);
    assert!(full.failure().hint.is_some());
    desk.stop().await;
}

/// A PNG of one pixel: codex looks into what it is given.
const PIXEL: &[u8] =
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x02\0\0\0\x90wS\xde\0\0\0\x0cIDAT\
    x\xdac\xf8\x7f\x80\x01\0\x04\x81\x01\xc0I$\xd0\xb1\0\0\0\0IEND\xaeB`\x82";

#[tokio::test(flavor = "multi_thread")]
async fn codex_sees_all_images_of_a_message_in_new_conversations_and_in_those_that_go_on() {
    let machine = AgentHost::start().with_codex();
    let laptop = Laptop::new(&machine);
    let desk = laptop.engine().await;
    let session = session(&desk, "codex", &machine, false).await;
    let image = |name: &str| Image { name: name.into(), bytes: PIXEL.to_vec() };
    for (prompt, images, read_only) in [
        ("NOTOOLS one", vec![image("a.png")], false),
        ("NOTOOLS two", vec![image("a.png"), image("b.png")], false),
        ("NOTOOLS three", vec![image("a.png"), image("b.png")], true),
    ] {
        let count = images.len();
        let new = NewMessage { images, read_only, ..message(prompt) };
        let sent = desk.try_send(&session.id, TabChoice::Last, new).await.unwrap();
        is_done(&desk.end_of(&sent).await);
        let asked = machine.model().requests();
        let asked = asked.last().unwrap().body["input"].as_array().unwrap().clone();
        let ours = asked.iter().rfind(|item| item.to_string().contains(prompt)).unwrap();
        let seen = ours.to_string().matches("data:image/png;base64").count();
        assert_eq!(seen, count, "{prompt}: {ours}");
    }
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn codex_may_write_again_in_a_process_behind_a_read_only_turn_and_counts_only_its_own_use() {
    let machine = AgentHost::start().with_codex();
    let laptop = Laptop::new(&machine);
    let desk = laptop.engine().await;
    let session = session(&desk, "codex", &machine, true).await;
    let look = NewMessage { read_only: true, ..message("NOTOOLS look") };
    let sent = desk.try_send(&session.id, TabChoice::Last, look).await.unwrap();
    let looked = desk.end_of(&sent).await;
    is_done(&looked);
    // Another environment: another process, which goes on with the thread.
    let change = orchestrator::seam::SessionChange {
        env: [("MINE".to_owned(), Some("x".to_owned()))].into(),
        ..Default::default()
    };
    desk.command(Command::EditSession { session: session.id.clone(), change }).await.unwrap();
    let wrote = desk.turn(&session.id, "NOTOOLS write").await;
    is_done(&wrote);
    let used = |turn: &Turn| {
        let usages = turn.bodies().filter_map(|body| match body {
            EventBody::Usage(usage) => Some((usage.input_tokens, usage.output_tokens)),
            _ => None,
        });
        usages.last().unwrap()
    };
    assert_eq!(used(&wrote), used(&looked), "{:#?}", wrote.events);
    // Codex tells the model what holds from now on.
    let asked = machine.model().requests().last().unwrap().body["input"].to_string();
    let (readable, writable) =
        ("`sandbox_mode` is `read-only`", "`sandbox_mode` is `danger-full-access`");
    let (then, now) = (asked.rfind(readable), asked.rfind(writable));
    assert!(then.is_some() && then < now, "{asked}");
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn opencode_works_goes_on_and_is_interrupted() {
    let machine = AgentHost::start().with_opencode();
    let laptop = Laptop::new(&machine);
    let desk = laptop.engine().await;
    let session = session(&desk, "opencode", &machine, false).await;
    works(&desk, &session, &machine).await;
    until("nothing is left", || processes_of(&machine, "opencode").is_empty()).await;
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn gemini_works_goes_on_and_its_silent_retries_are_told_with_its_stderr() {
    let machine = AgentHost::start().with_gemini();
    let mut laptop = Laptop::new(&machine);
    laptop.settings.quiet_after = Duration::from_secs(4);
    let desk = laptop.engine().await;
    let session = session(&desk, "gemini-cli", &machine, false).await;
    works(&desk, &session, &machine).await;
    let sent = desk.send(&session.id, "ERR500").await;
    let is_told = |body: &EventBody| matches!(body, EventBody::Quiet { stderr, .. } if stderr.contains("500"));
    desk.until(&sent, is_told).await;
    interrupt(&desk, &session.id).await;
    assert_eq!(desk.end_of(&sent).await.end().0, TurnStatus::Interrupted);
    until("nothing is left", || processes_of(&machine, "gemini").is_empty()).await;
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn gemini_that_nobody_is_logged_in_to_says_how_to_log_in() {
    let machine = AgentHost::start().with_gemini();
    // Without the settings and the key that the bed gives it.
    fs::remove_dir_all(machine.home().join(".gemini")).unwrap();
    let laptop = Laptop::new(&machine);
    let desk = laptop.engine().await;
    let node = std::process::Command::new("sh").args(["-c", "command -v node"]).output().unwrap();
    let node = String::from_utf8(node.stdout).unwrap();
    let node = std::path::Path::new(node.trim()).parent().unwrap().display().to_string();
    let gemini = install_gemini();
    let text = format!("PATH=$PATH:{node}\nexport PATH\nexec '{}' \"$@\"\n", gemini.display());
    machine.write_program("gemini", &text);
    let session = session(&desk, "gemini-cli", &machine, false).await;
    let turn = desk.turn(&session.id, "NOTOOLS x").await;
    let failure = turn.failure();
    assert_eq!(failure.code, Code::AgentNotLoggedIn, "{:#?}", turn.events);
    assert!(!failure.message.contains("YOLO"), "{failure}");
    assert!(failure.hint.as_ref().unwrap().contains("GEMINI_API_KEY"), "{failure:?}");
    desk.stop().await;
}

/// Waits until the turn asks.
async fn asked(desk: &Desk, sent: &Sent, after: usize) -> Option<Approval> {
    let seen = std::cell::Cell::new(0);
    let turn = desk
        .until(sent, |body| {
            if matches!(body, EventBody::ApprovalRequested { .. }) {
                seen.set(seen.get() + 1);
            }
            seen.get() > after || matches!(body, EventBody::TurnEnded { .. })
        })
        .await;
    match turn.bodies().last() {
        Some(EventBody::ApprovalRequested { approval }) => Some((**approval).clone()),
        _ => None,
    }
}

/// Sends, and answers each question in that way; how many there were, and the turn.
async fn answered(
    desk: &Desk,
    session: &Session,
    prompt: &str,
    decision: Decision,
) -> (usize, Turn) {
    let sent = desk.send(&session.id, prompt).await;
    let mut questions = 0;
    while let Some(approval) = asked(desk, &sent, questions).await {
        questions += 1;
        assert!(!approval.title.is_empty(), "{approval:?}");
        let approval = approval.id;
        let decision = decision.clone();
        desk.command(Command::ResolveApproval { approval, decision }).await.unwrap();
    }
    (questions, desk.end_of(&sent).await)
}

/// The same as [`works`] with an agent that asks: refused first, then allowed; then once more over another engine.
async fn asks_and_works(laptop: &Laptop, agent: &str, machine: &AgentHost) {
    let desk = laptop.engine().await;
    let session = session(&desk, agent, machine, true).await;
    let deny = Decision::Deny { option: None };
    let (questions, refused) = answered(&desk, &session, "Create hello.txt", deny).await;
    assert!(questions > 0, "{:#?}", refused.events);
    assert!(!file(&session).exists(), "{:#?}", refused.events);
    let approve = Decision::Approve { option: None };
    let (questions, turn) = answered(&desk, &session, "Create hello.txt", approve.clone()).await;
    is_done(&turn);
    assert!(questions > 0, "{:#?}", turn.events);
    assert_eq!(fs::read_to_string(file(&session)).unwrap(), MockModel::FILE_TEXT);
    fs::remove_file(file(&session)).unwrap();
    is_interrupted(&desk, &session, machine).await;
    // The question waits while no engine is there.
    let sent = desk.send(&session.id, "Create hello.txt").await;
    assert!(asked(&desk, &sent, 0).await.is_some());
    desk.stop().await;
    let desk = laptop.engine().await;
    let mut questions = 0;
    while let Some(approval) = asked(&desk, &sent, questions).await {
        questions += 1;
        let (approval, decision) = (approval.id, approve.clone());
        desk.command(Command::ResolveApproval { approval, decision }).await.unwrap();
    }
    is_done(&desk.end_of(&sent).await);
    assert_eq!(fs::read_to_string(file(&session)).unwrap(), MockModel::FILE_TEXT);
    // A new process goes on with the conversation.
    let conversation = desk.show(&session.id).await.tabs[0].agent_session.clone();
    let stop = Command::EditSession {
        session: session.id.clone(),
        change: orchestrator::seam::SessionChange {
            env: [("MINE".to_owned(), Some("x".to_owned()))].into(),
            ..Default::default()
        },
    };
    desk.command(stop).await.unwrap();
    let again = desk.turn(&session.id, "NOTOOLS again").await;
    if agent == "gemini-cli" && again.end().0 == TurnStatus::Failed {
        // gemini 0.61 mostly doesn't find what it has written itself as an agent that talks.
        assert_eq!(again.failure().code, Code::NotFound, "{:#?}", again.events);
        assert!(again.failure().hint.as_ref().unwrap().contains("--fresh"));
        let tab = desk.show(&session.id).await.tabs[0].id.clone();
        let fresh = Command::FreshConversation { session: session.id.clone(), tab };
        desk.command(fresh).await.unwrap();
        is_done(&desk.turn(&session.id, "NOTOOLS again").await);
        return leaves_nothing(desk, session, machine).await;
    }
    is_done(&again);
    assert_eq!(again.texts(), [MockModel::PLAIN_TEXT], "{:#?}", again.events);
    assert_eq!(desk.show(&session.id).await.tabs[0].agent_session, conversation);
    let requests = machine.model().requests();
    let last = requests.iter().rfind(|request| request.body.to_string().contains("NOTOOLS again"));
    assert!(last.unwrap().body.to_string().contains("Create hello.txt"), "it remembers");
    leaves_nothing(desk, session, machine).await;
}

async fn leaves_nothing(desk: Desk, session: Session, machine: &AgentHost) {
    desk.command(Command::RemoveSession { session: session.id, force: false }).await.unwrap();
    let programs = ["codex", "opencode", "gemini"];
    until("nothing is left", || {
        programs.iter().all(|program| processes_of(machine, program).is_empty())
    })
    .await;
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn opencode_asks_before_it_acts_and_does_what_is_allowed() {
    let machine = AgentHost::start().with_opencode_that_asks();
    asks_and_works(&Laptop::new(&machine), "opencode", &machine).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn gemini_asks_before_it_acts_and_does_what_is_allowed() {
    let machine = AgentHost::start().with_gemini();
    asks_and_works(&Laptop::new(&machine), "gemini-cli", &machine).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn codex_asks_before_it_acts_and_does_what_is_allowed() {
    let machine = AgentHost::start().with_codex();
    asks_and_works(&Laptop::new(&machine), "codex", &machine).await;
}
