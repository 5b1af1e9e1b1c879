//! How files begin that are offered for a mention: all of them in one round trip, made ready to be shown.

use std::time::Duration;

use orchestrator::seam::{At, FilePath, FileQuery, FileReply, SessionId};

use super::super::room::Room;
use super::ask;
use crate::view::composer::Head;

/// So many bytes of each: more than the lines that are shown have.
const BYTES: u32 = 4 << 10;

/// Who types on wants others: nothing is asked before nobody has typed for so long.
const PAUSE: Duration = Duration::from_millis(80);

/// The beginnings of these; `None` where nothing has come.
pub(super) async fn heads(
    room: &Room,
    session: &SessionId,
    paths: Vec<String>,
) -> Option<Vec<(String, Head)>> {
    tokio::time::sleep(PAUSE).await;
    let wanted = paths.iter().map(|path| FilePath::from(path.as_str())).collect();
    let at = At::Session(session.clone());
    let read = match ask(room, FileQuery::ReadMany { at, paths: wanted, length: BYTES }).await {
        Ok(FileReply::Beginnings(read)) => read,
        // The list itself says what is wrong with the host.
        Ok(_) | Err(_) => return None,
    };
    let ready = move || {
        let ready = paths.into_iter().zip(read).map(|(path, read)| {
            let head = Head::new(&path, read);
            (path, head)
        });
        ready.collect()
    };
    tokio::task::spawn_blocking(ready).await.ok()
}
