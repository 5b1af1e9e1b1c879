//! What a Tab offers behind a command line that is being typed: one round trip to the host, whatever is asked.

mod ask;
mod offers;
mod quoted;
mod typed;

use ask::Ask;
use typed::Typed;

use crate::failure::Failure;
use crate::host::Reached;
use crate::seam::Completions;
use crate::store::{LineFilter, LineScope, Store};
use crate::transport::TransportError;

/// Lines that were run and begin so: more is what the history of lines is for.
const MOST_LINES: u32 = 10;

/// The script's word for a directory that can't be entered.
const MISSING: u8 = 3;

/// Asks the host, once; the account's shell only `by_key`.
///
/// # Errors
///
/// `dir_missing`, and when the host can't be asked.
pub(super) async fn complete(
    store: &Store,
    scope: &LineScope,
    reached: &Reached,
    line: &str,
    by_key: bool,
) -> Result<Completions, Failure> {
    let lines = store.lines(scope, LineFilter::Beginning(line.to_owned()), MOST_LINES).await?;
    let typed = Typed::new(line);
    let from = u32::try_from(typed.word.from).unwrap_or(u32::MAX);
    let mut completions = Completions { from, ..Completions::default() };
    let offered = lines.iter().filter_map(|whole| offers::line(&typed, whole));
    completions.offers.extend(offered);
    if let Some(ask) = Ask::new(&typed, line).map(|ask| if by_key { ask } else { ask.unasked() }) {
        let answer = reached.connection.call(ask.call(reached)?).await?;
        if answer.status == MISSING {
            let directory = reached.directory.as_deref().unwrap_or(b"~");
            let dir = String::from_utf8_lossy(directory).into_owned();
            let host = reached.connection.host().clone();
            return Err(TransportError::DirMissing { host, dir }.into());
        }
        offers::add(&mut completions, &typed, &ask, &answer.stdout);
    }
    Ok(completions)
}
