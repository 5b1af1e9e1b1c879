//! The lines of single events. Pure.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use orchestrator::agent::Usage;
use orchestrator::failure::Failure;
use orchestrator::seam::{Approval, ApprovalOption, Decision, LinkState, Session, TurnStatus};

use super::clean::{clean, clean_line};
use super::flow::cut;
use super::number::{cost, count, duration};
use super::style::{BAD, DIM, GOOD, STRONG, WARN, styled};
use super::tool;
use super::transcript::Look;

/// Lines of a prompt that are repeated when others' turns are followed.
const PROMPT_LINES: usize = 10;

/// What a person wrote.
pub fn prompt(prompt: &str, images: u32, read_only: bool, look: Look) -> Vec<String> {
    let text = clean(prompt);
    let text = text.trim_end();
    let all = text.split('\n').count();
    let shown = if look.verbose { all } else { all.min(PROMPT_LINES) };
    let mut lines: Vec<String> = text
        .split('\n')
        .take(shown)
        .map(|line| styled(STRONG, format!("> {line}").trim_end()))
        .collect();
    if shown < all {
        lines.push(styled(DIM, &format!("> … {} more lines", all - shown)));
    }
    if images > 0 {
        let noun = if images == 1 { "image" } else { "images" };
        lines.push(styled(DIM, &format!("> with {images} {noun}")));
    }
    if read_only {
        lines.push(styled(DIM, "> read-only"));
    }
    lines
}

/// What a session is, in a line.
pub fn session(session: &Session) -> String {
    let mut text = format!("{} · {} on {}", session.name, session.agent, session.host);
    if let Some(cwd) = &session.cwd {
        text += &format!(" · {cwd}");
    }
    if let Some(model) = &session.model {
        text += &format!(" · {model}");
    }
    if session.read_only {
        text += " · read-only";
    }
    clean_line(&text)
}

/// What an agent wants to be allowed.
pub fn asked(approval: &Approval, look: Look) -> Vec<String> {
    let mut lines = vec![format!("{} {}", styled(WARN, "?"), clean_line(&approval.title))];
    if let Some(call) = &approval.tool_call {
        lines.push(format!("  {}", cut(&tool::brief(call), look.width.saturating_sub(2))));
        if look.verbose {
            lines.extend(tool::details(call));
        }
    }
    lines
}

/// What was answered, by the name that the agent gave it.
pub fn decided(decision: Option<&Decision>, options: &[ApprovalOption]) -> String {
    let name = |chosen: &Option<String>| match chosen {
        None => String::new(),
        Some(id) => {
            let named = options.iter().find(|option| option.id == *id);
            format!(" ({})", clean_line(named.map_or(id, |option| &option.name)))
        }
    };
    match decision {
        Some(Decision::Approve { option }) => {
            format!("{} approved{}", styled(GOOD, "·"), name(option))
        }
        Some(Decision::Deny { option }) => format!("{} denied{}", styled(BAD, "·"), name(option)),
        None => styled(DIM, "· the question fell away"),
    }
}

/// How the way to the host is.
pub fn link(state: LinkState, why: Option<&Failure>) -> Vec<String> {
    let because = why.map_or_else(String::new, |why| format!(": {}", clean_line(&why.message)));
    let (style, text) = match state {
        LinkState::Lost => {
            (WARN, format!("link lost{because}; the agent works on, and it is tried again"))
        }
        LinkState::Restored => (GOOD, "link restored".to_owned()),
        LinkState::Blocked => {
            (BAD, format!("link blocked{because}; the agent works on, and it needs you"))
        }
    };
    let mut lines = vec![format!("{} {text}", styled(style, "!"))];
    if state == LinkState::Blocked
        && let Some(hint) = why.and_then(|why| why.hint.as_deref())
    {
        lines.push(format!("{} {}", styled(WARN, "hint:"), clean_line(hint)));
    }
    lines
}

/// That the agent is silent, with the last thing that it complained about.
pub fn quiet(seconds: u64, stderr: &str, look: Look) -> Vec<String> {
    let silent = duration(seconds.saturating_mul(1000));
    let mut lines = vec![format!("{} the agent has been quiet for {silent}", styled(WARN, "!"))];
    if let Some(last) = stderr.lines().map(clean_line).rfind(|line| !line.is_empty()) {
        lines.push(styled(DIM, &cut(&format!("  stderr: {last}"), look.width)));
    }
    lines
}

/// What went wrong, and what to do.
pub fn error(failure: &Failure, resets_at: Option<Timestamp>) -> Vec<String> {
    let mut lines = vec![format!("{} {}", styled(BAD, "error:"), clean(&failure.message))];
    if let Some(at) = resets_at {
        let at = at.to_zoned(TimeZone::system());
        lines.push(styled(DIM, &format!("  until {}", at.strftime("%Y-%m-%d %H:%M:%S"))));
    }
    if let Some(hint) = &failure.hint {
        lines.push(format!("{} {}", styled(WARN, "hint:"), clean_line(hint)));
    }
    lines
}

/// How a turn ended, and what it has used.
pub fn end(
    status: TurnStatus,
    exit_status: Option<u8>,
    elapsed_ms: u64,
    usage: Option<&Usage>,
) -> String {
    let took = duration(elapsed_ms);
    let (style, line) = match (status, exit_status) {
        (TurnStatus::Done, _) => (GOOD, format!("done in {took}")),
        (TurnStatus::Failed, Some(exit)) if exit != 0 => {
            (BAD, format!("failed after {took} (exit status {exit})"))
        }
        (TurnStatus::Failed, _) => (BAD, format!("failed after {took}")),
        (TurnStatus::Interrupted, _) => (WARN, format!("interrupted after {took}")),
    };
    let totals = usage.map(totals).unwrap_or_default();
    styled(style, &line) + &styled(DIM, &totals)
}

fn totals(usage: &Usage) -> String {
    // What a person means by input is all of it, whether a cache helped or not.
    let input = usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens;
    let mut text = String::new();
    if input + usage.output_tokens > 0 {
        text += &format!(" · {} in, {} out", count(input), count(usage.output_tokens));
    }
    if let Some(usd) = usage.cost_usd {
        text += &format!(" · {}", cost(usd));
    }
    text
}
