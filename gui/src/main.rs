//! `baton-gui`: the window.

use std::ffi::OsString;
use std::process::ExitCode;

fn main() -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().collect();
    baton_gui::program::start(&words)
}
