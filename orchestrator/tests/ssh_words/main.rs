//! Provokes every failure that can be provoked here with the real `ssh` and a real sshd, and checks what we make of
//! the words. When a version of OpenSSH says something else, this is where it shows.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs
)]

mod bed;
mod letting_in;
mod network;
mod proxies;
mod setup;
