//! What happened, as a person reads it.

use std::collections::{HashMap, HashSet};

use orchestrator::agent::{ToolCall, ToolStatus, Usage};
use orchestrator::failure::Failure;
use orchestrator::seam::{
    Approval, Decision, Event, EventBody, LinkState, Partial, PartialKind, Session, TabId, TurnId,
    TurnStatus,
};

use super::clean::{clean, clean_line};
use super::flow::cut;
use super::live::Live;
use super::number::{cost, count, duration};
use super::style::{BAD, DIM, GOOD, STRONG, WARN, styled, styled_lines};
use super::tool;

/// Lines of a prompt that are repeated when others' turns are followed.
const PROMPT_LINES: usize = 10;

/// How it is to be shown.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// Columns; `usize::MAX` for as long as it takes.
    pub width: usize,
    /// Tool calls and reasoning in full.
    pub verbose: bool,
    /// Prompts and changes of the session, too: for who follows what others do.
    pub everything: bool,
}

/// Lines for one of the streams, each with its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Printed {
    /// What was said and done.
    Out(String),
    /// How it goes.
    Err(String),
}

/// What stands above the next line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Above {
    Nothing,
    Line,
    Block,
}

/// Makes text of events, in their order.
#[derive(Debug)]
pub struct Transcript {
    look: Look,
    above: Above,
    live: HashMap<TurnId, Live>,
    /// When the calls under way began.
    calls: HashMap<(TurnId, String), (jiff::Timestamp, ToolCall)>,
    usage: HashMap<TurnId, Usage>,
    /// Turns of which a piece of the answer was shown.
    answered: HashSet<TurnId>,
    tab_names: HashMap<TabId, String>,
    tab: Option<TabId>,
    session: Option<String>,
    queues: HashMap<TabId, (usize, bool)>,
}

impl Transcript {
    /// An empty one.
    pub fn new(look: Look) -> Self {
        Self {
            look,
            above: Above::Nothing,
            live: HashMap::new(),
            calls: HashMap::new(),
            usage: HashMap::new(),
            answered: HashSet::new(),
            tab_names: HashMap::new(),
            tab: None,
            session: None,
            queues: HashMap::new(),
        }
    }

    /// Learns the names of the tabs.
    pub fn know(&mut self, session: &Session) {
        self.tab_names =
            session.tabs.iter().map(|tab| (tab.id.clone(), tab.name.clone())).collect();
    }

    /// What an unfinished piece adds.
    pub fn partial(&mut self, partial: &Partial) -> Vec<Printed> {
        // Reasoning is shown short, so its beginning is not known before its end.
        if partial.kind == PartialKind::Reasoning {
            return Vec::new();
        }
        let width = self.look.width;
        let live = self.live.entry(partial.turn.clone()).or_insert_with(|| Live::new(width));
        let begun = live.has_begun();
        let lines = live.grow(&partial.text);
        if lines.is_empty() {
            return Vec::new();
        }
        let mut out = self.tab_line(Some(&partial.tab));
        out.extend(if begun { self.more(&lines) } else { self.block(&lines) });
        out
    }

    /// What an event adds.
    pub fn event(&mut self, event: &Event) -> Vec<Printed> {
        let shown = self.body(event);
        if shown.is_empty() {
            return shown;
        }
        // The line that names another tab stands before what happened there.
        let mut out = self.tab_line(event.tab.as_ref());
        out.extend(shown);
        out
    }

