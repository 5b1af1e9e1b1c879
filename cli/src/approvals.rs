//! `baton approvals`, `approve` and `deny`: what agents want to be allowed.

use clap::Args;
use jiff::Timestamp;
use orchestrator::agent::ChoiceKind;
use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{Approval, Command, Decision, Seam, Session};
use serde_json::json;

use crate::app::App;
use crate::exit;
use crate::output::{Output, Stop};
use crate::render::{ago, clean_line, cut};
use crate::seam;

/// Columns of a question in a list.
const TITLE: usize = 60;

/// Whose.
#[derive(Debug, Args)]
pub struct ApprovalsArgs {
    /// Only of that session: its id, the beginning of one, or its name
    #[arg(value_name = "SESSION")]
    session: Option<String>,
}

/// Which question, and which of its answers.
#[derive(Debug, Args)]
pub struct AnswerArgs {
    /// Id of an approval, or the beginning of one; `baton approvals` lists them
    #[arg(value_name = "ID")]
    id: String,
    /// One of the answers that the agent offers, by its id or name; the first that fits, for this once, if left out
    #[arg(long, value_name = "O")]
    option: Option<String>,
}

/// Lists what waits for a person.
///
/// # Errors
///
/// When there is no such session.
pub async fn list(app: &App, args: ApprovalsArgs) -> Result<u8, Stop> {
    let (output, seam) = (&app.output, app.engine().await?);
    let of = match &args.session {
        Some(named) => Some(seam::session(&*seam, named).await?.id),
        None => None,
    };
    let approvals = seam::approvals(&*seam, of).await?;
    if output.is_json() {
        output.document(&json!({ "approvals": approvals }))?;
    } else if approvals.is_empty() {
        output.note("Nothing waits for you.");
    } else {
        let sessions = seam::snapshot(&*seam).await?.sessions;
        let now = Timestamp::now();
        let rows: Vec<_> = approvals.iter().map(|approval| row(approval, &sessions, now)).collect();
        output.table(["ID", "SESSION", "ASKED", "QUESTION", "ANSWERS"], &rows)?;
    }
    Ok(exit::DONE)
}

fn row(approval: &Approval, sessions: &[Session], now: Timestamp) -> [String; 5] {
    let session = sessions.iter().find(|session| session.id == approval.session);
    let name = session.map_or(approval.session.as_str(), |session| session.name.as_str());
    let options: Vec<String> =
        approval.options.iter().map(|option| clean_line(&option.id)).collect();
    [
        approval.id.to_string(),
        clean_line(name),
        ago(approval.at, now),
        cut(&clean_line(&approval.title), TITLE),
        options.join(", "),
    ]
}

/// Answers a question.
///
/// # Errors
///
/// When it doesn't wait any more, or has no such answer.
pub async fn answer(app: &App, args: AnswerArgs, approve: bool) -> Result<u8, Stop> {
    resolve(&app.output, &*app.engine().await?, &args, approve).await
}

async fn resolve(
    output: &Output,
    seam: &dyn Seam,
    args: &AnswerArgs,
    approve: bool,
) -> Result<u8, Stop> {
    let approval = seam::approval(seam, &args.id).await?;
    let decision = decision(&approval, args.option.as_deref(), approve)?;
    let id = approval.id.clone();
    seam::done(seam, Command::ResolveApproval { approval: id.clone(), decision: decision.clone() })
        .await?;
    let done = if approve { "Approved" } else { "Denied" };
    let mut document = json!({ "approval": id, "session": approval.session });
    let (word, option) = match decision {
        Decision::Approve { option } => ("approve", option),
        Decision::Deny { option } => ("deny", option),
    };
    document["decision"] = json!(word);
    document["option"] = json!(option);
    output.answer(&document, format_args!("{done}: {}", clean_line(&approval.title)))?;
    Ok(exit::DONE)
}

fn decision(approval: &Approval, option: Option<&str>, approve: bool) -> Result<Decision, Failure> {
    let Some(named) = option else {
        return Ok(if approve {
            Decision::Approve { option: None }
        } else {
            Decision::Deny { option: None }
        });
    };
    let by = |option: &&orchestrator::seam::ApprovalOption| option.id == named;
    let by_name = |option: &&orchestrator::seam::ApprovalOption| option.name == named;
    let mut options = approval.options.iter();
    let Some(option) = options.clone().find(by).or_else(|| options.find(by_name)) else {
        let all: Vec<String> =
            approval.options.iter().map(|option| clean_line(&option.id)).collect();
        let hint = if all.is_empty() {
            "It offers none: leave --option away".to_owned()
        } else {
            format!("It offers: {}", all.join(", "))
        };
        return Err(Failure::new(Code::NotFound, format!("the agent offers no answer {named:?}"))
            .hint(hint));
    };
    let allows = match option.kind {
        ChoiceKind::AllowOnce | ChoiceKind::AllowAlways => true,
        ChoiceKind::RejectOnce | ChoiceKind::RejectAlways => false,
    };
    if allows != approve {
        let (means, verb) = if allows { ("allows", "approve") } else { ("refuses", "deny") };
        return Err(Failure::new(Code::Usage, format!("the answer {named:?} {means} it")).hint(
            format!("If that is what you want: `baton {verb} {} --option {named}`", approval.id),
        ));
    }
    let option = Some(option.id.clone());
    Ok(if approve { Decision::Approve { option } } else { Decision::Deny { option } })
}

#[cfg(test)]
#[path = "approvals_tests.rs"]
mod tests;
