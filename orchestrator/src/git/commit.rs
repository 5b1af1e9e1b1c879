//! Commits what is staged; goes on with, or gives up, what is unfinished. Hooks run, and may take their time.

use uuid::Uuid;

use super::call::{HOOK_PATIENCE, Site, Words};
use super::known::UNMERGED;
use super::{refusal, stage};
use crate::failure::{Code, Failure};
use crate::seam::GitReply;
use crate::transport::TransportError;

/// So much is kept of what git and its hooks say.
const MOST_WORDS: usize = 256 << 10;

/// The scripts' word for a repository that is in the middle of nothing.
const NOTHING: u8 = 85;
/// The scripts' word for what doesn't go on by itself.
const BISECT: u8 = 86;

/// Commits.
pub(super) async fn commit(
    site: &Site,
    message: &str,
    amend: bool,
    all: bool,
) -> Result<GitReply, Failure> {
    let message = if message.trim().is_empty() { "" } else { message };
    if message.is_empty() && !amend {
        return Err(Failure::new(Code::Usage, "the commit has no message"));
    }
    if message.contains('\0') {
        return Err(Failure::new(Code::Usage, "the message holds a NUL byte"));
    }
    let mark = Uuid::new_v4().simple().to_string();
    let bytes = message.len().to_string();
    let mut words = Words::change("bg_commit").word(&mark)?.word(bytes)?;
    if amend {
        words = words.word("--amend")?;
    }
    if all {
        words = words.word("--all")?;
    }
    let words = words.patience(HOOK_PATIENCE).limit(MOST_WORDS);
    let answer = site.stream(&words, message.as_bytes()).await.map_err(in_doubt)?;
    if answer.status == stage::MARKED {
        return Err(stage::marked(site, &answer));
    }
    if answer.status != 0 {
        let failure = site.refusal(&answer);
        if failure.hint.as_deref() == Some(UNMERGED)
            && let Some(message) = unmerged(&answer.stderr)
        {
            return Err(Failure { message, ..failure });
        }
        // git itself has words for everything; with status 1 and words that aren't its own it was a hook.
        let is_hooks =
            answer.status == 1 && matches!(failure.code, Code::Conflict | Code::Internal);
        return Err(if is_hooks && failure.hint.is_none() {
            by_hook(failure, &answer.stderr)
        } else {
            failure
        });
    }
    let text = String::from_utf8_lossy(&answer.stdout);
    let told = text.split_once(mark.as_str()).map(|(_, told)| told.trim_end());
    let told = told.filter(|told| !told.is_empty()).ok_or_else(|| {
        Failure::new(Code::Internal, "git has committed, and didn't say what")
            .hint("Look at the log before you do it again")
            .on(site.connection().host().to_string())
    })?;
    let (id, subject) = told.split_once(' ').unwrap_or((told, ""));
    Ok(GitReply::Committed { id: id.to_owned(), subject: subject.to_owned() })
}

/// What was under way when the way to the host broke goes on there.
fn in_doubt(error: TransportError) -> Failure {
    let is_lost = matches!(error, TransportError::ConnectionLost { .. });
    let failure = Failure::from(error);
    if !is_lost {
        return failure;
    }
    failure.hint("It may have been done all the same: look at the log before you do it again")
}

/// Which files git lists as in conflict, a line each.
fn unmerged(stderr: &[u8]) -> Option<String> {
    let said = String::from_utf8_lossy(stderr);
    let names: Vec<&str> = said.lines().filter_map(|line| line.strip_prefix("U\t")).collect();
    (!names.is_empty()).then(|| format!("nothing was committed: {}", refusal::in_conflict(&names)))
}

fn by_hook(failure: Failure, stderr: &[u8]) -> Failure {
    let message = if stderr.trim_ascii().is_empty() {
        "a hook of the repository refused the commit, and didn't say why".to_owned()
    } else {
        format!("a hook of the repository refused the commit:\n{}", failure.message)
    };
    Failure { code: Code::Conflict, message, ..failure }
}

/// Goes on, or gives up.
pub(super) async fn unfinished(site: &Site, abort: bool) -> Result<GitReply, Failure> {
    let words = Words::change("bg_unfinished").word(if abort { "abort" } else { "continue" })?;
    let words = words.patience(HOOK_PATIENCE).limit(MOST_WORDS);
    let answer = site.stream(&words, b"").await.map_err(in_doubt)?;
    let failure = match answer.status {
        NOTHING => Failure::new(
            Code::NotFound,
            "the repository is in the middle of nothing: there is nothing to go on with",
        ),
        BISECT => {
            Failure::new(Code::Unsupported, "a bisect goes on when a commit is called good or bad")
                .hint("Say `git bisect good` or `git bisect bad` on the host, or end it")
        }
        _ => return site.checked(answer).map(|_| GitReply::Done),
    };
    Err(failure.on(site.connection().host().to_string()))
}
