#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::agent::{Definitions, Environment};

fn request(prompt: &str) -> TurnRequest {
    TurnRequest { prompt: prompt.into(), ..TurnRequest::default() }
}

fn full() -> TurnRequest {
    let png =
        |end: u8| Image::new("x", [b"\x89PNG\r\n\x1a\n".as_slice(), &[end]].concat()).unwrap();
    TurnRequest {
        images: vec![png(1), png(2)],
        resume: Some("c0ffee".into()),
        model: Some("m1".into()),
        effort: Some("high".into()),
        arguments: vec!["--extra".into()],
        ..request("do it")
    }
}

fn definition(id: &str) -> Definition {
    Definitions::embedded().0.get(id).unwrap().clone()
}

fn line(invocation: &Invocation) -> String {
    let words: Vec<String> = invocation
        .argv
        .iter()
        .map(|arg| match arg {
            Arg::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            Arg::File(name) => format!("<{name}>"),
        })
        .collect();
    words.join(" ")
}

fn turn(id: &str, request: &TurnRequest) -> Invocation {
    turn_invocation(&definition(id), request).unwrap()
}

fn refused(id: &str, request: &TurnRequest) -> Failure {
    turn_invocation(&definition(id), request).unwrap_err()
}

#[test]
fn each_agent_gets_its_own_command_line() {
    let fresh = |id| line(&turn(id, &request("x")));
    assert_eq!(
        fresh("claude-code"),
        "claude --print --verbose --output-format stream-json --dangerously-skip-permissions"
    );
    assert_eq!(
        fresh("codex"),
        "codex exec --json --dangerously-bypass-approvals-and-sandbox --skip-git-repo-check -"
    );
    assert_eq!(fresh("opencode"), "opencode run --format json");
    assert_eq!(
        fresh("gemini-cli"),
        "gemini --output-format stream-json --skip-trust --approval-mode yolo"
    );
    assert_eq!(
        fresh("copilot-cli"),
        "copilot --output-format json --no-color --allow-all --no-ask-user"
    );
    assert_eq!(fresh("factory-droid"), "droid exec -o stream-json --skip-permissions-unsafe");
    assert_eq!(fresh("shell"), "sh <script>");
}

#[test]
fn all_that_was_asked_for_stands_on_the_line_in_order() {
    assert_eq!(
        line(&turn("claude-code", &full())),
        "claude --print --verbose --output-format stream-json --input-format stream-json --model m1 --effort high \
         --dangerously-skip-permissions --extra --resume c0ffee"
    );
    assert_eq!(
        line(&turn("codex", &full())),
        "codex exec --json --image <image-1.png> --image <image-2.png> --model m1 -c model_reasoning_effort=high \
         --dangerously-bypass-approvals-and-sandbox --skip-git-repo-check --extra resume c0ffee -"
    );
    assert_eq!(
        line(&turn("copilot-cli", &full())),
        "copilot --output-format json --no-color --attachment <image-1.png> --attachment <image-2.png> --model m1 \
         --reasoning-effort high --allow-all --no-ask-user --extra --resume=c0ffee"
    );
}

#[test]
fn a_prompt_is_stdin_with_every_byte_of_it() {
    let prompt = b"\0\xff\n$(reboot)\r\n".to_vec();
    let wish = TurnRequest { prompt: prompt.clone(), ..TurnRequest::default() };
    for id in ["claude-code", "codex", "opencode", "gemini-cli", "copilot-cli", "factory-droid"] {
        assert_eq!(turn(id, &wish).stdin, prompt, "{id}");
    }
}

#[test]
fn claude_gets_images_in_its_line_of_json() {
    let invocation = turn("claude-code", &full());
    assert!(invocation.files.is_empty());
    let message: serde_json::Value = serde_json::from_slice(&invocation.stdin).unwrap();
    let content = message["message"]["content"].as_array().unwrap();
    assert_eq!(content.len(), 3);
    assert_eq!(content[0]["source"]["media_type"], "image/png");
    assert_eq!(content[2]["text"], "do it");
    assert_eq!(invocation.stdin.iter().filter(|byte| **byte == b'\n').count(), 1);
}

