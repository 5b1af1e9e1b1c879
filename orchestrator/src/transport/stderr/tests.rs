#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
//! Literal messages. What the tests in `tests/ssh_words` provoke is said by OpenSSH 9.2 on Linux; the rest is noted.

mod questions;
mod words;
