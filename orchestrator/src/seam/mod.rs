//! The one typed API between the engine and its front ends: requests in, events and snapshots out.
//!
//! Every type here is plain serde data: the same requests and events pass inside of a process and over a socket.

mod client;
mod client_dial;
mod connection;
mod event;
mod files;
mod frame;
mod frame_reader;
mod git;
mod git_found;
mod history;
mod host;
mod host_follow;
mod host_lock;
mod host_role;
mod host_settle;
mod id;
mod nesting;
mod new_session;
mod operation;
mod path;
mod place;
mod query;
mod receipt;
mod request;
mod server;
mod server_connection;
mod server_writer;
mod snapshot;
mod subscribe;
mod subscription;
mod terminal;

pub use client::SocketSeam;
pub use connection::{ConnectionState, HostConnection, HostQuestion, HostQuestionKind, Secret};
pub use event::{Decision, Event, EventBody, LinkState, Partial, PartialKind, TurnStatus};
pub use files::{
    Expected, FILE_WINDOW, FileBeginning, FileCommand, FileEntry, FileKind, FileQuery, FileReply,
    FileWindow, FoundFile, FoundFiles, Listing, MANY_FILES,
};
pub use frame::{PROTOCOL, Program};
pub use git::{
    ChangeKind, ChosenLines, DiffOf, GitChange, GitCommand, GitQuery, GitReply, GitStatus,
    LinesHow, Unfinished,
};
pub use git_found::{
    DiffLine, FileDiff, GitBranch, GitBranches, GitCommit, GitDiff, GitLog, GitPatch, Hunk,
    LineKind, PullRequestDraft, Worktree,
};
pub use history::{
    HistoryActivity, HistoryBucket, HistoryCount, HistoryFilter, HistoryIgnored, HistoryItem,
    HistoryKind, HistoryNews, HistoryPage, HistoryQuery, HistoryScope, HistorySource, HistorySync,
    LeftAlone, NewHistoryEntry, OutboxEntry, SkippedLine, SkippedLines, SyncedProject,
};
pub use host::{EngineHandle, HostingPlan, Moves, StartEngine, Started, StopEngine, Whereabouts};
pub use id::{ApprovalId, CommandId, MessageId, QuestionId, RunId, SessionId, TabId, TurnId};
pub use nesting::nested;
pub use new_session::{NewSession, SessionChange};
pub use operation::{
    AddWorktree, Completion, CompletionKind, Completions, Operation, OperationCommand,
    OperationOutput, OperationQuery, OperationReply, OperationState, Outcome, Progress, Work,
};
pub use path::{At, FilePath};
pub use place::{DirectoryLook, GitGlance, KnownAgent, KnownAgents};
pub use query::{Query, Reply};
pub use receipt::{Receipts, Ticket};
pub use request::{Command, Image, MessageChange, NewMessage, Place, Request, Seam, TabChoice};
pub use server::{SOCKET, Server};
pub use snapshot::{
    Approval, ApprovalOption, QueuedMessage, Session, Snapshot, Tab, TabState, Totals, Turn,
};
pub use subscribe::{Ephemerals, follow};
pub use subscription::{Delivery, Subscribe, Subscription, Watch};
pub use terminal::{Terminal, TerminalCommand, TerminalNews, TerminalReply, TerminalState};
