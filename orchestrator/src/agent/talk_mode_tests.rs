#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use serde_json::json;

use super::tests::{ask, codes, ended, prompt, ready, say, sent, settings};
use super::{Prompt, Step, TalkSettings, Talker};
use crate::agent::{AgentErrorKind, Definitions, Item, Protocol};
use crate::failure::Code;

#[test]
fn a_read_only_turn_goes_in_the_agents_own_mode_or_not_at_all() {
    let modes = |settings: &TalkSettings| TalkSettings {
        mode: Some("default".into()),
        read_only_mode: Some("plan".into()),
        ..settings.clone()
    };
    let look = Prompt { read_only: true, ..prompt("look") };
    let mut step = Step::default();
    let (mut talker, _) = ready(settings(), &json!({}), &json!({"sessionId": "s"}));
    assert_eq!(talker.prompt(&look, &mut step).unwrap_err().code, Code::Unsupported);

    // Named as modes, or as an option.
    let as_modes = json!({"sessionId": "s", "modes": {"currentModeId": "default", "availableModes": [{"id": "default", "name": "D"}, {"id": "plan", "name": "P"}]}});
    let as_option = json!({"sessionId": "s", "configOptions": [{"id": "m", "category": "mode", "currentValue": "default", "options": [{"value": "default"}, {"value": "plan"}]}]});
    for (session, method) in
        [(as_modes, "session/set_mode"), (as_option, "session/set_config_option")]
    {
        let (mut talker, _) = ready(modes(&settings()), &json!({}), &session);
        let mut step = Step::default();
        talker.prompt(&look, &mut step).unwrap();
        let set = &sent(&step.send)[0];
        assert_eq!(set["method"], method);
        assert!(set["params"]["modeId"] == "plan" || set["params"]["value"] == "plan");
        let step = say(&mut talker, &json!({"id": 3, "result": {}}));
        assert_eq!(sent(&step.send)[0]["method"], "session/prompt");
        say(&mut talker, &json!({"id": 4, "result": {"stopReason": "end_turn"}}));
        // And back.
        let mut step = Step::default();
        talker.prompt(&prompt("now do it"), &mut step).unwrap();
        assert_eq!(sent(&step.send)[0]["method"], method);
    }

    let (mut talker, _) = ready(modes(&settings()), &json!({}), &json!({"sessionId": "s"}));
    let mut step = Step::default();
    talker.prompt(&look, &mut step).unwrap();
    assert!(step.send.is_empty());
    assert_eq!(ended(&step), Some(false));
}

#[test]
fn a_mode_that_was_refused_counts_as_not_set() {
    let settings = TalkSettings {
        mode: Some("default".into()),
        read_only_mode: Some("plan".into()),
        ..settings()
    };
    let session = json!({"sessionId": "s", "modes": {"currentModeId": "default", "availableModes": [{"id": "default", "name": "D"}, {"id": "plan", "name": "P"}]}});
    let (mut talker, _) = ready(settings, &json!({}), &session);
    let look = Prompt { read_only: true, ..prompt("look") };
    for id in [3, 4] {
        let mut step = Step::default();
        talker.prompt(&look, &mut step).unwrap();
        let [set] = &sent(&step.send)[..] else { panic!("{step:?}") };
        assert_eq!(
            (&set["method"], &set["params"]["modeId"]),
            (&json!("session/set_mode"), &json!("plan"))
        );
        let refused = json!({"id": id, "error": {"code": -32603, "message": "not now"}});
        let step = say(&mut talker, &refused);
        assert_eq!(ended(&step), Some(false));
        assert!(step.send.is_empty(), "no prompt goes out in the mode that writes: {step:?}");
    }
    // Neither does one whose turn was cancelled meanwhile; and one that was set counts.
    let mut step = Step::default();
    talker.prompt(&look, &mut step).unwrap();
    talker.cancel(&mut step);
    say(&mut talker, &json!({"id": 5, "result": {}}));
    let mut step = Step::default();
    talker.prompt(&look, &mut step).unwrap();
    assert_eq!(sent(&step.send)[0]["method"], "session/prompt");
}