    fn body(&mut self, event: &Event) -> Vec<Printed> {
        match &event.body {
            EventBody::SessionChanged { of } => self.session(of),
            EventBody::SessionRemoved => self.note("the session was removed"),
            EventBody::QueueChanged { queue, paused } => {
                self.queue(event.tab.as_ref(), queue.len(), *paused)
            }
            EventBody::TurnStarted { prompt, images, read_only, .. } => {
                self.prompt(prompt, *images, *read_only)
            }
            EventBody::TurnLaunched => Vec::new(),
            EventBody::AgentSession { id } => {
                self.detail(&format!("conversation {}", clean_line(id)))
            }
            EventBody::Text { text } => self.text(event.turn.as_ref(), text),
            EventBody::Reasoning { text } => self.reasoning(text),
            EventBody::ToolCall(call) => self.call(event, call),
            EventBody::ApprovalRequested { approval } => self.asked(approval),
            EventBody::ApprovalResolved { decision, .. } => self.decided(decision.as_ref()),
            EventBody::Usage(usage) => {
                if let Some(turn) = &event.turn {
                    self.usage.insert(turn.clone(), usage.clone());
                }
                Vec::new()
            }
            EventBody::Link { state, why } => self.link(*state, why.as_ref()),
            EventBody::Quiet { seconds, stderr } => self.quiet(*seconds, stderr),
            EventBody::Error { failure, resets_at, .. } => self.error(failure, *resets_at),
            EventBody::Raw { kind, line } => {
                self.detail(&format!("{} {}", clean_line(kind), clean_line(line)))
            }
            EventBody::TurnEnded { status, exit_status, elapsed_ms, text } => {
                let turn = event.turn.as_ref();
                self.ended(turn, *status, *exit_status, *elapsed_ms, text)
            }
            EventBody::Unknown => self.note("something that this version doesn't know happened"),
        }
    }

    fn text(&mut self, turn: Option<&TurnId>, text: &str) -> Vec<Printed> {
        let live = turn.and_then(|turn| self.live.remove(turn));
        let live = live.unwrap_or_else(|| Live::new(self.look.width));
        if let Some(turn) = turn {
            self.answered.insert(turn.clone());
        }
        let begun = live.has_begun();
        let lines = live.finish(text);
        if begun { self.more(&lines) } else { self.block(&lines) }
    }

    fn reasoning(&mut self, text: &str) -> Vec<Printed> {
        if self.look.verbose {
            let lines: Vec<String> = clean(text)
                .trim()
                .split('\n')
                .map(|line| styled(DIM, &format!("  {line}")))
                .collect();
            return self.block(&lines);
        }
        let first = clean(text).lines().map(clean_line).find(|line| !line.is_empty());
        // Headings of thoughts are bold in Markdown; dimmed they are plain.
        let first = first.map(|line| line.trim_matches(['*', '#', ' ']).to_owned());
        match first.filter(|line| !line.is_empty()) {
            Some(line) => self.line(&styled(DIM, &cut(&format!("~ {line}"), self.columns()))),
            None => Vec::new(),
        }
    }

    fn call(&mut self, event: &Event, call: &ToolCall) -> Vec<Printed> {
        let turn = event.turn.clone().unwrap_or_else(|| TurnId::new(""));
        let key = (turn, call.id.clone());
        let began = self.calls.get(&key).map(|(at, _)| *at);
        let mut call = call.clone();
        if let Some((_, before)) = self.calls.get(&key) {
            fill(&mut call, before);
        }
        match call.status {
            ToolStatus::Running => {
                self.calls.insert(key, (began.unwrap_or(event.at), call));
                Vec::new()
            }
            ToolStatus::Done | ToolStatus::Failed => {
                self.calls.remove(&key);
                let took = began.map(|began| event.at.duration_since(began).as_millis());
                self.tool(&call, took.map(|ms| u64::try_from(ms).unwrap_or(0)))
            }
        }
    }

    fn tool(&mut self, call: &ToolCall, took_ms: Option<u64>) -> Vec<Printed> {
        let mut lines = vec![tool::line(call, took_ms, self.columns())];
        if self.look.verbose {
            lines.extend(tool::details(call));
        } else if let Some(why) = tool::complaint(call) {
            lines.push(styled(DIM, &cut(&format!("  {why}"), self.columns())));
        }
        lines.iter().flat_map(|line| self.line(line)).collect()
    }

