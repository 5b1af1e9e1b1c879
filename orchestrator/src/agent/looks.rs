//! What was found on hosts, kept for a day: a file for each of them.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha1::{Digest, Sha1};

use super::{AgentOnHost, Definition};
use crate::failure::{Code, Failure};
use crate::host::{AdHoc, ResolvedHost};

/// How long a look counts: agents are installed and updated every few days, and whoever does so can say it.
const COUNTS_FOR: Duration = Duration::from_secs(24 * 60 * 60);

/// The looks that are kept in a directory of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Looks {
    dir: PathBuf,
}

/// What was found on a host at a time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Look {
    /// When.
    pub at: Timestamp,
    /// What, in the order of the definitions.
    pub agents: Vec<AgentOnHost>,
    /// A digest of what was asked, and of whom.
    asked: String,
}

/// What is asked of whom. A look counts for the same question alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    digest: String,
}

impl Question {
    /// `way` is what else the connection depends on, such as where the ssh config leads.
    ///
    /// # Errors
    ///
    /// [`Code::Internal`] when the host has no JSON.
    pub fn new(
        host: &ResolvedHost,
        way: &str,
        definitions: &[&Definition],
    ) -> Result<Self, Failure> {
        let host = match host {
            ResolvedHost::Local => "local".to_owned(),
            ResolvedHost::Saved(saved) => {
                let text = serde_json::to_string(saved).map_err(|error| {
                    Failure::new(Code::Internal, format!("a host has no JSON: {error}"))
                })?;
                format!("saved {text}")
            }
            ResolvedHost::AdHoc(AdHoc { typed, user, host, port }) => {
                format!("typed {typed:?} {user:?} {host:?} {port:?}")
            }
        };
        // The variables' values of a host are in it, and no way leads back to them.
        let digest = digest(&format!("{host}\n{way}\n{definitions:?}"));
        Ok(Self { digest })
    }
}

impl Looks {
    /// Those in `dir`, which is made (0700) with the first one that is kept.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into() }
    }

    /// What the host answered to the same question, if that was less than a day ago.
    ///
    /// A file that can't be read, or isn't ours any more, is none: it is made anew.
    pub fn recall(&self, name: &str, question: &Question, now: Timestamp) -> Option<Look> {
        let text = fs::read_to_string(self.path(name)).ok()?; // None was kept, most likely.
        let look: Look = serde_json::from_str(&text).ok()?; // Half of one, or another version's.
        let age = now.duration_since(look.at);
        // One of the future was made by a clock that was wrong, then or now.
        let counts = !age.is_negative() && age.unsigned_abs() < COUNTS_FOR;
        (counts && look.asked == question.digest).then_some(look)
    }

    /// Keeps what was found just now in place of what was known of the host of that `name`.
    ///
    /// Not where an agent is there and doesn't work: whoever mends it wants to see that.
    ///
    /// # Errors
    ///
    /// What the file system says.
    pub fn keep(
        &self,
        name: &str,
        question: &Question,
        agents: &[AgentOnHost],
        now: Timestamp,
    ) -> Result<(), Failure> {
        let failures = agents.iter().filter_map(|agent| agent.failure.as_ref());
        let works = failures.clone().all(|failure| failure.code == Code::AgentMissing);
        let path = self.path(name);
        let failed = |error: io::Error| {
            let message = format!("can't keep what was found in {}: {error}", path.display());
            Failure::new(Code::Internal, message).hint("It is looked anew the next time")
        };
        if !works {
            return match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(error)),
                Ok(()) | Err(_) => Ok(()),
            };
        }
        let look = Look { at: now, agents: agents.to_vec(), asked: question.digest.clone() };
        let text = serde_json::to_string(&look).map_err(|error| failed(error.into()))?;
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.dir).map_err(failed)?;
        // It is of mode 0600, and gone again on every way out but the last.
        let mut file = tempfile::NamedTempFile::new_in(&self.dir).map_err(failed)?;
        file.write_all(text.as_bytes()).map_err(failed)?;
        file.persist(&path).map_err(|error| failed(error.error))?;
        Ok(())
    }

    /// A host's name may hold anything.
    fn path(&self, name: &str) -> PathBuf {
        self.dir.join(format!("{}.json", digest(name)))
    }
}

