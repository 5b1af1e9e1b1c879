//! Agents: what they are called, how they are started, and what their output means.

mod definition;
mod definitions;
pub(crate) mod detect;
mod image;
mod interpreter;
mod invocation;
mod item;
mod judgement;
mod looks;
mod parser;
mod read_only;
mod survey;
mod talk;

pub use definition::{
    Batch, Definition, Environment, ImagesBy, Login, PromptBy, Protocol, ReadOnly, Talk,
};
pub use definitions::Definitions;
pub use detect::{AgentOnHost, detect};
pub use image::{Image, ImageKind};
pub(crate) use interpreter::missing_interpreter;
pub use invocation::{
    Arg, AttachedFile, Invocation, TurnRequest, check_read_only_talk, check_resume,
    talk_invocation, turn_invocation,
};
pub use item::{
    AgentError, AgentErrorKind, ApprovalChoice, ApprovalRequest, ChoiceKind, Item, ToolCall,
    ToolStatus, Usage,
};
pub use judgement::{Ended, Exit, Signal, judge};
pub use looks::{Look, Looks, Question};
pub use parser::{Carry, Parser, ParserKind, Saved};
pub use survey::{Found, Survey};
pub use talk::{Message, Prompt, SavedTalk, Step, TalkSettings, Talker};
