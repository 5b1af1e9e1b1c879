//! What the tree wants of git, and git of the tree.

use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{DiffOf, FilePath, SessionId};

use super::App;
use crate::bridge::{Ask, RepositoryAsk};
use crate::view::git::{GitAct, OpenDiff};

/// Something that the tree wants of git.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum GitWish {
    /// Stage these.
    Stage(Vec<FilePath>),
    /// Show how this one differs from the last commit.
    Diff(FilePath),
}

impl App {
    /// Does it as soon as it is known where the repository lies.
    pub(super) fn git_wish(&mut self, session: &SessionId, wish: GitWish) {
        self.files.git_wish = Some((session.clone(), wish));
        if self.has_status() {
            self.grant_git_wish(None);
        } else {
            self.ask_quietly(Ask::Repository(RepositoryAsk::Status(session.clone())));
        }
    }

    /// The repository's status has come: what waits for it is done. `failure` is why it couldn't be had.
    pub(super) fn grant_git_wish(&mut self, failure: Option<Failure>) {
        let Some((session, wish)) = self.files.git_wish.take() else { return };
        if self.shown.as_ref().is_none_or(|shown| shown.session != session) {
            return;
        }
        if let Some(failure) = failure.filter(|_| !self.has_status()) {
            return self.complain(&failure);
        }
        let wishes = match &wish {
            GitWish::Stage(paths) => paths.clone(),
            GitWish::Diff(path) => vec![path.clone()],
        };
        let paths: Result<Vec<FilePath>, Failure> =
            wishes.iter().map(|path| self.in_repository(&session, path)).collect();
        let ctx = self.ctx.clone();
        match (paths, wish) {
            (Ok(paths), GitWish::Stage(_)) => self.git_act(&ctx, GitAct::Stage(paths)),
            (Ok(paths), GitWish::Diff(_)) => {
                let open = OpenDiff { of: DiffOf::Head, path: paths.into_iter().next() };
                self.show_conversation();
                self.open_diff(open);
            }
            (Err(failure), _) => self.complain(&failure),
        }
    }

    /// A path of the session's directory, as its repository calls it.
    fn in_repository(&self, session: &SessionId, path: &FilePath) -> Result<FilePath, Failure> {
        let Some(top) = self.repository_top() else {
            let why = "this directory is in no repository";
            return Err(Failure::new(Code::NotARepository, why).hint("`git init` makes one"));
        };
        below(&top, &self.whole_path(session, path)).ok_or_else(|| {
            let why = format!("{path} lies outside of the repository {top}");
            Failure::new(Code::NotARepository, why)
                .hint("Git knows only what lies in its own directory")
        })
    }

    /// Shows a path of the repository in the tree.
    pub(super) fn reveal_of_repository(&mut self, path: &FilePath) {
        let Some(session) = self.shown.as_ref().map(|shown| shown.session.clone()) else { return };
        let Some(top) = self.repository_top() else { return };
        let whole = top.join(path.bytes());
        let root = self.files.trees.get(&session).and_then(|tree| tree.root());
        let root = root.map(|root| root.directory.to_string()).or_else(|| {
            let cwd = self.sessions.get(&session)?.cwd.clone()?;
            cwd.starts_with('/').then_some(cwd)
        });
        let below = root.and_then(|root| {
            let rest = whole.bytes().strip_prefix(root.as_bytes())?.strip_prefix(b"/")?;
            Some(FilePath(rest.to_vec()))
        });
        match below {
            Some(path) => self.reveal_in_tree(&session, &path),
            None => {
                let why = format!("{path} lies outside of the session's directory");
                let hint = "Open it from here, or start a session there";
                self.complain(&Failure::new(Code::NotFound, why).hint(hint));
            }
        }
    }
}

/// Where something lies below a directory, as git is told; `.` where that is all of it.
fn below(top: &FilePath, whole: &FilePath) -> Option<FilePath> {
    let top = top.bytes().strip_suffix(b"/").unwrap_or(top.bytes());
    match whole.bytes().strip_prefix(top)? {
        b"" | b"/" => Some(FilePath::from(".")),
        rest => rest.strip_prefix(b"/").map(|rest| FilePath(rest.to_vec())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn git_is_told_of_what_lies_in_the_repository_and_not_beside_it() {
        for (top, whole, told) in [
            ("/srv/app", "/srv/app/src/a.rs", Some("src/a.rs")),
            ("/srv/app", "/srv/app", Some(".")),
            ("/srv/app", "/srv/application/a.rs", None),
            ("/srv/app", "/srv/a.rs", None),
            ("/", "/etc/hosts", Some("etc/hosts")),
            ("/", "/", Some(".")),
        ] {
            assert_eq!(below(&top.into(), &whole.into()), told.map(FilePath::from), "{whole}");
        }
    }
}