#[test]
fn a_codex_thread_that_is_gone_on_with_gets_its_sandbox_and_none_of_the_old_use() {
    let usage = |turn: &str, total: u64| {
        let tokens = json!({"totalTokens": 150, "inputTokens": 120, "outputTokens": 30});
        json!({"method": "thread/tokenUsage/updated", "params": {"threadId": "t", "turnId": turn,
            "tokenUsage": {"total": {"totalTokens": total}, "last": tokens}}})
    };
    let writes = json!({"type": "workspaceWrite", "writableRoots": []});
    for stored in [json!({"type": "readOnly"}), writes.clone()] {
        let resume = TalkSettings { resume: Some("t".into()), ..settings() };
        let (mut talker, _) = Talker::start(Protocol::CodexAppServer, resume);
        talker.prompt(&prompt("do it"), &mut Step::default()).unwrap();
        say(&mut talker, &json!({"id": 1, "result": {}}));
        let resumed = json!({"id": 2, "result": {"thread": {"id": "t"}, "sandbox": stored}});
        let mut step = say(&mut talker, &resumed);
        let mut id = 3;
        if stored["type"] == "readOnly" {
            // Codex may have kept a read-only turn's: what would a new thread get?
            let asked = &sent(&step.send)[0];
            assert_eq!(
                (&asked["method"], &asked["params"]["ephemeral"]),
                (&json!("thread/start"), &json!(true))
            );
            let own = json!({"id": 3, "result": {"thread": {"id": "other"}, "sandbox": writes}});
            step = say(&mut talker, &own);
            let let_go = sent(&step.send).remove(0);
            assert_eq!(
                (&let_go["method"], &let_go["params"]["threadId"]),
                (&json!("thread/unsubscribe"), &json!("other"))
            );
            id = 5;
        }
        let started = sent(&step.send).pop().unwrap();
        assert_eq!(started["method"], "turn/start");
        assert_eq!(started["params"]["threadId"], "t");
        assert_eq!(started["params"]["sandboxPolicy"], writes);
        assert_eq!(started["params"]["approvalPolicy"], "untrusted");
        // Of the turn before: told once more, behind our question.
        assert_eq!(say(&mut talker, &usage("old", 300)).items, []);
        say(&mut talker, &json!({"id": id, "result": {"turn": {"id": "u"}}}));
        assert_eq!(say(&mut talker, &usage("old", 300)).items, []);
        let ours = say(&mut talker, &usage("u", 450)).items;
        let [Item::Usage(ours)] = &ours[..] else { panic!("{ours:?}") };
        assert_eq!((ours.input_tokens, ours.output_tokens), (120, 30));
    }
}

#[test]
fn a_read_only_turn_never_asks_whether_it_may_change_something() {
    let settings = TalkSettings { read_only_mode: Some("plan".into()), ..settings() };
    let session = json!({"sessionId": "s", "modes": {"currentModeId": "plan", "availableModes": [{"id": "plan", "name": "P"}]}});
    let (mut talker, _) = ready(settings, &json!({}), &session);
    let mut step = Step::default();
    talker.prompt(&Prompt { read_only: true, ..prompt("look") }, &mut step).unwrap();
    let step = say(&mut talker, &ask());
    assert_eq!(sent(&step.send)[0]["result"]["outcome"]["optionId"], "n");
    assert!(step.items.is_empty() && talker.waiting().is_empty());
    // To fetch something may be asked.
    let mut fetch = ask();
    fetch["params"]["toolCall"]["kind"] = json!("fetch");
    let step = say(&mut talker, &fetch);
    assert!(step.send.is_empty() && talker.waiting().len() == 1);
}

