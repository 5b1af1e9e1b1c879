//! The program itself, on a display: started, used with keys, cut off, killed, looked at.

mod account;
mod call;
mod display;
mod judge;
mod leaving;
mod living;
mod starting;
mod story;
mod waiting;
mod watched;
mod working;
