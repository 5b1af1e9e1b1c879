#![allow(clippy::unwrap_used)]

use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{Decision, LinkState, MessageId};
use proptest::prelude::*;

use super::*;
use crate::watch::fake::{self, event, hostile, is_harmless};

const SEND: Look = Look { width: 60, verbose: false, everything: false };
const FOLLOW: Look = Look { everything: true, ..SEND };

/// What is printed, without colours: first on stdout, then on stderr.
fn told(look: Look, events: &[Event]) -> (String, String) {
    let mut transcript = Transcript::new(look);
    let (mut out, mut err) = (String::new(), String::new());
    for event in events {
        add(transcript.event(event), &mut out, &mut err);
    }
    (out, err)
}

fn add(printed: Vec<Printed>, out: &mut String, err: &mut String) {
    for text in printed {
        match text {
            Printed::Out(text) => *out += &anstream::adapter::strip_str(&text).to_string(),
            Printed::Err(text) => *err += &anstream::adapter::strip_str(&text).to_string(),
        }
    }
}

fn call(status: ToolStatus, output: Option<&str>) -> EventBody {
    EventBody::ToolCall(ToolCall { output: output.map(str::to_owned), ..fake::tool(status) })
}

#[test]
fn a_turn_reads_from_its_first_word_to_its_totals() {
    let usage = Usage {
        input_tokens: 1000,
        cache_read_tokens: 234,
        output_tokens: 567,
        cost_usd: Some(0.031),
        ..Usage::default()
    };
    let reasoning = EventBody::Reasoning { text: "**Looking around**\n\nat length".into() };
    let (out, err) = told(
        SEND,
        &[
            event(1, "t1", fake::started("m1")),
            event(2, "t1", EventBody::AgentSession { id: "abc".into() }),
            event(3, "t1", reasoning),
            event(4, "t1", fake::text("I look.")),
            event(5, "t1", call(ToolStatus::Running, None)),
            event(8, "t1", call(ToolStatus::Done, Some("a\nb"))),
            event(9, "t1", call(ToolStatus::Failed, Some("ls: denied\nmore"))),
            event(10, "t1", fake::text("There is *nothing*.\n\n- a\n- b")),
            event(11, "t1", EventBody::Usage(usage)),
            event(12, "t1", fake::ended(TurnStatus::Done)),
        ],
    );
    let shown = "\
~ Looking around

I look.

● Bash  ls -la  (0.3 s)
✗ Bash  ls -la  failed
  ls: denied

There is nothing.

• a
• b
";
    assert_eq!(out, shown);
    assert_eq!(err, "done in 12.4 s · 1,234 in, 567 out · $0.03\n");
}

#[test]
fn verbose_shows_calls_and_thoughts_in_full() {
    let look = Look { verbose: true, ..SEND };
    let (out, err) = told(
        look,
        &[
            event(1, "t1", EventBody::AgentSession { id: "abc".into() }),
            event(2, "t1", EventBody::Reasoning { text: "one\ntwo".into() }),
            event(3, "t1", call(ToolStatus::Done, Some("a\n  b\x1b[2J\n"))),
            event(4, "t1", EventBody::Raw { kind: "odd".into(), line: "{}".into() }),
        ],
    );
    let shown = "  one\n  two\n\n● Bash  ls -la\n  {\n    \"command\": \"ls -la\"\n  }\n  ─\n  a\n    b^[[2J\n";
    assert_eq!(out, shown);
    assert_eq!(err, "· conversation abc\n· odd {}\n");
}

#[test]
fn what_is_not_the_answer_goes_to_stderr() {
    let why = Failure::new(Code::ConnectionLost, "lost the connection to box");
    let blocked = Failure::new(Code::AuthRefused, "box accepted none of our keys").hint("ssh-add");
    let link = |state, why| EventBody::Link { state, why };
    let failed = Failure::new(Code::AgentNotLoggedIn, "log in\x07 first").hint("Run `codex login`");
    let (out, err) = told(
        SEND,
        &[
            event(1, "t1", link(LinkState::Lost, Some(why))),
            event(2, "t1", link(LinkState::Restored, None)),
            event(3, "t1", link(LinkState::Blocked, Some(blocked))),
            event(
                4,
                "t1",
                EventBody::Quiet { seconds: 71, stderr: "429\nretrying in 9 s\n\n".into() },
            ),
            event(
                5,
                "t1",
                EventBody::Error { failure: failed, recoverable: false, resets_at: None },
            ),
            event(
                6,
                "t1",
                EventBody::TurnEnded {
                    status: TurnStatus::Failed,
                    exit_status: Some(1),
                    elapsed_ms: 3200,
                    text: String::new(),
                },
            ),
        ],
    );
    assert_eq!(out, "");
    let shown = "\
! link lost: lost the connection to box; the agent works on, and it is tried again
! link restored
! link blocked: box accepted none of our keys; the agent works on, and it needs you
hint: ssh-add
! the agent has been quiet for 1 min 11 s
  stderr: retrying in 9 s
error: log in^G first
hint: Run `codex login`
failed after 3.2 s (exit status 1)
";
    assert_eq!(err, shown);
}

