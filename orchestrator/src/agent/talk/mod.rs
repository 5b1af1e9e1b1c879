//! Agents that talk: one process for many turns, spoken to in lines of JSON-RPC over its stdin and stdout.
//!
//! All of it is pure: bytes and wishes in, items and messages out, and a state that can be stored between any two.

mod acp;
mod acp_calls;
mod acp_session;
mod app_server;
mod app_server_items;
mod rpc;
mod talker;
mod text;

pub use talker::{Message, Prompt, SavedTalk, Step, TalkSettings, Talker};

#[cfg(test)]
#[path = "../talk_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "../talk_mode_tests.rs"]
mod mode_tests;
