//! The window over a real engine with real machines, used by role and name; and the program itself on a display.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a part that doesn't work must fail its test"
)]

mod bus;
mod commanding;
mod deciding;
mod desktop;
mod living;
mod real;
mod resuming;
mod starting;
mod talking;
mod trouble;
mod window;
mod work;
