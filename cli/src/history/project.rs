//! Which history is meant, and which of its entries.

use clap::{Args, ValueEnum};
use jiff::Timestamp;
use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{HistoryFilter, HistoryKind, HistoryScope, HistorySource, Seam};

use super::time;
use crate::seam;
use crate::session::cwd;

/// A session's history, or a directory's; everything that is known here, if both are left out.
#[derive(Clone, Debug, Default, Args)]
pub struct ProjectArgs {
    /// What a session did, and what everybody did in its project: its id, the beginning of it, or its name
    #[arg(long, value_name = "S", conflicts_with_all = ["host", "cwd"])]
    pub session: Option<String>,
    /// What everybody did in a directory of that host
    #[arg(long, value_name = "HOST")]
    pub host: Option<String>,
    /// The directory; the host's, or the account's home, if left out
    #[arg(long, value_name = "D", requires = "host")]
    pub cwd: Option<String>,
}

impl ProjectArgs {
    /// The scope that is meant.
    ///
    /// # Errors
    ///
    /// When there is no such session.
    pub async fn scope(&self, seam: &dyn Seam) -> Result<HistoryScope, Failure> {
        if let Some(named) = &self.session {
            let session = seam::session(seam, named).await?;
            return Ok(HistoryScope::Session { session: session.id });
        }
        match &self.host {
            None => Ok(HistoryScope::All),
            Some(host) => {
                let given = self.cwd.clone().filter(|cwd| !cwd.is_empty());
                let cwd = given.map(|dir| cwd(host, dir)).transpose()?;
                Ok(HistoryScope::Project { host: host.clone(), cwd })
            }
        }
    }

    /// The scope of what needs a project.
    ///
    /// # Errors
    ///
    /// [`Code::Usage`] where none was named.
    pub async fn one(&self, seam: &dyn Seam) -> Result<HistoryScope, Failure> {
        match self.scope(seam).await? {
            HistoryScope::All => Err(Failure::new(Code::Usage, "no project was named")
                .hint("Name it with --session S, or with --host HOST --cwd D")),
            scope => Ok(scope),
        }
    }
}

/// What made an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// A person's message, or a person by hand
    User,
    /// Auto Run
    Auto,
    /// An automation
    Cue,
}

impl From<Kind> for HistoryKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::User => Self::User,
            Kind::Auto => Self::Auto,
            Kind::Cue => Self::Cue,
        }
    }
}

/// Which entries.
#[derive(Clone, Debug, Default, Args)]
pub struct FilterArgs {
    /// Only entries of that type; may be repeated
    #[arg(long = "type", value_enum, value_name = "TYPE", value_delimiter = ',')]
    pub kinds: Vec<Kind>,
    /// Only entries of the machine of that name; `local`: those that were made here
    #[arg(long, value_name = "HOSTNAME")]
    pub source: Option<String>,
    /// Only entries with all of these words, which are found by their beginnings, in summary, answer, session and
    /// host name
    #[arg(long, value_name = "TEXT")]
    pub search: Option<String>,
}

impl FilterArgs {
    /// The filter; `since` is a time as a person writes it.
    ///
    /// # Errors
    ///
    /// [`Code::Usage`] for what can't be meant.
    pub fn filter(&self, since: Option<&str>, now: Timestamp) -> Result<HistoryFilter, Failure> {
        if let Some(text) =
            self.search.as_ref().filter(|text| !text.chars().any(char::is_alphanumeric))
        {
            return Err(Failure::new(Code::Usage, format!("{text:?} has no word to search for"))
                .hint("Search for words or their beginnings"));
        }
        let source = |name: &String| match name.as_str() {
            "local" => HistorySource::Local,
            name => HistorySource::Hostname(name.to_owned()),
        };
        Ok(HistoryFilter {
            kinds: self.kinds.iter().map(|kind| HistoryKind::from(*kind)).collect(),
            source: self.source.as_ref().map(source),
            since: since.map(|since| time::since(since, now)).transpose()?,
            search: self.search.clone(),
        })
    }
}
