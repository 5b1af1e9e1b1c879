//! A model server on loopback that answers by script.

mod chat;
mod gemini;
mod http;
mod protocol;
mod responses;
mod script;
mod server;

pub use http::Request;
pub use server::MockModel;
