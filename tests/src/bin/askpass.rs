//! What `baton` is to ssh when there is a question: asks the engine and prints the answer.

use std::path::PathBuf;
use std::process::ExitCode;

use orchestrator::transport::{ASKPASS_SOCKET_VARIABLE, ask};

#[expect(clippy::print_stdout, reason = "ssh reads the answer from stdout")]
#[expect(clippy::disallowed_methods, reason = "ssh hands the socket on in the environment")]
fn main() -> ExitCode {
    let Some(socket) = std::env::var_os(ASKPASS_SOCKET_VARIABLE).map(PathBuf::from) else {
        return ExitCode::FAILURE;
    };
    let question = std::env::args().nth(1).unwrap_or_default();
    match ask(&socket, &question) {
        Ok(Some(answer)) => {
            println!("{answer}");
            ExitCode::SUCCESS
        }
        Ok(None) | Err(_) => ExitCode::FAILURE,
    }
}
