#![allow(clippy::unwrap_used)]

use super::*;
use crate::watch::fake::{self, FakeEngine};

async fn given(id: &str, option: Option<&str>, approve: bool) -> Result<Vec<Command>, Stop> {
    let engine = FakeEngine::new();
    *engine.approvals.lock().unwrap() =
        vec![fake::approval("q11", "t1"), fake::approval("q12", "t1")];
    let args = AnswerArgs { id: id.into(), option: option.map(str::to_owned) };
    resolve(&Output::new(true), &*engine, &args, approve).await?;
    Ok(engine.commands())
}

#[tokio::test]
async fn an_answer_goes_to_the_question_that_is_meant() {
    let resolved = |decision| {
        let approval = orchestrator::seam::ApprovalId::new("q11");
        [Command::ResolveApproval { approval, decision }]
    };
    let none = Decision::Approve { option: None };
    assert_eq!(given("q11", None, true).await.unwrap(), resolved(none));
    let no = Decision::Deny { option: Some("no".into()) };
    assert_eq!(given("q11", Some("no"), false).await.unwrap(), resolved(no));
}

#[tokio::test]
async fn what_is_not_meant_for_certain_is_not_answered() {
    for (id, option, approve, code) in [
        ("q1", None, true, Code::Usage),
        ("x", None, true, Code::NotFound),
        ("", None, true, Code::NotFound),
        ("q11", Some("maybe"), true, Code::NotFound),
        // To approve with the answer that refuses is a slip.
        ("q11", Some("no"), true, Code::Usage),
        ("q11", Some("yes"), false, Code::Usage),
    ] {
        let Err(Stop::Failure(failure)) = given(id, option, approve).await else {
            unreachable!("{id} {option:?}")
        };
        assert_eq!(failure.code, code, "{failure}");
        assert!(failure.hint.is_some());
    }
}

#[test]
fn a_question_is_a_row() {
    let mut approval = fake::approval("q1", "t1");
    approval.title = "Run\x1b[2J".into();
    let row = row(&approval, &[fake::session(&["t1"])], fake::at(120_000));
    assert_eq!(row, ["q1", "work", "2 min ago", "Run^[[2J", "yes, no"]);
}
