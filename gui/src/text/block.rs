//! Blocks: what a text is made of, each quick to lay out by itself.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use jiff::Timestamp;
use orchestrator::agent::ToolStatus;
use orchestrator::failure::Failure;
use orchestrator::seam::{LinkState, MessageId, TurnStatus};

use super::reading::Base;
use super::rich::{Change, Rich};
use crate::words::with_host;

/// One block.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// Of everything below: blocks of one hash look the same.
    pub hash: u64,
    /// How far it is moved in, in steps.
    pub indent: u8,
    /// How many bars of quotes stand at its left.
    pub quote: u8,
    /// Whether these bars go on from the block before.
    pub quote_goes_on: bool,
    /// What stands before a list's item.
    pub marker: Option<Marker>,
    /// What is around it.
    pub frame: Option<Frame>,
    /// How much room is above it.
    pub gap: Gap,
    /// Whether it is seen only while its piece is open.
    pub folded: bool,
    /// How many letters are in it.
    pub letters: u32,
    /// How many line feeds are in it.
    pub lines: u32,
    /// What it is.
    pub body: Body,
}

/// What stands before a list's item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Marker {
    /// A dot.
    Dot,
    /// A number.
    Number(u64),
    /// A task that is done, or not.
    Task(bool),
}

/// A frame that several blocks may share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Frame {
    /// Which.
    pub kind: FrameKind,
    /// Whether it begins here.
    pub first: bool,
    /// Whether it ends here.
    pub last: bool,
}

/// The kinds of frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FrameKind {
    /// Around what a person asked.
    Question,
    /// Around code, diffs, and what a tool was given.
    Code,
}

/// Room above a block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Gap {
    /// It goes on where the one before ends.
    None,
    /// Items of a tight list.
    Small,
    /// Paragraphs.
    #[default]
    Normal,
    /// Headings, and what begins a piece.
    Large,
}

/// How a text block looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Look {
    /// What an agent says.
    Prose,
    /// A heading, 1 to 6.
    Heading(u8),
    /// Code, and what was printed for people: each space counts.
    Code,
    /// Small and read second.
    Small,
}

/// What a block is.
#[derive(Clone, Debug, PartialEq, Hash)]
pub enum Body {
    /// Text.
    Text {
        /// What.
        rich: Rich,
        /// How.
        look: Look,
    },
    /// The line over code: its language and a button that copies it.
    CodeHead {
        /// What stands there.
        title: String,
        /// What the button copies.
        source: Arc<str>,
    },
    /// Lines of a diff.
    Diff {
        /// All lines, each with its sign.
        rich: Rich,
        /// What each line is.
        lines: Vec<Option<Change>>,
    },
    /// Rows of a table.
    Table(Table),
    /// A line from side to side.
    Rule,
    /// Over a question: who asks, and how.
    Asked {
        /// The message.
        message: MessageId,
        /// Whether the agent is to change nothing.
        read_only: bool,
        /// The whole question.
        source: Arc<str>,
    },
    /// Images of a question.
    Images {
        /// Whose.
        message: MessageId,
        /// How many.
        count: u32,
    },
    /// A line that opens what is folded.
    Head(Head),
    /// What a tool printed, scrolled in a box when it is long.
    Output(Arc<str>),
    /// Something went wrong.
    Error(Box<ErrorCard>),
    /// Something that happened on the way.
    Mark(Mark),
    /// The turn is over.
    Ended {
        /// How.
        status: Ending,
        /// From launch to end.
        elapsed_ms: u64,
    },
}

/// Rows of a table.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Table {
    /// How its columns stand.
    pub columns: Vec<Align>,
    /// How wide its columns want to be, in letters; the same in all parts of a table.
    pub widths: Vec<u16>,
    /// Whether the first row is its head.
    pub has_head: bool,
    /// Whether it ends here.
    pub last: bool,
    /// Cells of each row.
    pub rows: Vec<Vec<Rich>>,
}

/// How a column stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Align {
    /// At the left.
    Left,
    /// In the middle.
    Centre,
    /// At the right.
    Right,
}

/// A line that opens what is folded.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Head {
    /// What it is about.
    pub kind: HeadKind,
    /// What is read first.
    pub title: String,
    /// What is read second: a command, a path, the beginning of what was thought.
    pub detail: String,
    /// Whether there is something to open.
    pub opens: bool,
}

/// What a foldable line is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HeadKind {
    /// A tool call, and how far it is.
    Tool(#[doc = "How far."] Progress),
    /// What an agent thought aloud.
    Reasoning,
    /// A line that nobody understands.
    Raw,
    /// What Baton asked by itself.
    Synopsis,
}

/// How far a tool call is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Progress {
    /// At work.
    Running,
    /// Ended well.
    Done,
    /// Ended badly.
    Failed,
}

