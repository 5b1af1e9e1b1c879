//! Telling a person once what keeps failing on a host whose link stands.

use crate::failure::Failure;
use crate::run::RunError;

/// What a person was told last.
#[derive(Debug, Default)]
pub struct Trouble {
    told: Option<Failure>,
}

impl Trouble {
    /// What a person has to be told of `error`: what the link's state or the run's end says anyway is nothing, and
    /// neither is what was told already.
    pub fn news(&mut self, error: &RunError) -> Option<Failure> {
        let is_said_otherwise = match error {
            RunError::Transport(_)
            | RunError::InDoubt { .. }
            | RunError::NotFound { .. }
            | RunError::Never { .. }
            | RunError::Over { .. } => true,
            RunError::Usage { .. }
            | RunError::NoRoom { .. }
            | RunError::Exists { .. }
            | RunError::Corrupt { .. }
            | RunError::Left { .. }
            | RunError::Odd { .. } => false,
        };
        if is_said_otherwise {
            return None;
        }
        let failure = Some(Failure::from(error));
        if self.told == failure {
            return None;
        }
        self.told.clone_from(&failure);
        failure
    }

    /// It works again.
    pub fn is_over(&mut self) {
        self.told = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Code;
    use crate::host::HostId;
    use crate::run::Refusal;
    use crate::seam::RunId;
    use crate::transport::TransportError;

    fn full(why: Refusal) -> RunError {
        RunError::NoRoom { host: HostId::new("box"), why, said: String::new() }
    }

    #[test]
    fn what_keeps_failing_is_told_once_and_again_when_it_changes_or_comes_back() {
        let mut trouble = Trouble::default();
        let told = trouble.news(&full(Refusal::Full)).map(|failure| failure.code);
        assert_eq!(told, Some(Code::TooLarge));
        assert_eq!(trouble.news(&full(Refusal::Full)), None);
        assert!(trouble.news(&full(Refusal::ReadOnly)).is_some());
        trouble.is_over();
        assert!(trouble.news(&full(Refusal::ReadOnly)).is_some());
        let odd = RunError::Odd { host: HostId::new("box"), said: "?".into() };
        assert!(trouble.news(&odd).is_some());
    }

    #[test]
    fn what_the_link_or_the_end_says_is_not_told_twice() {
        let (host, run) = (HostId::new("box"), RunId::new("r"));
        let mut trouble = Trouble::default();
        let lost = TransportError::ConnectionLost { host: host.clone(), said: String::new() };
        for error in [
            lost.into(),
            RunError::NotFound { host: host.clone(), run: run.clone() },
            RunError::Over { host, run },
        ] {
            assert_eq!(trouble.news(&error), None, "{error:?}");
        }
    }
}
