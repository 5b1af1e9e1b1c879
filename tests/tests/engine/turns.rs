//! Turns of agents that run one process each.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use baton_tests::AgentHost;
use orchestrator::agent::ToolStatus;
use orchestrator::failure::Code;
use orchestrator::seam::{
    Command, EventBody, Image, NewMessage, NewSession, SessionChange, TabChoice, TabState,
    TurnStatus,
};

use crate::desk::{Laptop, message, new_session, processes_of, until};

#[tokio::test(flavor = "multi_thread")]
async fn a_turn_streams_what_the_agent_does_and_a_second_one_resumes_its_conversation() {
    let machine = AgentHost::start().with_scripted("codex");
    let laptop = Laptop::new(&machine);
    let desk = laptop.engine().await;
    let session = desk.session("codex", &machine).await;
    let script = "print I look around\ntool command {\"command\":\"ls\",\"output\":\"a.txt\",\"exit_code\":0}\nprint There is one file\nsession";
    let turn = desk.turn(&session.id, script).await;
    turn.is_done();
    let texts = turn.texts();
    assert_eq!(texts[..2], ["I look around", "There is one file"]);
    let id = texts[2].strip_prefix("new ").expect(texts[2]);
    let calls: Vec<_> = turn
        .bodies()
        .filter_map(|body| match body {
            EventBody::ToolCall(call) => Some((call.status, call.output.clone())),
            _ => None,
        })
        .collect();
    assert_eq!(calls.last(), Some(&(ToolStatus::Done, Some("a.txt".into()))));
    assert!(
        turn.bodies()
            .any(|body| matches!(body, EventBody::Usage(usage) if usage.output_tokens > 0))
    );
    let again = desk.turn(&session.id, "session").await;
    assert_eq!(again.is_done().texts(), [format!("resumed {id}")]);
    let shown = desk.show(&session.id).await;
    assert_eq!(shown.tabs[0].agent_session.as_deref(), Some(id));
    assert_eq!((shown.totals.turns, shown.tabs[0].state), (2, TabState::Idle));
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_format_of_an_agent_gives_the_same_answer() {
    let mut machine = AgentHost::start();
    let agents = [
        ("claude-code", "claude"),
        ("codex", "codex"),
        ("opencode", "opencode"),
        ("gemini-cli", "gemini"),
    ];
    for (_, program) in agents {
        machine = machine.with_scripted(program);
    }
    let laptop = Laptop::new(&machine);
    let desk = laptop.engine().await;
    for (agent, _) in agents {
        let session = desk.session(agent, &machine).await;
        let turn = desk.turn(&session.id, "print one\nprint two").await;
        assert_eq!(
            turn.is_done().texts().concat().replace('\n', ""),
            "onetwo",
            "{agent}: {turn:#?}"
        );
        let again = desk.turn(&session.id, "session").await;
        assert!(again.is_done().texts().concat().starts_with("resumed "), "{agent}: {again:#?}");
    }
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prompt_arrives_byte_for_byte_and_is_never_run_by_a_shell() {
    let machine = AgentHost::start();
    let taken = machine.project().join("taken");
    let machine =
        machine.with_scripted_by("codex", &format!("save-prompt {}\nprint ok", taken.display()));
    let laptop = Laptop::new(&machine);
    let desk = laptop.engine().await;
    let session = desk.session("codex", &machine).await;
    let proof = machine.project().join("ran");
    let nasty = format!(
        "'; touch {proof}; '$(touch {proof})`touch {proof}` \\ \u{1} \u{7f} ü 漢 \r\n--help\n!x\n",
        proof = proof.display()
    );
    let large = "0123456789abcdef".repeat(64 * 1024);
    for prompt in [nasty.as_str(), large.as_str()] {
        desk.turn(&session.id, prompt).await.is_done();
        assert_eq!(fs::read_to_string(&taken).unwrap(), prompt);
    }
    assert!(!proof.exists());
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn environment_and_directory_are_the_sessions_over_the_hosts() {
    let machine = AgentHost::start().with_scripted("codex");
    let laptop = Laptop::new(&machine);
    let desk = laptop.engine().await;
    let mut new = new_session("codex", &machine);
    new.env.insert("MINE".into(), "a secret value".into());
    let session = desk.try_session(new).await.unwrap();
    let turn = desk.turn(&session.id, "env MINE\nenv FROM_HOST\ndirectory").await;
    let all = turn.is_done().texts().join("\n");
    assert!(all.contains("a secret value") && all.contains("the host"), "{all}");
    assert!(all.contains(&machine.project().display().to_string()), "{all}");
    let shown = format!("{:?}", desk.show(&session.id).await);
    assert!(shown.contains("MINE") && !shown.contains("a secret value"), "{shown}");
    let change = SessionChange {
        env: [("MINE".into(), None)].into(),
        cwd: Some(Some("~".into())),
        ..SessionChange::default()
    };
    desk.command(Command::EditSession { session: session.id.clone(), change }).await.unwrap();
    let all = desk.turn(&session.id, "env MINE\ndirectory").await.is_done().texts().join("\n");
    assert!(!all.contains("a secret value"), "{all}");
    assert!(all.contains(&machine.home().display().to_string()), "{all}");
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_wait_for_the_turn_under_way_and_each_runs_once() {
    let machine = AgentHost::start().with_scripted("codex");
    let laptop = Laptop::new(&machine);
    let desk = laptop.engine().await;
    let session = desk.session("codex", &machine).await;
    let (gate, count) = (machine.project().join("gate"), machine.project().join("count"));
    let first = format!("count-file {}\nwait-for {}\nprint one", count.display(), gate.display());
    let first = desk.send(&session.id, &first).await;
    let mut others = Vec::new();
    for name in ["two", "three"] {
        let script = format!("count-file {}\nprint {name}", count.display());
        others.push(desk.send(&session.id, &script).await);
    }
    desk.until(&first, |body| matches!(body, EventBody::TurnLaunched)).await;
    assert_eq!(desk.show(&session.id).await.tabs[0].queue.len(), 2);
    fs::write(&gate, "").unwrap();
    let mut texts = Vec::new();
    for sent in [&first, &others[0], &others[1]] {
        texts.extend(desk.end_of(sent).await.is_done().texts().iter().map(ToString::to_string));
    }
    assert_eq!(texts, ["one", "two", "three"]);
    assert_eq!(fs::read_to_string(&count).unwrap().lines().count(), 3);
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_who_send_at_once_get_a_turn_each_one_after_the_other() {
    let machine = AgentHost::start().with_scripted("codex");
    let laptop = Laptop::new(&machine);
    let desk = laptop.engine().await;
    let session = desk.session("codex", &machine).await;
    let count = machine.project().join("count");
    let script = format!("count-file {}\nprint done", count.display());
    let (one, two) = tokio::join!(desk.turn(&session.id, &script), desk.turn(&session.id, &script));
    one.is_done();
    two.is_done();
    assert_eq!(fs::read_to_string(&count).unwrap().lines().count(), 2);
    let span = |turn: &crate::desk::Turn| {
        (turn.events.first().unwrap().seq, turn.events.last().unwrap().seq)
    };
    let mut spans = [span(&one), span(&two)];
    spans.sort_unstable();
    assert!(spans[0].1 < spans[1].0, "one began before the other had ended: {spans:?}");
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupt_ends_the_turn_and_leaves_no_process() {
    let machine = AgentHost::start().with_scripted("codex");
    let laptop = Laptop::new(&machine);
    let desk = laptop.engine().await;
    let session = desk.session("codex", &machine).await;
    for (script, stop) in
        [("print up\nquiet", false), ("ignore TERM\nignore INT\nprint up\nquiet", true)]
    {
        let sent = desk.send(&session.id, script).await;
        desk.until(&sent, |body| matches!(body, EventBody::Text { .. })).await;
        let session = session.id.clone();
        desk.command(Command::Interrupt { session, tab: None, turn: None, stop }).await.unwrap();
        let turn = desk.end_of(&sent).await;
        assert_eq!(turn.end().0, TurnStatus::Interrupted, "{turn:#?}");
        assert_eq!(turn.errors(), [] as [&orchestrator::failure::Failure; 0]);
    }
    let left = || processes_of(&machine, "scripted-agent");
    until("the agent's processes are gone", || left().is_empty()).await;
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_not_be_sent_is_refused_and_nothing_is_queued() {
    let machine = AgentHost::start().with_scripted("codex");
    let laptop = Laptop::new(&machine);
    let desk = laptop.engine().await;
    let session = desk.session("codex", &machine).await;
    let image = |bytes: &[u8]| NewMessage {
        images: vec![Image { name: "shot.png".into(), bytes: bytes.to_vec() }],
        ..message("look")
    };
    let empty = desk.try_send(&session.id, TabChoice::Last, message(" \n\t")).await.unwrap_err();
    assert_eq!(empty.code, Code::Usage, "{empty}");
    let odd = desk.try_send(&session.id, TabChoice::Last, image(b"no image")).await.unwrap_err();
    assert!(odd.code == Code::Usage && odd.message.contains("shot.png"), "{odd}");
    for (agent, code) in [("nobody", Code::NotFound)] {
        let new = NewSession { agent: agent.into(), ..new_session(agent, &machine) };
        assert_eq!(desk.try_session(new).await.unwrap_err().code, code);
    }
    let new = NewSession { host: "nowhere".into(), ..new_session("codex", &machine) };
    assert_eq!(desk.try_session(new).await.unwrap_err().code, Code::HostUnknown);
    laptop.write_hosts("[host.box]\nssh_config = \"box\"\nenabled = false\n");
    let disabled =
        desk.try_send(&session.id, TabChoice::Last, message("print x")).await.unwrap_err();
    assert_eq!((disabled.code, disabled.host.as_deref()), (Code::HostDisabled, Some("box")));
    laptop.write_hosts("");
    let gone = desk.try_send(&session.id, TabChoice::Last, message("print x")).await.unwrap_err();
    assert_eq!((gone.code, gone.host.as_deref()), (Code::HostUnknown, Some("box")));
    assert_eq!(desk.show(&session.id).await.tabs[0].queue, []);
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_is_not_there_or_fails_says_so_with_a_code_and_a_hint() {
    let machine = AgentHost::start().with_scripted("codex");
    let laptop = Laptop::new(&machine);
    let desk = laptop.engine().await;
    let codex = desk.session("codex", &machine).await;
    let mut new = new_session("codex", &machine);
    new.cwd = Some("/nonexistent/dir".into());
    let nowhere = desk.try_session(new).await.unwrap();
    let claude = desk.session("claude-code", &machine).await;
    machine.write_program("opencode", "exec /usr/bin/env no-such-interpreter\n");
    let opencode = desk.session("opencode", &machine).await;
    let never = machine.project().join("never");
    let png = [b"\x89PNG\r\n\x1a\n".as_slice(), &[0; 64]].concat();
    let with_image = NewMessage {
        images: vec![Image { name: "a.png".into(), bytes: png }],
        ..message(&format!("touch {}", never.display()))
    };
    let missing = desk.try_send(&claude.id, TabChoice::Last, with_image).await.unwrap();
    let missing = desk.end_of(&missing).await;
    assert_eq!(missing.failure().code, Code::AgentMissing, "{missing:#?}");
    assert!(!never.exists(), "a prompt is never run by a shell");
    assert_eq!(desk.turn(&nowhere.id, "print x").await.failure().code, Code::DirMissing);
    let interpreter = desk.turn(&opencode.id, "print x").await;
    assert_eq!(interpreter.failure().code, Code::InterpreterMissing, "{interpreter:#?}");
    for (script, code, status) in [
        ("error-object auth", Code::AgentNotLoggedIn, None),
        ("error-object rate_limit", Code::RateLimited, None),
        ("error-object context", Code::TooLarge, None),
        ("signal KILL", Code::AgentFailed, Some(137)),
        ("error it broke\nexit 3", Code::AgentFailed, Some(3)),
    ] {
        let turn = desk.turn(&codex.id, script).await;
        assert_eq!(turn.failure().code, code, "{script}: {turn:#?}");
        if status.is_some() {
            assert_eq!(turn.end().1, status, "{script}");
        }
    }
    let hints = desk.turn(&codex.id, "error-object auth").await;
    assert!(hints.failure().hint.is_some(), "{hints:#?}");
    // None of that has harmed the session.
    desk.turn(&codex.id, "print on").await.is_done();
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_output_is_kept_or_skipped_and_the_turn_goes_on() {
    let machine = AgentHost::start().with_scripted("codex");
    let laptop = Laptop::new(&machine);
    let desk = laptop.engine().await;
    let session = desk.session("codex", &machine).await;
    let turn = desk
        .turn(&session.id, "raw this is no JSON\nraw {\"type\":\"future\",\"x\":1}\nprint on")
        .await;
    turn.is_done();
    let raw = |wanted: &str| {
        turn.bodies()
            .any(|body| matches!(body, EventBody::Raw { line, .. } if line.contains(wanted)))
    };
    assert!(raw("no JSON") && raw("future"), "{turn:#?}");
    let turn = desk.turn(&session.id, &format!("bytes {}\nraw \nprint on", 64 * 1024 * 1024)).await;
    assert_eq!(turn.is_done().texts(), ["on"]);
    assert!(turn.errors().iter().any(|error| error.message.contains("skipped")), "{turn:#?}");
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_agent_is_told_of_with_the_end_of_its_stderr() {
    let machine = AgentHost::start().with_scripted("gemini");
    let mut laptop = Laptop::new(&machine);
    laptop.settings.quiet_after = std::time::Duration::from_secs(1);
    let desk = laptop.engine().await;
    let session = desk.session("gemini-cli", &machine).await;
    let gate = machine.project().join("gate");
    let script = format!("error retrying with backoff\nwait-for {}\nprint on", gate.display());
    let sent = desk.send(&session.id, &script).await;
    let turn = desk.until(&sent, |body| matches!(body, EventBody::Quiet { .. })).await;
    let quiet = turn.bodies().last().unwrap();
    assert!(
        matches!(quiet, EventBody::Quiet { seconds: 1.., stderr } if stderr.contains("retrying")),
        "{quiet:?}"
    );
    fs::write(gate, "").unwrap();
    desk.end_of(&sent).await.is_done();
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_turn_ends_with_its_agent_even_when_a_child_holds_the_output_open() {
    let machine = AgentHost::start().with_scripted("codex");
    let laptop = Laptop::new(&machine);
    let desk = laptop.engine().await;
    let session = desk.session("codex", &machine).await;
    let turn = desk.turn(&session.id, "print up\nfork-holding-output").await;
    assert_eq!(turn.is_done().texts(), ["up"]);
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_of_the_persons_own_needs_a_file_and_no_code() {
    let machine = AgentHost::start().with_scripted("codex");
    let laptop = Laptop::new(&machine);
    laptop.write_agent(
        "mine.toml",
        "id = \"mine\"\nname = \"Mine\"\nprogram = \"codex\"\n[batch]\noutput = \"codex\"\nprompt = \"stdin\"\n\
         arguments = [\"exec\", \"--json\", \"--skip-git-repo-check\"]\nend = [\"-\"]\n",
    );
    let desk = laptop.engine().await;
    let session = desk.session("mine", &machine).await;
    assert_eq!(desk.turn(&session.id, "print as told").await.is_done().texts(), ["as told"]);
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_would_undo_read_only_is_refused_by_name_before_anything_is_queued() {
    let machine = AgentHost::start().with_scripted("opencode").with_scripted("copilot");
    let laptop = Laptop::new(&machine);
    let desk = laptop.engine().await;
    let name = "OPENCODE_CONFIG_CONTENT";
    let free = || [(name.to_owned(), "{\"permission\":\"allow\"}".to_owned())].into();
    for (read_only, talks) in [(true, false), (false, true), (true, true)] {
        let new = NewSession { env: free(), read_only, talks, ..new_session("opencode", &machine) };
        let refused = desk.try_session(new).await.unwrap_err();
        assert_eq!(refused.code, Code::Conflict, "{refused}");
        assert!(refused.message.contains(name) && refused.hint.is_some(), "{refused}");
    }
    // A session that may write keeps its own, until a message must not.
    let new = NewSession { env: free(), ..new_session("opencode", &machine) };
    let session = desk.try_session(new).await.unwrap();
    let turn = desk.turn(&session.id, &format!("env {name}")).await;
    assert!(turn.is_done().texts().concat().contains("\"permission\":\"allow\""), "{turn:#?}");
    let look = NewMessage { read_only: true, ..message("print x") };
    let refused = desk.try_send(&session.id, TabChoice::Last, look.clone()).await.unwrap_err();
    assert!(refused.code == Code::Conflict && refused.message.contains("the session sets"));
    // The host's counts as it is when the message is sent.
    let plain = desk.session("opencode", &machine).await;
    let hosts = format!("[host.box]\nssh_config = \"box\"\n[host.box.env]\n{name} = \"x\"\n");
    laptop.write_hosts(&hosts);
    let refused = desk.try_send(&plain.id, TabChoice::Last, look).await.unwrap_err();
    assert!(refused.code == Code::Conflict && refused.message.contains("the host sets"));
    assert_eq!(desk.show(&plain.id).await.tabs[0].queue, []);
    desk.turn(&plain.id, "print it may").await.is_done();

    // An agent without such a mode is refused when the session is made or changed.
    let new =
        |read_only| NewSession { talks: true, read_only, ..new_session("copilot-cli", &machine) };
    let refused = desk.try_session(new(true)).await.unwrap_err();
    assert_eq!(refused.code, Code::Unsupported);
    assert!(refused.message.contains("Copilot CLI"), "{refused}");
    let session = desk.try_session(new(false)).await.unwrap();
    let change = SessionChange { read_only: Some(true), ..SessionChange::default() };
    let edit = Command::EditSession { session: session.id.clone(), change };
    assert_eq!(desk.command(edit).await.unwrap_err().code, Code::Unsupported);
    let look = NewMessage { read_only: true, ..message("print x") };
    let refused = desk.try_send(&session.id, TabChoice::Last, look).await.unwrap_err();
    assert_eq!(refused.code, Code::Unsupported);
    assert_eq!(desk.show(&session.id).await.tabs[0].queue, []);
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_line_as_an_agent_may_be_silent_and_its_failures_are_its_own() {
    let machine = AgentHost::start();
    let laptop = Laptop::new(&machine);
    let desk = laptop.engine().await;
    let session = desk.session("shell", &machine).await;
    desk.turn(&session.id, "touch made").await.is_done();
    assert!(machine.project().join("made").exists());
    let unknown = desk.turn(&session.id, "nosuchprog").await;
    assert_eq!(unknown.failure().code, Code::AgentFailed, "{unknown:#?}");
    assert!(unknown.failure().message.contains("nosuchprog"), "{unknown:#?}");
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_below_the_home_is_found_there() {
    let machine = AgentHost::start();
    let bin = machine.home().join("my bin");
    fs::create_dir(&bin).unwrap();
    let program = bin.join("mine");
    fs::write(&program, "#!/bin/sh\necho from home\n").unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let laptop = Laptop::new(&machine);
    laptop.write_agent(
        "mine.toml",
        "id = \"mine\"\nname = \"Mine\"\nprogram = \"~/my bin/mine\"\n\
         [batch]\noutput = \"plain\"\nprompt = \"stdin\"\n",
    );
    let desk = laptop.engine().await;
    let session = desk.session("mine", &machine).await;
    assert_eq!(desk.turn(&session.id, "x").await.is_done().texts(), ["from home\n"]);
    desk.stop().await;
}
