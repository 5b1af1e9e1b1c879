//! What is asked for as SQL: one select for each way into the table, none of which gives a row that another gives.

use rusqlite::Connection;
use rusqlite::types::Value;

use super::number;
use super::types::{HistoryQuery, HistoryScope, HistorySource};
use super::words::{matching, terms};
use crate::store::fault::Fault;

/// The rest of a select, from its `FROM` on, and the values for it.
#[derive(Debug, Default)]
pub(super) struct Arm {
    /// `FROM … WHERE …`
    pub(super) tail: String,
    /// For each `?` of it, in order.
    pub(super) values: Vec<Value>,
    /// What a row's number is called in it.
    pub(super) row: &'static str,
}

/// The selects whose rows together are those that the query asks for, its limit and offset aside.
///
/// With `columns` the columns of `history` are at hand as `h`; a search that needs none of them asks its index alone.
pub(super) fn arms(
    db: &Connection,
    query: &HistoryQuery,
    columns: bool,
) -> Result<Vec<Arm>, Fault> {
    let search = matching(&query.search, |beginning| terms(db, beginning))?;
    let rest = Conditions::of(query);
    let text = |text: &str| Value::Text(text.to_owned());
    let ways = match &query.scope {
        HistoryScope::All if search.is_some() && rest.is_empty() && !columns => {
            let mut alone = Conditions::default();
            alone.add("w.rowid NOT IN (SELECT row FROM history_excluded)", []);
            return Ok(vec![alone.arm(search, Join::None)]);
        }
        HistoryScope::All => vec![("h.hidden = 0", Vec::new())],
        HistoryScope::Project(project) => {
            vec![("h.project = ? AND h.hidden < 2", vec![project.0.into()])]
        }
        HistoryScope::Session { session, project } => {
            let own = ("h.session = ?", vec![text(session.as_str())]);
            let shared = "h.project = ? AND h.hidden < 2 AND h.file IS NOT NULL";
            let shared = project.map(|project| (shared, vec![project.0.into()]));
            [Some(own), shared].into_iter().flatten().collect()
        }
    };
    // Of a project there are at most some ten thousand rows: they are looked up once, and a word that is in half of all
    // entries isn't looked at entry by entry.
    let join = match &query.scope {
        HistoryScope::Project(_) | HistoryScope::Session { .. } if !columns => Join::Among,
        HistoryScope::All | HistoryScope::Project(_) | HistoryScope::Session { .. } => Join::Each,
    };
    let row = if search.is_some() && join == Join::Each { "w.rowid" } else { "h.row" };
    Ok(ways
        .into_iter()
        .map(|(scope, values)| {
            let mut all = Conditions::default();
            all.add(scope, values);
            all.extend(&rest, row);
            all.arm(search.clone(), join)
        })
        .collect())
}

/// How a search gets at the columns of `history`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Join {
    /// It needs none.
    None,
    /// For each row that has the words.
    Each,
    /// It keeps what is among the rows that fulfil the other conditions.
    Among,
}

#[derive(Debug, Default)]
struct Conditions {
    words: Vec<String>,
    values: Vec<Value>,
}

/// Stands for the row's number until it is known what that is called.
const ROW: &str = "{row}";

impl Conditions {
    fn of(query: &HistoryQuery) -> Self {
        let mut all = Self::default();
        if !query.kinds.is_empty() {
            let marks = vec!["?"; query.kinds.len()].join(", ");
            let kinds = query.kinds.iter().map(|kind| Value::Text(kind.clone()));
            all.add(&format!("h.kind IN ({marks})"), kinds);
        }
        match &query.source {
            Some(HistorySource::Local) => all.add("h.file IS NULL", []),
            Some(HistorySource::Hostname(name)) => all.add(
                "h.file IS NOT NULL AND coalesce(h.hostname, '') = ?",
                [Value::Text(name.clone())],
            ),
            None => {}
        }
        // The number leads there, and the time decides: a row's number may be later than its time.
        if let Some(since) = query.since_ms {
            let values = [number::since(since).into(), since.into()];
            all.add(&format!("{ROW} >= ? AND h.at >= ?"), values);
        }
        if let Some(until) = query.until_ms {
            let values = [number::until(until).into(), until.into()];
            all.add(&format!("{ROW} < ? AND h.at < ?"), values);
        }
        all
    }

    fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    fn add(&mut self, words: &str, values: impl IntoIterator<Item = Value>) {
        self.words.push(words.to_owned());
        self.values.extend(values);
    }

    fn extend(&mut self, other: &Self, row: &str) {
        self.words.extend(other.words.iter().map(|words| words.replace(ROW, row)));
        self.values.extend(other.values.iter().cloned());
    }

    fn arm(self, search: Option<String>, join: Join) -> Arm {
        let words = self.words.join(" AND ");
        let Some(search) = search else {
            let tail = format!("FROM history h WHERE {words}");
            return Arm { tail, values: self.values, row: "h.row" };
        };
        let mut values = vec![Value::Text(search)];
        values.extend(self.values);
        let matches = "w.history_words MATCH ?";
        // The index of words leads, and never the other way round, which would search once for each row: that is what
        // CROSS and the plus say.
        let tail = match join {
            Join::None => format!("FROM history_words w WHERE {matches} AND {words}"),
            Join::Each => format!(
                "FROM history_words w CROSS JOIN history h ON h.row = w.rowid \
                 WHERE {matches} AND {words}"
            ),
            Join::Among => format!(
                "FROM history_words w WHERE {matches} \
                 AND +w.rowid IN (SELECT h.row FROM history h WHERE {words})"
            ),
        };
        Arm { tail, values, row: "w.rowid" }
    }
}