/// 16 hexadecimal digits.
fn digest(text: &str) -> String {
    let digest = Sha1::digest(text.as_bytes());
    digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::agent::Definitions;
    use crate::host::{HostConfig, HostId};

    fn found(failure: Option<Code>) -> AgentOnHost {
        AgentOnHost {
            agent: "codex".into(),
            path: Some("/c".into()),
            version: Some("codex-cli 1.0".into()),
            tested: true,
            logged_in: None,
            failure: failure.map(|code| Failure::new(code, "x")),
        }
    }

    fn saved(change: impl FnOnce(&mut HostConfig)) -> ResolvedHost {
        let mut host = HostConfig::new(HostId::new("box"), "Box", "box.example");
        change(&mut host);
        ResolvedHost::Saved(host)
    }

    #[test]
    fn a_look_counts_for_a_day_and_for_the_same_question() {
        let dir = tempfile::tempdir().unwrap();
        let looks = Looks::new(dir.path().join("agents"));
        let (all, _) = Definitions::embedded();
        let all: Vec<&Definition> = all.iter().collect();
        let ask = |host: &ResolvedHost, way: &str| Question::new(host, way, &all).unwrap();
        let question = ask(&saved(|_| ()), "here");
        let at = Timestamp::from_second(1_800_000_000).unwrap();
        let after = |seconds: i64| Timestamp::from_second(1_800_000_000 + seconds).unwrap();
        assert_eq!(looks.recall("box", &question, at), None);

        looks.keep("box", &question, &[found(None)], at).unwrap();

        let known = looks.recall("box", &question, after(86_399)).unwrap();
        assert_eq!((known.at, &known.agents[..]), (at, &[found(None)][..]));
        assert_eq!(looks.recall("box", &question, after(86_400)), None);
        assert_eq!(looks.recall("box", &question, after(-1)), None);
        assert_eq!(looks.recall("../box", &question, at), None);
        let others = [
            ask(&saved(|host| host.port = Some(2222)), "here"),
            ask(&saved(|host| host.user = Some("me".into())), "here"),
            ask(&saved(|host| host.host = "other.example".into()), "here"),
            ask(&saved(|host| drop(host.env.insert("PATH".into(), "/x".into()))), "here"),
            ask(&saved(|_| ()), "elsewhere"),
            ask(&ResolvedHost::Local, "here"),
            Question::new(&saved(|_| ()), "here", &all[1..]).unwrap(),
        ];
        for other in others {
            assert_eq!(looks.recall("box", &other, at), None, "{other:?}");
        }
    }

    #[test]
    fn what_does_not_work_is_looked_for_anew_and_a_broken_file_is_none() {
        let dir = tempfile::tempdir().unwrap();
        let looks = Looks::new(dir.path());
        let question = Question::new(&ResolvedHost::Local, "", &[]).unwrap();
        let at = Timestamp::from_second(1_800_000_000).unwrap();
        let missing = [found(Some(Code::AgentMissing))];
        looks.keep("local", &question, &missing, at).unwrap();
        assert_eq!(looks.recall("local", &question, at).unwrap().agents, missing);

        let broken = [found(None), found(Some(Code::TimedOut))];
        looks.keep("local", &question, &broken, at).unwrap();
        assert_eq!(looks.recall("local", &question, at), None);

        looks.keep("local", &question, &missing, at).unwrap();
        fs::write(looks.path("local"), "{\"at\"").unwrap();
        assert_eq!(looks.recall("local", &question, at), None);
        looks.keep("local", &question, &missing, at).unwrap();
        assert!(looks.recall("local", &question, at).is_some());
    }
}
