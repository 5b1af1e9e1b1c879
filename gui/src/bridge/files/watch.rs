//! What is in sight is asked for again and again, and told of when it has changed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures::future::{join, join_all};
use orchestrator::failure::Code;
use orchestrator::seam::{At, FilePath, FileQuery, FileReply, SessionId};
use tokio::time::sleep;

use super::super::room::Room;
use super::{FilesNews, OpenId, ask, list, tell};

/// Between an answer and the next question: a change shows within two seconds, with half a second for the way.
const AGAIN: Duration = Duration::from_millis(1500);

/// What is in sight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilesLook {
    /// Whose directory it is.
    pub session: SessionId,
    /// Directories, with the versions that are known.
    pub directories: BTreeMap<FilePath, Option<String>>,
    /// Files that are open, with theirs.
    pub files: BTreeMap<OpenId, (FilePath, String)>,
}

/// Looks for as long as it isn't stopped. The next question about something waits for the answer to the one before.
pub(super) async fn watch(room: Arc<Room>, look: FilesLook) {
    let FilesLook { session, mut directories, mut files } = look;
    loop {
        sleep(AGAIN).await; // wait: what changes is seen next time
        let (room, session) = (&room, &session);
        let directories =
            directories.iter_mut().map(|(path, version)| directory(room, session, path, version));
        let files =
            files.iter_mut().map(|(id, (path, version))| file(room, session, *id, path, version));
        join(join_all(directories), join_all(files)).await;
    }
}

async fn directory(
    room: &Room,
    session: &SessionId,
    path: &FilePath,
    version: &mut Option<String>,
) {
    let answer = match list(room, session, path, version.clone()).await {
        Ok(None) => return,
        Ok(Some(folder)) => {
            *version = Some(folder.version.clone());
            Ok(Some(folder))
        }
        Err(failure) if is_about_it(failure.code) && version.is_some() => {
            *version = None;
            Err(failure)
        }
        // Told already, or about the way to it: that is told of elsewhere, and what is known stays.
        Err(_) => return,
    };
    let (session, path) = (session.clone(), path.clone());
    tell(room, FilesNews::Listed { session, path, answer }).await;
}

async fn file(room: &Room, session: &SessionId, id: OpenId, path: &FilePath, version: &mut String) {
    let (at, of) = (At::Session(session.clone()), path.clone());
    let answer = match ask(room, FileQuery::Stat { at, path: of }).await {
        Ok(FileReply::File(file)) if file.version != *version => {
            version.clone_from(&file.version);
            Ok(file)
        }
        Err(failure) if is_about_it(failure.code) && !version.is_empty() => {
            version.clear();
            Err(failure)
        }
        Ok(_) | Err(_) => return,
    };
    tell(room, FilesNews::Stands { id, answer }).await;
}

/// Whether a failure is about the file, and not about the way to it.
fn is_about_it(code: Code) -> bool {
    matches!(code, Code::NotFound | Code::DirMissing | Code::PermissionDenied | Code::IsDirectory)
}