#[test]
fn codex_is_told_of_read_only_and_of_its_end() {
    let (mut talker, _) = Talker::start(Protocol::CodexAppServer, settings());
    say(&mut talker, &json!({"id": 1, "result": {}}));
    let sandbox = json!({"type": "workspaceWrite", "writableRoots": []});
    say(&mut talker, &json!({"id": 2, "result": {"thread": {"id": "t"}, "sandbox": sandbox}}));
    let mut step = Step::default();
    talker.prompt(&Prompt { read_only: true, ..prompt("look") }, &mut step).unwrap();
    let params = &sent(&step.send)[0]["params"];
    assert_eq!(
        (&params["sandboxPolicy"]["type"], &params["approvalPolicy"]),
        (&json!("readOnly"), &json!("never"))
    );
    say(&mut talker, &json!({"id": 3, "result": {"turn": {"id": "u"}}}));
    let failed = json!({"method": "turn/completed", "params": {"turn": {"status": "failed", "error": {"message": "no", "codexErrorInfo": "usageLimitExceeded"}}}});
    let step = say(&mut talker, &failed);
    assert_eq!(codes(&step), [AgentErrorKind::RateLimited]);
    let mut step = Step::default();
    talker.prompt(&prompt("now do it"), &mut step).unwrap();
    let params = &sent(&step.send)[0]["params"];
    assert_eq!(
        (&params["sandboxPolicy"], &params["approvalPolicy"]),
        (&sandbox, &json!("untrusted"))
    );
    // Stopped before codex has said which turn it is: as soon as it does.
    let mut step = Step::default();
    talker.cancel(&mut step);
    assert!(step.send.is_empty());
    let step = say(&mut talker, &json!({"id": 4, "result": {"turn": {"id": "u2"}}}));
    let interrupt = &sent(&step.send)[0];
    assert_eq!(
        (&interrupt["method"], &interrupt["params"]["turnId"]),
        (&json!("turn/interrupt"), &json!("u2"))
    );
}

#[test]
fn a_model_is_set_where_the_protocol_has_to() {
    let (all, _) = Definitions::embedded();
    let model = Some("big/one".to_owned());
    let talk = all.get("opencode").unwrap().talk.as_ref().unwrap();
    let wanted = TalkSettings::new(talk, "/srv/shop", None, model.clone());
    let session = json!({"sessionId": "s", "configOptions": [{"id": "model", "category": "model", "currentValue": "small", "options": []}]});
    let (mut talker, _) = ready(wanted.clone(), &json!({}), &session);
    // As often as it is refused: nothing is prompted with another model.
    for id in [3, 4] {
        let mut step = Step::default();
        talker.prompt(&prompt("x"), &mut step).unwrap();
        let [set] = &sent(&step.send)[..] else { panic!("{step:?}") };
        assert_eq!(
            (&set["method"], &set["params"]["value"]),
            (&json!("session/set_config_option"), &json!("big/one"))
        );
        let refused = json!({"id": id, "error": {"code": -32602, "message": "no such value"}});
        let step = say(&mut talker, &refused);
        assert_eq!(codes(&step), [AgentErrorKind::ModelUnknown]);
        assert!(step.send.is_empty() && ended(&step) == Some(false));
    }
    // Once it is set, it stays.
    talker.prompt(&prompt("x"), &mut Step::default()).unwrap();
    let step = say(&mut talker, &json!({"id": 5, "result": {}}));
    assert_eq!(sent(&step.send)[0]["method"], "session/prompt");
    say(&mut talker, &json!({"id": 6, "result": {"stopReason": "end_turn"}}));
    let mut step = Step::default();
    talker.prompt(&prompt("y"), &mut step).unwrap();
    assert_eq!(sent(&step.send)[0]["method"], "session/prompt");
    // An agent that offers no choice can't be taken at its word.
    let (mut talker, _) = ready(wanted, &json!({}), &json!({"sessionId": "s"}));
    let mut step = Step::default();
    talker.prompt(&prompt("x"), &mut step).unwrap();
    assert_eq!(codes(&step), [AgentErrorKind::ModelUnknown]);
    assert!(step.send.is_empty() && ended(&step) == Some(false));
    // gemini is told on its command line.
    let talk = all.get("gemini-cli").unwrap().talk.as_ref().unwrap();
    assert_eq!(TalkSettings::new(talk, "/srv/shop", None, model).model, None);
}
