//! Receipts: a command that is sent again runs once, and gets the same answer.

use sha1::{Digest, Sha1};

use crate::failure::{Code, Failure};
use crate::seam::{Command, CommandId, Reply};
use crate::store::Receipt;

/// A hash of what is asked, to tell one command from another under the same id.
///
/// # Errors
///
/// [`Code::Internal`] when it can't be written as JSON.
pub fn hash(command: &Command) -> Result<String, Failure> {
    let text = serde_json::to_vec(command)
        .map_err(|error| Failure::new(Code::Internal, format!("a command has no JSON: {error}")))?;
    Ok(Sha1::digest(&text).iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The receipt of a command that was carried out.
pub fn of(id: CommandId, command: String, reply: &Reply) -> Receipt {
    Receipt { id, command, reply: Ok(reply.clone()) }
}

/// The answer to a command that was carried out before.
///
/// # Errors
///
/// [`Code::Conflict`] when another command had that id.
pub fn again(done: Receipt, command: &str) -> Result<Reply, Failure> {
    if done.command != command {
        return Err(Failure::new(
            Code::Conflict,
            format!("command id {} was used for another command", done.id),
        )
        .hint("Give every command an id of its own"));
    }
    done.reply
}
