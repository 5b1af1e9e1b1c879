//! The program itself, on a display: started, used with keys, cut off, killed, looked at.

mod account;
mod display;
mod leaving;
mod living;
mod starting;
mod story;
