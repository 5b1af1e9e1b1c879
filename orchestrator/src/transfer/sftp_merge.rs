//! A directory that has arrived whole beside its target goes into that, where it is there already: file by file.

use super::sftp_bytes::trouble;
use super::trouble::{There, Trouble};
use crate::seam::FilePath;
use crate::sftp::{Attrs, Done, Refused, Session, kind};

/// Moves what `part` has into `target`, once nothing is known to stand in the way. No link may lead out of `root`. What was moved
/// until something was in the way all the same stays.
pub(super) async fn merge(
    session: &Session,
    part: &FilePath,
    target: &FilePath,
    root: Option<FilePath>,
    there: There<'_>,
) -> Result<(), Trouble> {
    let refused = |refused| trouble(there, "", refused);
    let own = session.attrs(kind::LSTAT, part.bytes()).await.map_err(refused)?;
    let merging = Merging { session, own, root };
    if let Some((word, at)) = merging.clash(part, target).await.map_err(refused)? {
        return Err(there.refused(word, &at.to_string()).into());
    }
    match merging.merge(part, target).await {
        Ok(()) => Ok(()),
        Err((_, Refused::Lost(error))) => Err(error.into()),
        Err((at, Refused::Status(_, said))) => {
            Err(there.refused("half", &format!("{at}: {said}")).into())
        }
    }
}

/// What stands at a path, links followed where they lead to a directory.
async fn at(session: &Session, path: &FilePath) -> Done<Option<(Attrs, bool)>> {
    let attrs = match session.attrs(kind::LSTAT, path.bytes()).await {
        Ok(attrs) => attrs,
        Err(Refused::Status(_, _)) => return Ok(None),
        Err(lost) => return Err(lost),
    };
    let leads = attrs.is_link()
        && session.attrs(kind::STAT, path.bytes()).await.is_ok_and(|to| to.is_directory());
    Ok(Some((attrs, attrs.is_directory() || leads)))
}

/// A part that goes into a directory that is there.
struct Merging<'a> {
    session: &'a Session,
    /// The part itself.
    own: Attrs,
    /// What no link may lead out of.
    root: Option<FilePath>,
}

impl Merging<'_> {
    /// Why `from` can't be moved into `to`, and which path it is about: before anything is moved. A server tells neither whose groups
    /// we are in nor how many names a file has.
    async fn clash(
        &self,
        from: &FilePath,
        to: &FilePath,
    ) -> Done<Option<(&'static str, FilePath)>> {
        let session = self.session;
        let mut asked = false;
        for (name, attrs) in session.entries(from.bytes(), usize::MAX).await?.0 {
            let (source, target) = (from.join(&name), to.join(&name));
            let there = at(session, &target).await?;
            let both = attrs.is_directory() && there.is_some_and(|(_, leads)| leads);
            if !both && !asked {
                asked = true;
                if session.attrs(kind::STAT, to.bytes()).await?.keeps_out(&self.own) {
                    return Ok(Some(("nomove", to.clone())));
                }
            }
            let Some((there, leads)) = there else { continue };
            match (attrs.is_directory(), leads) {
                (true, true) => {
                    if there.is_link() && !self.may_lead_to(&target).await? {
                        return Ok(Some(("outside", target)));
                    }
                    if let Some(found) = Box::pin(self.clash(&source, &target)).await? {
                        return Ok(Some(found));
                    }
                }
                (true, false) => return Ok(Some(("mixed", target))),
                (false, _) if there.is_directory() => return Ok(Some(("mixed", target))),
                (false, _) if there.is_file() && self.is_anothers(&there) => {
                    return Ok(Some(("kept", target)));
                }
                (false, _) => {}
            }
        }
        Ok(None)
    }

    async fn may_lead_to(&self, link: &FilePath) -> Done<bool> {
        let Some(root) = &self.root else { return Ok(true) };
        let real = FilePath(self.session.real(link.bytes()).await?);
        Ok(real.join(b"").bytes().starts_with(root.bytes()))
    }

    /// Whether a file would get another owner when it is replaced; the system's administrator means that.
    fn is_anothers(&self, there: &Attrs) -> bool {
        let owner = |attrs: &Attrs| attrs.owner.map(|(user, _)| user);
        match (owner(there), owner(&self.own)) {
            (Some(theirs), Some(ours)) => ours != 0 && ours != theirs,
            (_, _) => false,
        }
    }

    /// Moves all of `from` into `to`, file by file where both have a directory. `from` is gone then. An error comes with the path that
    /// it is about.
    async fn merge(&self, from: &FilePath, to: &FilePath) -> Result<(), (FilePath, Refused)> {
        let session = self.session;
        let listed = session.entries(from.bytes(), usize::MAX).await;
        for (name, attrs) in listed.map_err(|refused| (from.clone(), refused))?.0 {
            let (source, target) = (from.join(&name), to.join(&name));
            let failed = |refused| (target.clone(), refused);
            let both = attrs.is_directory()
                && at(session, &target).await.map_err(failed)?.is_some_and(|(_, is)| is);
            match both {
                true => Box::pin(self.merge(&source, &target)).await?,
                false => {
                    let moved = session.rename(source.bytes(), target.bytes(), true).await;
                    moved.map_err(failed)?;
                }
            }
        }
        let own = Attrs { mode: Some(0o040_700), ..Attrs::default() };
        session.remove(from.bytes(), &own, false).await.map_err(|refused| (from.clone(), refused))
    }
}
