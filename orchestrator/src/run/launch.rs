//! Launching: the words and bytes that a run is made of.

use jiff::Timestamp;

use super::answer;
use super::channel::Parked;
use super::error::RunError;
use super::job::{Job, Stdin};
use super::look::Meta;
use super::scripts::{self, Header};
use crate::host::HostId;
use crate::seam::RunId;
use crate::transport::{Connection, TransportError};

/// A launch that can be sent: what is wrong with the job shows before the host is spoken to.
pub(super) struct Prepared<'a> {
    host: HostId,
    run: RunId,
    dir: String,
    words: String,
    follows: bool,
    payload: Vec<&'a [u8]>,
}

impl<'a> Prepared<'a> {
    /// Writes the words for `job`; `follow` says whether the channel goes on with its output.
    pub(super) fn new(
        host: &HostId,
        root: &[u8],
        run: &RunId,
        job: &'a Job,
        follow: bool,
    ) -> Result<Self, RunError> {
        let dir = job.cwd.as_deref().map(|dir| String::from_utf8_lossy(dir).into_owned());
        let meta = Meta {
            id: run.clone(),
            started_at: Timestamp::now(),
            command: job.command(),
            cwd: dir.clone(),
            host: host.to_string(),
        };
        let meta = serde_json::to_string(&meta)
            .map_err(|error| RunError::Usage { what: format!("could not write JSON: {error}") })?;
        let (stdin, bytes) = match &job.stdin {
            Stdin::None => ("bytes", &[][..]),
            Stdin::Bytes(bytes) => ("bytes", bytes.as_slice()),
            Stdin::Talk => ("talk", &[][..]),
        };
        let mut payload = vec![bytes];
        payload.extend(job.files.iter().map(|(_, bytes)| bytes.as_slice()));
        let size: usize = payload.iter().map(|part| part.len()).sum();
        let files: Vec<String> =
            job.files.iter().map(|(name, bytes)| format!("{name} {}", bytes.len())).collect();
        let words = Header::default()
            .set("b_root", root)?
            .set("b_id", run.as_str())?
            .set("b_meta", meta)?
            .set("b_login", if job.login { "1" } else { "0" })?
            .set("b_stdin", stdin)?
            .set("b_files", files.join(" "))?
            .set("b_in", bytes.len().to_string())?
            .set("b_size", size.to_string())?
            .set("b_follow", if follow { "1" } else { "" })?
            .set_path("b_cwd", job.cwd.as_deref().unwrap_or(b"~"))?
            .line();
        let words = format!("{words}{}\n#end\n", job.script(run)?);
        let dir = dir.unwrap_or_else(|| "~".into());
        Ok(Self { host: host.clone(), run: run.clone(), dir, words, follows: follow, payload })
    }

    /// Launches over the spare channel, if there is one, or over a new one.
    pub(super) async fn launch(
        self,
        connection: &Connection,
        spare: Option<Parked>,
    ) -> Result<Parked, RunError> {
        let mut parked = match spare {
            Some(parked) => parked,
            None => Parked::start(connection, &scripts::launch()?).await?,
        };
        let answer = parked.ask(connection, &self.words, &self.payload).await;
        let in_doubt = |why: TransportError| RunError::InDoubt {
            host: self.host.clone(),
            run: self.run.clone(),
            why: Box::new(why),
        };
        answer::launched(&self.host, &self.run, &self.dir, &answer.map_err(in_doubt)?)?;
        if self.follows {
            parked.followed(connection).await.map_err(in_doubt)?;
        }
        Ok(parked)
    }
}
