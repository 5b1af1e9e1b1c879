//! `mock-model [PORT]`: the test bed's model server as a program of its own.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program says what it does")]

use std::{env, process::ExitCode, thread};

use baton_tests::MockModel;

fn main() -> ExitCode {
    let mut arguments = env::args().skip(1);
    let port = arguments.next().unwrap_or_else(|| "0".to_owned());
    let (Ok(port), None) = (port.parse(), arguments.next()) else {
        eprintln!("usage: mock-model [PORT]");
        return ExitCode::from(2);
    };
    let model = MockModel::start_on(port);
    println!("listening on {}", model.address());
    loop {
        thread::park();
    }
}
