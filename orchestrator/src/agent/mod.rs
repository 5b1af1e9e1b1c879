//! Agents: what they are called, how they are started, and what their output means.

mod item;

pub use item::{
    AgentError, AgentErrorKind, ApprovalChoice, ApprovalRequest, ChoiceKind, Item, ToolCall,
    ToolStatus, Usage,
};
