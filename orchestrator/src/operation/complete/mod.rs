//! What a Tab offers behind a command line that is being typed.

use crate::failure::{Code, Failure};
use crate::host::Reached;
use crate::seam::Completions;
use crate::store::{LineScope, Store};

/// Asks the host, once.
///
/// # Errors
///
/// When the host can't be asked.
pub(super) async fn complete(
    _store: &Store,
    _scope: &LineScope,
    _reached: &Reached,
    _line: &str,
) -> Result<Completions, Failure> {
    Err(Failure::new(Code::Unsupported, "this version of Baton completes no command lines yet"))
}