    fn prompt(&mut self, prompt: &str, images: u32, read_only: bool) -> Vec<Printed> {
        if !self.look.everything {
            return Vec::new();
        }
        let text = clean(prompt);
        let text = text.trim_end();
        let all = text.split('\n').count();
        let shown = if self.look.verbose { all } else { all.min(PROMPT_LINES) };
        let mut lines: Vec<String> = text
            .split('\n')
            .take(shown)
            .map(|line| styled(STRONG, format!("> {line}").trim_end()))
            .collect();
        if shown < all {
            lines.push(styled(DIM, &format!("> … {} more lines", all - shown)));
        }
        if images > 0 {
            lines.push(styled(DIM, &format!("> with {}", plural(u64::from(images), "image"))));
        }
        if read_only {
            lines.push(styled(DIM, "> read-only"));
        }
        self.block(&lines)
    }

    fn session(&mut self, session: &Session) -> Vec<Printed> {
        self.know(session);
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
        let text = clean_line(&text);
        if !self.look.everything || self.session.as_ref() == Some(&text) {
            return Vec::new();
        }
        self.session = Some(text.clone());
        self.note(&text)
    }

    fn queue(&mut self, tab: Option<&TabId>, waiting: usize, paused: bool) -> Vec<Printed> {
        let Some(tab) = tab.filter(|_| self.look.everything) else { return Vec::new() };
        let before = self.queues.insert(tab.clone(), (waiting, paused)).unwrap_or((0, false));
        if before == (waiting, paused) || (waiting == 0 && !paused && !before.1) {
            return Vec::new();
        }
        let held = if paused { ", held back" } else { "" };
        self.note(&format!("queue: {waiting} waiting{held}"))
    }

    fn asked(&mut self, approval: &Approval) -> Vec<Printed> {
        let mut lines = vec![format!("{} {}", styled(WARN, "?"), clean_line(&approval.title))];
        if let Some(call) = &approval.tool_call {
            lines.push(format!("  {}", cut(&tool::brief(call), self.columns().saturating_sub(2))));
            if self.look.verbose {
                lines.extend(tool::details(call));
            }
        }
        self.err(&lines)
    }

    fn decided(&mut self, decision: Option<&Decision>) -> Vec<Printed> {
        let option = |option: &Option<String>| {
            option.as_ref().map_or_else(String::new, |option| format!(" ({})", clean_line(option)))
        };
        match decision {
            Some(Decision::Approve { option: id }) => {
                self.err(&[format!("{} approved{}", styled(GOOD, "·"), option(id))])
            }
            Some(Decision::Deny { option: id }) => {
                self.err(&[format!("{} denied{}", styled(BAD, "·"), option(id))])
            }
            None => self.note("the question fell away"),
        }
    }

    fn link(&mut self, state: LinkState, why: Option<&Failure>) -> Vec<Printed> {
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
        self.err(&lines)
    }

    fn quiet(&mut self, seconds: u64, stderr: &str) -> Vec<Printed> {
        let mut lines = vec![format!(
            "{} the agent has been quiet for {}",
            styled(WARN, "!"),
            duration(seconds.saturating_mul(1000))
        )];
        let last = stderr.lines().map(clean_line).rfind(|line| !line.is_empty());
        if let Some(last) = last {
            lines.push(styled(DIM, &cut(&format!("  stderr: {last}"), self.columns())));
        }
        self.err(&lines)
    }

    fn error(&mut self, failure: &Failure, resets_at: Option<jiff::Timestamp>) -> Vec<Printed> {
        let message = styled_lines(super::style::PLAIN, &clean(&failure.message));
        let mut lines = vec![format!("{} {message}", styled(BAD, "error:"))];
        if let Some(at) = resets_at {
            let at = at.to_zoned(jiff::tz::TimeZone::system());
            lines.push(styled(DIM, &format!("  until {}", at.strftime("%Y-%m-%d %H:%M:%S"))));
        }
        if let Some(hint) = &failure.hint {
            lines.push(format!("{} {}", styled(WARN, "hint:"), clean_line(hint)));
        }
        self.err(&lines)
    }