#[test]
fn who_follows_sees_prompts_tabs_and_changes_too() {
    let in_tab = |tab: &str, event: Event| Event { tab: Some(TabId::new(tab)), ..event };
    let of = Box::new(fake::session(&["t1", "t2"]));
    let made = EventBody::SessionChanged { of };
    let queue = |ids: &[&str], paused| EventBody::QueueChanged {
        queue: ids.iter().map(|id| fake::queued(id)).collect(),
        paused,
    };
    let resolved = EventBody::ApprovalResolved {
        approval: ApprovalId::new("q1"),
        decision: Some(Decision::Deny { option: Some("no".into()) }),
    };
    let (out, err) = told(
        FOLLOW,
        &[
            Event { tab: None, ..event(1, "", made.clone()) },
            Event { tab: None, ..event(2, "", made) },
            event(3, "", queue(&["m1"], false)),
            event(4, "", queue(&[], false)),
            event(5, "u1", fake::started("m1")),
            event(6, "u1", fake::text("one")),
            in_tab("t2", event(7, "u2", fake::started("m2"))),
            in_tab("t2", event(8, "u2", fake::text("two"))),
            event(9, "u1", fake::text("three")),
            event(10, "u1", resolved),
            event(11, "", queue(&["m3"], true)),
        ],
    );
    assert_eq!(
        out,
        "── tab t1 ──\n\n> do it\n\none\n\n── tab t2 ──\n\n> do it\n\ntwo\n\n── tab t1 ──\n\nthree\n"
    );
    assert_eq!(
        err,
        "· work · codex on box · ~/p\n· queue: 1 waiting\n· denied (no)\n· queue: 1 waiting, held back\n"
    );
}

#[test]
fn a_long_prompt_is_shortened_and_what_goes_along_is_said() {
    let prompt = (1..=12).map(|n| format!("line {n}")).collect::<Vec<_>>().join("\n");
    let body = EventBody::TurnStarted {
        message: MessageId::new("m"),
        prompt,
        images: 2,
        read_only: true,
        run: orchestrator::seam::RunId::new("r"),
        synopsis: false,
    };
    let (out, _) = told(FOLLOW, &[event(1, "t1", body)]);
    assert!(out.ends_with("> line 10\n> … 2 more lines\n> with 2 images\n> read-only\n"), "{out}");
}

#[test]
fn a_call_that_never_ended_and_an_answer_that_came_with_the_end_are_not_lost() {
    let end = EventBody::TurnEnded {
        status: TurnStatus::Interrupted,
        exit_status: None,
        elapsed_ms: 500,
        text: "The **answer**".into(),
    };
    let (out, err) =
        told(SEND, &[event(1, "t1", call(ToolStatus::Running, None)), event(2, "t1", end.clone())]);
    assert_eq!(out, "○ Bash  ls -la\n\nThe answer\n");
    assert_eq!(err, "interrupted after 0.5 s\n");
    let (out, _) = told(SEND, &[event(1, "t1", fake::text("The **answer**")), event(2, "t1", end)]);
    assert_eq!(out, "The answer\n");
}

proptest! {
    #[test]
    fn pieces_and_their_end_print_each_word_once(
        words in prop::collection::vec("[a-z]{1,9}[ \n.]{1,2}", 1..60),
        cuts in prop::collection::vec(0..400usize, 0..40),
    ) {
        let text = words.concat();
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(text.len())).collect();
        cuts.sort_unstable();
        let mut transcript = Transcript::new(SEND);
        let (mut out, mut err) = (String::new(), String::new());
        for cut in cuts {
            add(transcript.partial(&fake::partial("t1", &text[..cut])), &mut out, &mut err);
        }
        add(transcript.event(&event(1, "t1", fake::text(&text))), &mut out, &mut err);
        add(transcript.event(&event(2, "t1", fake::ended(TurnStatus::Done))), &mut out, &mut err);
        let plain = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        prop_assert_eq!(plain(&out), plain(&text));
    }

    #[test]
    fn nothing_from_a_host_steers_the_terminal(text in hostile(), verbose in any::<bool>()) {
        let look = Look { verbose, ..FOLLOW };
        let mut approval = fake::approval("q", "t1");
        approval.title.clone_from(&text);
        let call = ToolCall {
            name: text.clone(),
            output: Some(text.clone()),
            input: serde_json::json!({ "command": text }),
            ..fake::tool(ToolStatus::Failed)
        };
        let mut session = fake::session(&["t1", "t2"]);
        session.name.clone_from(&text);
        session.tabs[0].name.clone_from(&text);
        let failure = Failure::new(Code::AgentFailed, text.clone()).hint(text.clone());
        let started = EventBody::TurnStarted {
            message: MessageId::new("m"),
            prompt: text.clone(),
            images: 0,
            read_only: false,
            run: orchestrator::seam::RunId::new("r"),
            synopsis: false,
        };
        let bodies = [
            EventBody::SessionChanged { of: Box::new(session) },
            started,
            EventBody::AgentSession { id: text.clone() },
            fake::text(&text),
            EventBody::Reasoning { text: text.clone() },
            EventBody::ToolCall(call),
            EventBody::ApprovalRequested { approval: Box::new(approval) },
            EventBody::Link { state: LinkState::Blocked, why: Some(failure.clone()) },
            EventBody::Quiet { seconds: 1, stderr: text.clone() },
            EventBody::Error { failure, recoverable: false, resets_at: None },
            EventBody::Raw { kind: text.clone(), line: text.clone() },
        ];
        let mut transcript = Transcript::new(look);
        for (seq, body) in bodies.into_iter().enumerate() {
            for printed in transcript.event(&event(seq as u64 + 1, "t1", body)) {
                let (Printed::Out(shown) | Printed::Err(shown)) = printed;
                prop_assert!(is_harmless(&shown), "{:?}", shown);
            }
        }
    }
}
