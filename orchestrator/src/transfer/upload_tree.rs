//! A directory from here to a host: one stream of tar.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::io::AsyncWriteExt;
use tokio::sync::mpsc;
use uuid::Uuid;

use super::archive::{self, Tree};
use super::gauge::Gauge;
use super::persist::Attempt;
use super::source::{Facts, key};
use super::talk::{LONG_PATIENCE, Talk};
use super::terms::Terms;
use super::trouble::{There, Trouble, here};
use super::upload::placed;
use super::words::{Words, cwd};
use crate::failure::Failure;
use crate::host::Reached;
use crate::seam::FilePath;
use crate::transport::Input;

/// So many pieces are read before they are sent.
const AHEAD: usize = 4;

/// A directory on its way to a host.
#[derive(Debug)]
pub(super) struct UploadTree<'a> {
    reached: &'a Reached,
    local: PathBuf,
    mode: u32,
    remote: &'a FilePath,
    shown: String,
    replace: bool,
    key: String,
    was: String,
    begun: bool,
    gauge: Gauge,
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
        // What has arrived of a directory isn't gone on with, so its name is of no use to another one.
        let name = Uuid::new_v4();
        Self {
            reached,
            local: local.to_owned(),
            mode: facts.mode,
            remote,
            shown: remote.to_string(),
            replace: terms.replace,
            key: key(&[name.as_bytes()]),
            was: String::new(),
            begun: false,
            gauge: Gauge::new(terms.report.clone()),
            left_out: 0,
        }
    }
}

impl Attempt for UploadTree<'_> {
    type Done = FilePath;

    async fn attempt(&mut self) -> Result<FilePath, Trouble> {
        let root = self.local.clone();
        self.gauge.set("counting", 0, None);
        let walked = tokio::task::spawn_blocking(move || archive::walk(&root)).await;
        let tree = walked.map_err(|error| here(&self.local, &std::io::Error::other(error)))??;
        self.left_out = tree.left_out;
        let nonce = Uuid::new_v4().simple().to_string();
        let script = Words::default()
            .path("b_p", self.remote.bytes())?
            .set("b_key", &self.key)?
            .set("b_nonce", &nonce)?
            .set("b_replace", if self.replace { "1" } else { "" })?
            .set("b_was", &self.was)?
            .call("b_receive_tree");
        let connection = &self.reached.connection;
        let mut talk = Talk::begin(connection, cwd(self.reached, self.remote), &script).await?;
        let there = There { host: connection.host(), path: &self.shown };
        let answer = talk.line(there).await?;
        self.begun = true;
        let [first, _, _, inode, umask] = answer.as_slice() else {
            return placed(&answer, there);
        };
        if first != "ready" {
            return placed(&answer, there);
        }
        self.was.clone_from(inode);
        let umask = u32::from_str_radix(umask, 8).unwrap_or(0o077);
        let mode = (self.mode & 0o777 & !umask) | 0o700;
        talk.tell(&format!("anew {mode:o}\n")).await;
        let all = tree.bytes;
        self.gauge.set("sending", 0, Some(all));
        let Talk { stdin, mut hearing } = talk;
        let sent = {
            let mark = format!(".baton-{nonce}");
            let sending = send(&self.local, Arc::new(tree), umask, mark, stdin, &mut self.gauge);
            tokio::pin!(sending);
            tokio::select! {
                // One that refuses takes no more: its answer says more than our broken pipe.
                answer = hearing.line(there, std::time::Duration::MAX) => Err(answer),
                sent = &mut sending => Ok(sent),
            }
        };
        let answer = match sent {
            Err(early) => early?,
            Ok(sent) => {
                sent?;
                self.gauge.set("writing", all, Some(all));
                hearing.line(there, LONG_PATIENCE).await?
            }
        };
        placed(&answer, there)
    }

    fn gauge(&mut self) -> &mut Gauge {
        &mut self.gauge
    }

    fn has_begun(&self) -> bool {
        self.begun
    }
}

async fn send(
    root: &Path,
    tree: Arc<Tree>,
    umask: u32,
    mark: String,
    mut stdin: Input,
    gauge: &mut Gauge,
) -> Result<(), Failure> {
    let (pieces, mut read) = mpsc::channel(AHEAD);
    let owned = root.to_owned();
    let reading = tokio::task::spawn_blocking(move || {
        let mut give = |piece, counted| pieces.blocking_send((piece, counted)).is_ok();
        archive::write(&owned, &tree, umask, &mark, &mut give)
    });
    while let Some((piece, counted)) = read.recv().await {
        if stdin.write_all(&piece).await.is_err() {
            return std::future::pending().await; // The answer says why.
        }
        gauge.add(counted);
    }
    match reading.await {
        Ok(done) => done?,
        Err(error) => return Err(here(root, &std::io::Error::other(error))),
    }
    if stdin.shutdown().await.is_err() {
        return std::future::pending().await;
    }
    Ok(())
}
