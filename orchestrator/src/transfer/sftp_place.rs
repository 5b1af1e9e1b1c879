//! Where something goes on a host whose shell runs nothing, and the part of it beside that.

use std::time::{SystemTime, UNIX_EPOCH};

use super::goal::Goal;
use super::local;
use super::sftp_bytes::{ROUND, trouble};
use super::trouble::{There, Trouble};
use crate::failure::{Code, Failure};
use crate::seam::FilePath;
use crate::sftp::{Attrs, Refused, Session, full, kind, status};

/// Where something goes on a host.
pub(super) struct Place {
    pub(super) parent: FilePath,
    /// Links followed.
    pub(super) target: FilePath,
    /// What is there.
    pub(super) now: Option<Attrs>,
    /// In which it has to lie; none where it may lie anywhere.
    pub(super) root: Option<FilePath>,
}

impl Place {
    /// Follows links, and looks whether it may lie there.
    async fn find(session: &Session, goal: &Goal<'_>) -> Result<Self, Trouble> {
        let there = goal.there();
        let refused = |refused| trouble(there, "nodir", refused);
        let root = goal.reached.directory.clone().unwrap_or_default();
        let no_name = || there.refused("noname", "");
        let mut path = FilePath(full(&root, goal.remote).ok_or_else(no_name)?);
        match session.attrs(kind::LSTAT, path.bytes()).await {
            Ok(attrs) if attrs.is_link() => {
                path.0 = session.name(kind::REALPATH, path.bytes()).await.map_err(refused)?;
            }
            Ok(_) | Err(Refused::Status(status::NO_SUCH_FILE, _)) => {}
            Err(other) => return Err(refused(other)),
        }
        let name = path.name().to_vec();
        if matches!(&name[..], b"" | b"." | b"..") || name.contains(&0) {
            return Err(no_name().into());
        }
        let parent = &path.bytes()[..path.bytes().len() - name.len()];
        let parent = if parent.is_empty() { b"." } else { parent };
        let parent = FilePath(session.real(parent).await.map_err(refused)?);
        let mut within = None;
        if !goal.outside {
            let root = full(&root, &FilePath::default()).ok_or_else(no_name)?;
            let root = FilePath(session.real(&root).await.map_err(refused)?).join(b"");
            if !parent.join(b"").bytes().starts_with(root.bytes()) {
                return Err(there.refused("outside", "").into());
            }
            within = Some(root);
        }
        let target = parent.join(&name);
        let now = match session.attrs(kind::LSTAT, target.bytes()).await {
            Ok(attrs) => Some(attrs),
            Err(Refused::Status(status::NO_SUCH_FILE, _)) => None,
            Err(other) => return Err(refused(other)),
        };
        Ok(Self { parent, target, now, root: within })
    }
}

/// Begins a conversation, and finds the place there.
pub(super) async fn enter(goal: &Goal<'_>) -> Result<(Session, Place), Trouble> {
    let begun = Session::begin(&goal.reached.connection).await;
    let session = begun.map_err(|refused| trouble(goal.there(), "", refused))?;
    let place = Box::pin(Place::find(&session, goal)).await?;
    Ok((session, place))
}

/// Refuses what is not to be replaced, or can't be.
pub(super) fn may_replace(session: &Session, goal: &Goal<'_>) -> Result<(), Failure> {
    if !goal.replace {
        return Err(goal.there().refused("exists", ""));
    }
    if !session.replaces() {
        let what = "the host's sftp server can't replace a file in one step";
        return Err(Failure::new(Code::Unsupported, what).hint("Delete it first"));
    }
    Ok(())
}

/// Why a part of what goes into `parent` wasn't filled. A full disk is no place to keep half of it.
pub(super) async fn unfilled(
    session: &Session,
    [parent, part]: [&FilePath; 2],
    there: There<'_>,
    why: Trouble,
) -> Trouble {
    let is_full = matches!(&why, Trouble::Final(_))
        && session.is_full(parent.bytes(), u64::from(ROUND)).await;
    if !is_full {
        return why;
    }
    if let Ok(attrs) = session.attrs(kind::LSTAT, part.bytes()).await {
        session.remove(part.bytes(), &attrs, true).await.ok(); // It is said below.
    }
    there.refused("full", "").into()
}

/// Gives a whole part the name of its target.
pub(super) async fn put_there(
    session: &Session,
    part: &FilePath,
    target: &FilePath,
    replace: bool,
    there: There<'_>,
) -> Result<(), Trouble> {
    match session.rename(part.bytes(), target.bytes(), replace).await {
        Ok(()) => Ok(()),
        // Servers don't tell why.
        Err(Refused::Status(_, _))
            if !replace && session.attrs(kind::LSTAT, target.bytes()).await.is_ok() =>
        {
            Err(there.refused("exists", "").into())
        }
        Err(refused) => Err(trouble(there, "", refused)),
    }
}

/// How long nobody may have written to a part that is nobody's any more, in seconds.
const LEFT_BEHIND: u64 = 3600;

/// So many entries of a directory are looked at for such parts: more would hold up what is sent.
const MOST_BESIDE: usize = 10_000;

/// Removes parts of other sources beside a target called `name` that were left behind. Whatever can't be removed stays.
pub(super) async fn tidy(session: &Session, parent: &FilePath, name: &[u8], key: &str) {
    let ours = local::part_name(name, key);
    let ours = ours.as_encoded_bytes();
    let start = ours.len().saturating_sub(key.len() + b".part".len());
    let Ok((found, _)) = session.entries(parent.bytes(), MOST_BESIDE).await else { return };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    for (found, attrs) in found {
        let is_part = found.len() == ours.len()
            && found.starts_with(&ours[..start])
            && found.ends_with(b".part")
            && found != ours;
        let is_old = attrs.changed().is_some_and(|at| u64::from(at) + LEFT_BEHIND < now);
        if is_part && is_old {
            let path = parent.join(&found);
            if let Err(error) = session.remove(path.bytes(), &attrs, true).await {
                tracing::debug!(?error, "a part stays");
            }
        }
    }
}