#[test]
fn read_only_drops_what_lets_it_write_and_what_would_undo_it() {
    let wish = |arguments: &[&str]| TurnRequest {
        read_only: true,
        arguments: arguments.iter().map(|argument| (*argument).to_owned()).collect(),
        ..request("look")
    };
    let invocation =
        turn("claude-code", &wish(&["--permission-mode", "bypassPermissions", "--add-dir", "/x"]));
    assert_eq!(
        line(&invocation),
        "claude --print --verbose --output-format stream-json --permission-mode plan --add-dir /x"
    );
    assert_eq!(invocation.stripped, ["--permission-mode", "bypassPermissions"]);
    let invocation = turn("codex", &wish(&["--yolo", "-s", "danger-full-access", "-c", "x=1"]));
    assert_eq!(
        line(&invocation),
        "codex exec --json --sandbox read-only --skip-git-repo-check -c x=1 -"
    );
    let invocation = turn("gemini-cli", &wish(&["-y", "--approvalMode=yolo"]));
    assert_eq!(
        line(&invocation),
        "gemini --output-format stream-json --skip-trust --approval-mode plan"
    );
    // opencode's agent `plan` writes all the same, if the configuration allows all.
    let none = std::collections::BTreeMap::new();
    let config = |invocation: Invocation| {
        invocation.environment(&none, &none).unwrap()["OPENCODE_CONFIG_CONTENT"].clone()
    };
    let allowed = config(turn("opencode", &request("x")));
    let denied = config(turn("opencode", &wish(&[])));
    assert!(!allowed.contains("\"edit\":\"deny\"") && denied.contains("\"edit\":\"deny\""));
    assert!(!line(&turn("factory-droid", &wish(&[]))).contains("unsafe"));
    assert_eq!(refused("shell", &wish(&[])).code, Code::Unsupported);
}

#[test]
fn no_environment_undoes_read_only_or_the_questions_and_who_tries_is_named() {
    let none = Environment::default().0;
    let own = |value: &str| [("OPENCODE_CONFIG_CONTENT".to_owned(), value.to_owned())].into();
    let opencode = definition("opencode");
    let looks = turn("opencode", &TurnRequest { read_only: true, ..request("look") });
    let (talks, _) = talk_invocation(&opencode, None, &[]).unwrap();
    for invocation in [&looks, &talks] {
        let held = invocation.environment(&none, &none).unwrap();
        assert!(held["OPENCODE_CONFIG_CONTENT"].contains("\"edit\":\"deny\""));
        for (whose, host, session) in
            [("host", own("secret"), none.clone()), ("session", none.clone(), own("secret"))]
        {
            let refused = invocation.environment(&host, &session).unwrap_err();
            assert_eq!(refused.code, Code::Conflict);
            let named = format!("the {whose} sets OPENCODE_CONFIG_CONTENT");
            assert!(refused.message.starts_with(&named), "{refused}");
            assert!(!refused.message.contains("secret"), "{refused}");
        }
        // The same value undoes nothing.
        let same = own(&held["OPENCODE_CONFIG_CONTENT"]);
        assert_eq!(invocation.environment(&none, &same).unwrap(), held);
    }
    // A turn that may write takes the person's, and all else is the person's anyhow.
    let writes = turn("opencode", &request("write"));
    let all = writes.environment(&none, &own("mine")).unwrap();
    assert_eq!(all["OPENCODE_CONFIG_CONTENT"], "mine");
    let update = [("OPENCODE_DISABLE_AUTOUPDATE".to_owned(), "0".to_owned())].into();
    assert_eq!(looks.environment(&update, &none).unwrap()["OPENCODE_DISABLE_AUTOUPDATE"], "0");
}