    fn ended(
        &mut self,
        turn: Option<&TurnId>,
        status: TurnStatus,
        exit_status: Option<u8>,
        elapsed_ms: u64,
        text: &str,
    ) -> Vec<Printed> {
        let mut out = Vec::new();
        let mut usage = None;
        if let Some(turn) = turn {
            let mut open: Vec<_> =
                self.calls.extract_if(|(of, _), _| of == turn).map(|(_, call)| call).collect();
            open.sort_by_key(|(began, _)| *began);
            for (_, call) in open {
                out.extend(self.tool(&call, None));
            }
            if !self.answered.remove(turn) && !text.trim().is_empty() {
                out.extend(self.text(Some(turn), text));
                self.answered.remove(turn);
            }
            self.live.remove(turn);
            usage = self.usage.remove(turn);
        }
        let took = duration(elapsed_ms);
        let (style, mut line) = match (status, exit_status) {
            (TurnStatus::Done, _) => (GOOD, format!("done in {took}")),
            (TurnStatus::Failed, Some(exit)) if exit != 0 => {
                (BAD, format!("failed after {took} (exit status {exit})"))
            }
            (TurnStatus::Failed, _) => (BAD, format!("failed after {took}")),
            (TurnStatus::Interrupted, _) => (WARN, format!("interrupted after {took}")),
        };
        line = styled(style, &line);
        if let Some(usage) = usage {
            line += &styled(DIM, &totals(&usage));
        }
        out.extend(self.err(&[line]));
        out
    }

    fn tab_line(&mut self, tab: Option<&TabId>) -> Vec<Printed> {
        let Some(tab) = tab.filter(|tab| self.look.everything && self.tab.as_ref() != Some(*tab))
        else {
            return Vec::new();
        };
        let first = self.tab.replace(tab.clone()).is_none();
        // Who has one tab only needs no name for it.
        if first && self.tab_names.len() < 2 {
            return Vec::new();
        }
        let name = self.tab_names.get(tab).map_or(tab.as_str(), String::as_str);
        let line = styled(DIM, &format!("── {} ──", clean_line(name)));
        let above = std::mem::replace(&mut self.above, Above::Block);
        let gap = if above == Above::Nothing { "" } else { "\n" };
        vec![Printed::Out(format!("{gap}{line}\n"))]
    }

    /// A line among others of its kind.
    fn line(&mut self, line: &str) -> Vec<Printed> {
        let gap = if self.above == Above::Block { "\n" } else { "" };
        self.above = Above::Line;
        vec![Printed::Out(format!("{gap}{line}\n"))]
    }

    /// Lines with an empty one before them.
    fn block(&mut self, lines: &[String]) -> Vec<Printed> {
        if lines.is_empty() {
            return Vec::new();
        }
        let gap = if self.above == Above::Nothing { "" } else { "\n" };
        self.above = Above::Block;
        vec![Printed::Out(format!("{gap}{}\n", lines.join("\n")))]
    }

    /// Lines that go on with a block.
    fn more(&mut self, lines: &[String]) -> Vec<Printed> {
        if lines.is_empty() {
            return Vec::new();
        }
        self.above = Above::Block;
        vec![Printed::Out(format!("{}\n", lines.join("\n")))]
    }

    fn note(&mut self, text: &str) -> Vec<Printed> {
        let line = styled(DIM, &cut(&format!("· {text}"), self.columns()));
        self.err(&[line])
    }

    fn detail(&mut self, text: &str) -> Vec<Printed> {
        if self.look.verbose {
            return self.err(&[styled(DIM, &format!("· {text}"))]);
        }
        Vec::new()
    }

    fn err(&mut self, lines: &[String]) -> Vec<Printed> {
        vec![Printed::Err(format!("{}\n", lines.join("\n")))]
    }

    fn columns(&self) -> usize {
        self.look.width
    }
}

/// What an agent told when the call began, and leaves away at its end.
fn fill(call: &mut ToolCall, before: &ToolCall) {
    if call.name.is_empty() {
        call.name.clone_from(&before.name);
    }
    if call.input.is_null() {
        call.input.clone_from(&before.input);
    }
    if call.output.is_none() {
        call.output.clone_from(&before.output);
    }
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

fn plural(number: u64, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{} {noun}s", count(number)) }
}

#[cfg(test)]
#[path = "transcript_tests.rs"]
mod tests;
