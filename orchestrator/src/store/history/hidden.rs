//! Which of several rows with the same id are shown.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, OptionalExtension, params};

use crate::store::fault::Fault;

/// Whether a row is shown, as the column holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hidden {
    /// Shown.
    No = 0,
    /// The same line is shown in another project: it is left out of the view over all.
    Twin = 1,
    /// Another row of the same project stands for it: it is shown nowhere.
    Shadowed = 2,
}

/// One of the rows with the same id.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    /// The project; `None` while nobody knows.
    pub(super) project: Option<i64>,
    /// Its file's name and where in it; `None` when it was made here.
    pub(super) file: Option<(String, i64)>,
    /// Its line. It matters only where several projects have one.
    pub(super) line: Vec<u8>,
}

/// Decides for all rows with one id: in a project what was made here stands for the others, then the first file's by
/// name, then the earliest. Of those that are left, of each line one is shown in the view over all: what was made
/// here, else that of the project that was known first.
pub(super) fn decide(rows: &[Candidate]) -> Vec<Hidden> {
    let mut winners: BTreeMap<Option<i64>, usize> = BTreeMap::new();
    for (at, row) in rows.iter().enumerate() {
        let best = winners.entry(row.project).or_insert(at);
        // Without a file first.
        if rows.get(*best).is_some_and(|best| row.file < best.file) {
            *best = at;
        }
    }
    let mut order: Vec<(usize, &Candidate)> =
        winners.into_values().filter_map(|at| Some((at, rows.get(at)?))).collect();
    order.sort_by_key(|(_, row)| (row.file.is_some(), row.project));
    let mut hidden = vec![Hidden::Shadowed; rows.len()];
    let mut shown: BTreeSet<&[u8]> = BTreeSet::new();
    for (at, row) in order {
        if let Some(state) = hidden.get_mut(at) {
            *state = if shown.insert(&row.line) { Hidden::No } else { Hidden::Twin };
        }
    }
    hidden
}

/// Decides anew for each of these ids, after rows of them came or went.
pub(super) fn refresh<'a>(
    db: &Connection,
    ids: impl IntoIterator<Item = &'a str>,
) -> Result<(), Fault> {
    let mut select = db.prepare_cached(
        "SELECT h.row, h.hidden, h.project, f.name, h.position FROM history h \
         LEFT JOIN history_files f ON f.id = h.file WHERE h.id = ?1",
    )?;
    let mut line = db.prepare_cached("SELECT line FROM history_lines WHERE row = ?1")?;
    for id in ids {
        let mut found: Vec<(i64, i64)> = Vec::new();
        let mut candidates: Vec<Candidate> = Vec::new();
        let mut rows = select.query(params![id])?;
        while let Some(row) = rows.next()? {
            found.push((row.get(0)?, row.get(1)?));
            let name: Option<String> = row.get(3)?;
            let file = match name {
                Some(name) => Some((name, row.get(4)?)),
                None => None,
            };
            candidates.push(Candidate { project: row.get(2)?, file, line: Vec::new() });
        }
        let projects: BTreeSet<_> = candidates.iter().map(|one| one.project).collect();
        if projects.len() > 1 {
            for ((row, _), candidate) in found.iter().zip(&mut candidates) {
                candidate.line = line.query_row(params![row], |row| row.get(0))?;
            }
        }
        for ((row, was), now) in found.into_iter().zip(decide(&candidates)) {
            if was != now as i64 {
                set(db, row, now)?;
            }
        }
    }
    Ok(())
}

/// Sets it, and what a search goes by.
fn set(db: &Connection, row: i64, hidden: Hidden) -> Result<(), Fault> {
    db.prepare_cached("UPDATE history SET hidden = ?2 WHERE row = ?1")?
        .execute(params![row, hidden as i64])?;
    if hidden != Hidden::Shadowed {
        let shown: Option<String> = db
            .prepare_cached("DELETE FROM history_aside WHERE row = ?1 RETURNING words")?
            .query_row(params![row], |row| row.get(0))
            .optional()?;
        if let Some(words) = shown {
            db.prepare_cached("INSERT INTO history_words (rowid, words) VALUES (?1, ?2)")?
                .execute(params![row, words])?;
        }
    }
    let sql = match hidden {
        Hidden::No => "DELETE FROM history_excluded WHERE row = ?1",
        Hidden::Twin | Hidden::Shadowed => {
            "INSERT INTO history_excluded (row) VALUES (?1) ON CONFLICT DO NOTHING"
        }
    };
    db.prepare_cached(sql)?.execute(params![row])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::Hidden::{No, Shadowed, Twin};
    use super::*;

    fn row(project: i64, file: Option<(&str, i64)>, line: &str) -> Candidate {
        Candidate {
            project: (project > 0).then_some(project),
            file: file.map(|(name, position)| (name.into(), position)),
            line: line.into(),
        }
    }

    #[test]
    fn in_a_project_ours_stands_for_the_others_then_the_first_file_then_the_earliest() {
        let (a1, a2, b) = (Some(("a", 1)), Some(("a", 2)), Some(("b", 0)));
        assert_eq!(decide(&[row(1, a2, "x"), row(1, None, "y")]), [Shadowed, No]);
        assert_eq!(
            decide(&[row(1, b, "x"), row(1, a2, "y"), row(1, a1, "z")]),
            [Shadowed, Shadowed, No]
        );
        assert_eq!(decide(&[]), []);
    }

    #[test]
    fn of_equal_lines_in_several_projects_one_is_shown_over_all() {
        let a = Some(("a", 1));
        assert_eq!(decide(&[row(2, a, "x"), row(1, a, "x")]), [Twin, No]);
        assert_eq!(decide(&[row(1, a, "x"), row(2, None, "x")]), [Twin, No]);
        assert_eq!(decide(&[row(1, a, "x"), row(0, None, "x")]), [Twin, No]);
        assert_eq!(decide(&[row(1, a, "x"), row(2, a, "other")]), [No, No]);
        // One that is shadowed hides nobody.
        assert_eq!(
            decide(&[row(1, None, "y"), row(1, a, "x"), row(2, a, "x")]),
            [No, Shadowed, No]
        );
    }
}