#[test]
fn the_shell_runs_the_prompt_or_feeds_it_to_the_persons_command() {
    let invocation = turn("shell", &request("echo hi"));
    assert_eq!(invocation.files[0].bytes, b"echo hi");
    assert!(invocation.stdin.is_empty());
    let arguments = vec!["make".into(), "--".into(), "all".into()];
    let invocation = turn("shell", &TurnRequest { arguments, ..request("echo hi") });
    assert_eq!(line(&invocation), "make -- all");
    assert_eq!(invocation.stdin, b"echo hi");
    assert!(invocation.files.is_empty());
}

#[test]
fn a_system_prompt_is_said_once_a_conversation() {
    let system_prompt = Some("Be kind".to_owned());
    let wish = TurnRequest { system_prompt, ..request("do it") };
    assert!(line(&turn("claude-code", &wish)).contains("--append-system-prompt Be kind"));
    let stdin = String::from_utf8(turn("codex", &wish).stdin).unwrap();
    assert_eq!(stdin, "Be kind\n\n---\n\n# User Request\n\ndo it");
    let wish = TurnRequest { resume: Some("c0ffee".into()), ..wish };
    assert_eq!(turn("codex", &wish).stdin, b"do it");
}

#[test]
fn bad_wishes_are_refused_before_anything_is_started() {
    assert_eq!(refused("codex", &request(" \n\t")).code, Code::Usage);
    let model = |model: &str| TurnRequest { model: Some(model.into()), ..request("x") };
    for name in ["", "-x", "a\nb", "a\0b"] {
        assert_eq!(refused("codex", &model(name)).code, Code::Usage);
    }
    let resume = TurnRequest { resume: Some("--last".into()), ..request("x") };
    assert_eq!(refused("codex", &resume).code, Code::Usage);
    let dashes = TurnRequest { arguments: vec!["--".into()], ..request("x") };
    assert_eq!(refused("codex", &dashes).code, Code::Usage);
    let nul = TurnRequest { arguments: vec!["a\0".into()], ..request("x") };
    assert_eq!(refused("shell", &nul).code, Code::Usage);
    let images = TurnRequest { images: full().images, ..request("x") };
    assert_eq!(refused("gemini-cli", &images).code, Code::Unsupported);
    let bytes = TurnRequest { prompt: b"\xff".into(), ..images };
    assert_eq!(refused("claude-code", &bytes).code, Code::Usage);
}

#[test]
fn a_prompt_that_has_to_be_an_argument_holds_no_nul() {
    let mut definition = definition("codex");
    let batch = definition.batch.as_mut().unwrap();
    batch.prompt = PromptBy::Flag("-p".into());
    batch.end.clear();
    let invocation = turn_invocation(&definition, &request("-x")).unwrap();
    assert!(line(&invocation).ends_with("-p -x") && invocation.stdin.is_empty());
    assert_eq!(turn_invocation(&definition, &request("a\0b")).unwrap_err().code, Code::Usage);
}

#[test]
fn an_agent_that_talks_is_started_without_a_prompt() {
    let gemini = definition("gemini-cli");
    let (invocation, talk) = talk_invocation(&gemini, Some("m1"), &["--debug".into()]).unwrap();
    assert_eq!(line(&invocation), "gemini --acp --skip-trust --model m1 --debug");
    assert_eq!(talk.read_only_mode.as_deref(), Some("plan"));
    assert!(talk_invocation(&definition("claude-code"), None, &[]).is_err());
}

#[test]
fn prompts_and_values_dont_show_in_debug_output() {
    let wish = TurnRequest { system_prompt: Some("secret-1".into()), ..request("secret-2") };
    let mut definition = definition("codex");
    definition.env.0.insert("KEY".into(), "secret-3".into());
    let shown = format!("{wish:?} {:?}", turn_invocation(&definition, &wish).unwrap());
    assert!(!shown.contains("secret"), "{shown}");
}
