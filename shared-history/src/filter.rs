//! Which entries are shown.

use crate::search::{Query, words};
use crate::{Entry, EntryKind};

/// Where entries come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Those without a host name, which were never shared.
    Local,
    /// Those of one host.
    Host(String),
}

/// Which entries are shown: those that fit all of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of these kinds; of all when it is empty.
    pub kinds: Vec<EntryKind>,
    /// From there.
    pub source: Option<Source>,
    /// Of that time or later, in milliseconds since 1970-01-01 UTC.
    pub since: Option<i64>,
    /// With these words in their summary, answer, or session's name.
    pub search: Query,
}

impl Filter {
    /// Whether an entry is shown.
    #[must_use]
    pub fn matches(&self, entry: &Entry) -> bool {
        let is_of_kind = self.kinds.is_empty() || self.kinds.contains(&entry.kind);
        let is_from_there = match &self.source {
            None => true,
            Some(Source::Local) => entry.hostname.is_none(),
            Some(Source::Host(host)) => entry.hostname.as_ref() == Some(host),
        };
        let is_recent = self.since.is_none_or(|since| entry.timestamp >= since);
        is_of_kind
            && is_from_there
            && is_recent
            && (self.search.is_empty() || self.search.matches(&searched(entry)))
    }
}

/// Returns the words of an entry that a search finds: its summary's, its session's name and its answer's.
#[must_use]
pub fn searched(entry: &Entry) -> Vec<String> {
    [Some(&entry.summary), entry.session_name.as_ref(), entry.full_response.as_ref()]
        .into_iter()
        .flatten()
        .flat_map(|text| words(text))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> Entry {
        Entry {
            full_response: Some("The **uploader** tries again.".to_owned()),
            session_name: Some("api-fix".to_owned()),
            hostname: Some("box".to_owned()),
            ..Entry::new("1", EntryKind::Auto, 100, "Fixed the retry loop.", "/srv/app")
        }
    }

    #[test]
    fn an_entry_is_shown_when_it_fits_everything_that_is_asked() {
        let all = Filter {
            kinds: vec![EntryKind::Auto],
            source: Some(Source::Host("box".to_owned())),
            since: Some(100),
            search: Query::parse("RETRY upload api-fix"),
        };
        assert!(Filter::default().matches(&entry()));
        assert!(all.matches(&entry()));
        for fault in [
            Filter { kinds: vec![EntryKind::User], ..all.clone() },
            Filter { source: Some(Source::Local), ..all.clone() },
            Filter { source: Some(Source::Host("other".to_owned())), ..all.clone() },
            Filter { since: Some(101), ..all.clone() },
            Filter { search: Query::parse("retry missing"), ..all },
        ] {
            assert!(!fault.matches(&entry()), "{fault:?}");
        }
    }
}