impl From<ToolStatus> for Progress {
    fn from(status: ToolStatus) -> Self {
        match status {
            ToolStatus::Running => Self::Running,
            ToolStatus::Done => Self::Done,
            ToolStatus::Failed => Self::Failed,
        }
    }
}

/// Something went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorCard {
    /// What, and what to do.
    pub failure: Failure,
    /// Whether sending again may help.
    pub recoverable: bool,
    /// When a rate limit ends.
    pub resets_at: Option<Timestamp>,
}

impl ErrorCard {
    /// What happened, and on which host.
    pub fn says(&self) -> String {
        with_host(&self.failure)
    }
}

impl Hash for ErrorCard {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let Failure { code, message, hint, host } = &self.failure;
        (code, message, hint, host, self.recoverable, self.resets_at).hash(state);
    }
}

/// Something that happened on the way.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Mark {
    /// What.
    pub kind: MarkKind,
    /// What a person reads.
    pub words: String,
}

/// What happened on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MarkKind {
    /// The way to the host.
    Link(#[doc = "How it stands."] Way),
    /// The agent is silent.
    Quiet,
    /// From a newer version.
    Unknown,
}

/// How the way to a host stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Way {
    /// It broke.
    Lost,
    /// It is back.
    Restored,
    /// A person is needed.
    Blocked,
}

impl From<LinkState> for Way {
    fn from(state: LinkState) -> Self {
        match state {
            LinkState::Lost => Self::Lost,
            LinkState::Restored => Self::Restored,
            LinkState::Blocked => Self::Blocked,
        }
    }
}

/// How a turn ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ending {
    /// The agent did what it wanted to.
    Done,
    /// It didn't.
    Failed,
    /// A person interrupted it.
    Interrupted,
}

impl From<TurnStatus> for Ending {
    fn from(status: TurnStatus) -> Self {
        match status {
            TurnStatus::Done => Self::Done,
            TurnStatus::Failed => Self::Failed,
            TurnStatus::Interrupted => Self::Interrupted,
        }
    }
}

impl Block {
    /// A block without anything around it.
    pub fn new(body: Body) -> Self {
        let mut block = Self {
            hash: 0,
            indent: 0,
            quote: 0,
            quote_goes_on: false,
            marker: None,
            frame: None,
            gap: Gap::Normal,
            folded: false,
            letters: 0,
            lines: 0,
            body,
        };
        block.seal();
        block
    }

    /// Text of a look.
    pub fn text(rich: Rich, look: Look) -> Self {
        Self::new(Body::Text { rich, look })
    }

    /// Counts and hashes again, after something was changed.
    pub fn seal(&mut self) {
        if let Body::Text { rich, .. } | Body::Diff { rich, .. } = &mut self.body {
            rich.learn();
        } else if let Body::Table(table) = &mut self.body {
            table.rows.iter_mut().flatten().for_each(Rich::learn);
        }
        let mut hasher = DefaultHasher::new();
        (
            self.indent,
            self.quote,
            self.quote_goes_on,
            self.marker,
            self.frame,
            self.gap,
            self.folded,
        )
            .hash(&mut hasher);
        self.body.hash(&mut hasher);
        self.hash = hasher.finish();
        let (mut letters, mut lines) = (0, 0);
        self.body.each_text(|text| {
            letters += text.len();
            lines += memchr_count(text);
        });
        self.letters = u32::try_from(letters).unwrap_or(u32::MAX);
        self.lines = u32::try_from(lines).unwrap_or(u32::MAX);
    }

    /// Whether it begins at the right: what is read from right to left has its marks there.
    pub fn begins_right(&self) -> bool {
        matches!(&self.body, Body::Text { rich, look } if *look != Look::Code && rich.base == Some(Base::Right))
    }

    /// The same changed.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self.seal();
        self
    }
}

impl Body {
    /// All its text, in the order of reading: what a search looks at.
    pub fn each_text<'a>(&'a self, mut each: impl FnMut(&'a str)) {
        match self {
            Self::Text { rich, .. } | Self::Diff { rich, .. } => each(&rich.text),
            Self::Table(table) => {
                table.rows.iter().flatten().for_each(|cell| each(&cell.text));
            }
            Self::Head(head) => {
                each(&head.title);
                each(&head.detail);
            }
            Self::Output(text) => each(text),
            Self::Error(card) => {
                each(&card.failure.message);
                if let Some(hint) = &card.failure.hint {
                    each(hint);
                }
            }
            Self::Mark(mark) => each(&mark.words),
            Self::CodeHead { title, .. } => each(title),
            Self::Rule | Self::Asked { .. } | Self::Images { .. } | Self::Ended { .. } => {}
        }
    }
}

fn memchr_count(text: &str) -> usize {
    text.bytes().filter(|byte| *byte == b'\n').count()
}
