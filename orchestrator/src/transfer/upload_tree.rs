//! A directory from here to a host: one stream of tar, without what has arrived before a link was lost.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use uuid::Uuid;

use super::archive;
use super::arrived::{Arrived, MARK};
use super::gauge::Gauge;
use super::persist::Attempt;
use super::receiver::{Feed, Pieces, Ready, Receiver};
use super::source::Facts;
use super::talk::RECEIVE_TREE;
use super::terms::Terms;
use super::trouble::Trouble;
use super::upload::stamp;
use crate::host::Reached;
use crate::seam::FilePath;

/// A directory on its way to a host.
#[derive(Debug)]
pub(super) struct UploadTree<'a> {
    receiver: Receiver<'a>,
    local: PathBuf,
    /// As it was when it was begun, whatever its directory has since.
    facts: Facts,
    /// What nobody transfers.
    pub(super) left_out: u64,
}

impl<'a> UploadTree<'a> {
    pub(super) fn new(
        reached: &'a Reached,
        local: &Path,
        facts: &Facts,
        remote: &'a FilePath,
        terms: &Terms,
    ) -> Self {
        let receiver = Receiver::new(reached, remote, facts.tree_key(local), terms);
        Self { receiver, local: local.to_owned(), facts: facts.clone(), left_out: 0 }
    }
}

impl Attempt for UploadTree<'_> {
    type Done = FilePath;

    async fn attempt(&mut self) -> Result<FilePath, Trouble> {
        // Before anything is looked at: what is changed from now on is sent.
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let mut tree = archive::count(&self.local, &mut self.receiver.gauge).await?;
        self.left_out = tree.left_out;
        let mark = Uuid::new_v4().simple().to_string();
        let script = self.receiver.words()?.set("b_mark", &mark)?;
        let script =
            stamp(script.set("b_since", &now.to_string())?, &self.facts)?.call("b_receive_tree");
        let ready = Box::pin(self.receiver.begin(&RECEIVE_TREE, &script)).await?;
        let Some(Ready { mut talk, has: [since, _], umask }) = ready else {
            return Ok(self.receiver.path());
        };
        let listed = self.receiver.up_to(&mut talk.hearing, &mark).await?;
        let since = since.parse().unwrap_or(0);
        let arrived = Arrived::read(&listed, &mark).filter(|arrived| tree.skip(arrived, since));
        let from = arrived.map_or(0, |_| tree.arrived());
        let mode = (self.facts.mode & 0o777 & !umask) | 0o700;
        let go = if from > 0 { "more" } else { "anew" };
        if from == 0 {
            tree.skip_nothing();
        }
        talk.tell(&format!("{go} {mode:o}\n")).await;
        let (all, local) = (tree.bytes, self.local.clone());
        let name = format!("{MARK}{mark}");
        let pieces = Pieces::of(move |give| archive::write(&local, &tree, umask, &name, give));
        Box::pin(self.receiver.send(talk, [from, all], Feed::Pieces(pieces))).await
    }

    fn gauge(&mut self) -> &mut Gauge {
        &mut self.receiver.gauge
    }

    fn has_begun(&self) -> bool {
        self.receiver.has_begun()
    }
}
