//! A real OpenSSH server for one test.

mod client;
mod server;
mod settings;

pub use server::TestSshd;
pub use settings::Builder;
