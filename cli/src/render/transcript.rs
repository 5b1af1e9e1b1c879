//! What happened, as a person reads it.

use std::collections::{HashMap, HashSet};

use orchestrator::agent::{ToolCall, ToolStatus, Usage};
use orchestrator::seam::{
    ApprovalId, ApprovalOption, Event, EventBody, Partial, PartialKind, Session, TabId, TurnId,
    TurnStatus,
};

use super::clean::{clean, clean_line};
use super::flow::cut;
use super::live::Live;
use super::style::{DIM, styled};
use super::verbatim::Verbatim;
use super::{said, tool};

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
    /// The same of text that is no Markdown.
    verbatim: HashMap<TurnId, Verbatim>,
    /// When the calls under way began.
    calls: HashMap<(TurnId, String), (jiff::Timestamp, ToolCall)>,
    usage: HashMap<TurnId, Usage>,
    /// Turns of which a piece of the answer was shown.
    answered: HashSet<TurnId>,
    tab_names: HashMap<TabId, String>,
    tab: Option<TabId>,
    session: Option<String>,
    queues: HashMap<TabId, (usize, bool)>,
    /// What could be answered to the questions that wait.
    options: HashMap<ApprovalId, Vec<ApprovalOption>>,
}

impl Transcript {
    /// An empty one.
    pub fn new(look: Look) -> Self {
        Self {
            look,
            above: Above::Nothing,
            live: HashMap::new(),
            verbatim: HashMap::new(),
            calls: HashMap::new(),
            usage: HashMap::new(),
            answered: HashSet::new(),
            tab_names: HashMap::new(),
            tab: None,
            session: None,
            queues: HashMap::new(),
            options: HashMap::new(),
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
        if partial.kind == PartialKind::Plain {
            let verbatim = self.verbatim.entry(partial.turn.clone()).or_default();
            let (begun, lines) = (verbatim.has_begun(), verbatim.grow(&partial.text));
            if lines.is_empty() {
                return Vec::new();
            }
            let mut out = self.tab_line(Some(&partial.tab));
            out.extend(if begun { self.more(&lines) } else { self.block(&lines) });
            return out;
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
            EventBody::TurnStarted { synopsis: true, .. } => {
                self.detail("asked to say what it did, for the history")
            }
            EventBody::TurnStarted { prompt, images, read_only, .. } if self.look.everything => {
                self.block(&said::prompt(prompt, *images, *read_only, self.look))
            }
            EventBody::TurnLaunched => Vec::new(),
            // Who has just written it knows it.
            EventBody::TurnStarted { .. } => Vec::new(),
            EventBody::AgentSession { id } => {
                self.detail(&format!("conversation {}", clean_line(id)))
            }
            EventBody::Text { text, plain: false } => self.text(event.turn.as_ref(), text),
            EventBody::Text { text, plain: true } => self.printed(event.turn.as_ref(), text),
            EventBody::Reasoning { text } => self.reasoning(text),
            EventBody::ToolCall(call) => self.call(event, call),
            EventBody::ApprovalRequested { approval } => {
                self.options.insert(approval.id.clone(), approval.options.clone());
                self.err(&said::asked(approval, self.look))
            }
            EventBody::ApprovalResolved { approval, decision } => {
                let options = self.options.remove(approval).unwrap_or_default();
                self.err(&[said::decided(decision.as_ref(), &options)])
            }
            EventBody::Usage(usage) => {
                if let Some(turn) = &event.turn {
                    self.usage.insert(turn.clone(), usage.clone());
                }
                Vec::new()
            }
            EventBody::Link { state, why } => self.err(&said::link(*state, why.as_ref())),
            EventBody::Quiet { seconds, stderr } => {
                self.err(&said::quiet(*seconds, stderr, self.look))
            }
            EventBody::Error { failure, resets_at, .. } => {
                self.err(&said::error(failure, *resets_at))
            }
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

    /// A whole piece of text that is no Markdown. A long one comes in several, with nothing between them.
    fn printed(&mut self, turn: Option<&TurnId>, text: &str) -> Vec<Printed> {
        let verbatim = turn.and_then(|turn| self.verbatim.get_mut(turn));
        let (begun, lines) = match verbatim {
            Some(verbatim) => (verbatim.has_begun(), verbatim.finish(text)),
            None => {
                let mut verbatim = Verbatim::default();
                let lines = verbatim.finish(text);
                if let Some(turn) = turn {
                    self.verbatim.insert(turn.clone(), verbatim);
                }
                (false, lines)
            }
        };
        if let Some(turn) = turn {
            self.answered.insert(turn.clone());
        }
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

    fn session(&mut self, session: &Session) -> Vec<Printed> {
        self.know(session);
        let text = said::session(session);
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
                out.extend(match self.verbatim.contains_key(turn) {
                    true => self.printed(Some(turn), text),
                    false => self.text(Some(turn), text),
                });
                self.answered.remove(turn);
            }
            self.live.remove(turn);
            self.verbatim.remove(turn);
            usage = self.usage.remove(turn);
        }
        let line = said::end(status, exit_status, elapsed_ms, usage.as_ref());
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

#[cfg(test)]
#[path = "transcript_tests.rs"]
mod tests;
