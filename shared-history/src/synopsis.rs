//! What an agent was asked to say about its work.

use crate::sentence::first_sentence;

/// What an agent answers when there is nothing to say.
const NOTHING: &str = "NOTHING_TO_REPORT";

/// An agent's own account of a turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Synopsis {
    /// There is nothing to say.
    Nothing,
    /// This was done.
    Told {
        /// One to three sentences.
        summary: String,
        /// The rest of it.
        details: Option<String>,
    },
}

impl Synopsis {
    /// Reads the sections `**Summary:**` and `**Details:**` of a reply. One without them is all details, and its first
    /// sentence is the summary.
    #[must_use]
    pub fn parse(reply: &str) -> Self {
        let summary = section(reply, "summary").filter(|text| !text.is_empty());
        let details = section(reply, "details").filter(|text| !text.is_empty());
        match (summary, details) {
            (Some(summary), _) if is_nothing(summary) => Self::Nothing,
            (Some(summary), details) => {
                Self::Told { summary: summary.to_owned(), details: details.map(str::to_owned) }
            }
            (None, _) if is_nothing(reply) => Self::Nothing,
            (None, details) => {
                first_sentence(details.unwrap_or(reply)).map_or(Self::Nothing, |summary| {
                    let details = details.unwrap_or(reply).trim().to_owned();
                    Self::Told { summary, details: Some(details) }
                })
            }
        }
    }
}

/// Whether an agent says that there is nothing to say, and no more than that.
fn is_nothing(text: &str) -> bool {
    text.trim_matches(|character: char| !character.is_alphanumeric()) == NOTHING
}

/// Finds what stands behind `**Name:**` (or `**Name**:`), to the next such heading.
fn section<'t>(reply: &'t str, name: &str) -> Option<&'t str> {
    // Positions stay as they are: only ASCII letters change.
    let lower = reply.to_ascii_lowercase();
    let start = heading(&lower, name)?.1;
    let end = ["summary", "details"]
        .iter()
        .filter_map(|name| heading(&lower[start..], name))
        .map(|(from, _)| start + from)
        .min()
        .unwrap_or(reply.len());
    Some(reply[start..end].trim())
}

/// Where a heading begins and ends.
fn heading(lower: &str, name: &str) -> Option<(usize, usize)> {
    [format!("**{name}:**"), format!("**{name}**:")]
        .iter()
        .filter_map(|heading| lower.find(heading).map(|at| (at, at + heading.len())))
        .min()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(summary: &str, details: Option<&str>) -> Synopsis {
        Synopsis::Told { summary: summary.to_owned(), details: details.map(str::to_owned) }
    }

    #[test]
    fn an_agents_account_is_read_by_its_sections() {
        for (reply, synopsis) in [
            (
                "**Summary:** Fixed it.\n\n**Details:** Two\nlines.",
                told("Fixed it.", Some("Two\nlines.")),
            ),
            ("Sure!\n**summary**: One. Two.\n", told("One. Two.", None)),
            ("**Details:** Behind.\n**Summary:** Before", told("Before", Some("Behind."))),
            ("**Summary:** ß — Ünïcode 日本語\n**Details:**", told("ß — Ünïcode 日本語", None)),
            (
                "I changed the parser. It is quicker now.",
                told("I changed the parser.", Some("I changed the parser. It is quicker now.")),
            ),
            (
                "**Summary:**\n**Details:** Only that. And this.",
                told("Only that.", Some("Only that. And this.")),
            ),
        ] {
            assert_eq!(Synopsis::parse(reply), synopsis, "{reply}");
        }
    }

    #[test]
    fn nothing_to_report_is_no_entry() {
        for reply in [
            "NOTHING_TO_REPORT",
            " `NOTHING_TO_REPORT`.\n",
            "**Summary:** NOTHING_TO_REPORT",
            "",
            " \n",
        ] {
            assert_eq!(Synopsis::parse(reply), Synopsis::Nothing, "{reply}");
        }
        assert_ne!(Synopsis::parse("It answers NOTHING_TO_REPORT now."), Synopsis::Nothing);
    }
}
