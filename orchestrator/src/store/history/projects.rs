//! Projects: directories whose history is shared, and which directories of sessions are in them.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::entries::{known, project_of};
use super::hidden;
use super::types::{Project, ProjectId};
use crate::host::Place;
use crate::store::fault::Fault;
use crate::store::rows::{json, value};

/// Makes a project where it isn't known, remembers that the directory is in it, and gives it what was made there before.
pub(in crate::store) fn put_project(
    db: &Connection,
    place: &Place,
    cwd: Option<&str>,
    root: &str,
) -> Result<(), Fault> {
    let place = json(place)?;
    let stored: Option<i64> = db
        .prepare_cached("SELECT id FROM projects WHERE place = ?1 AND root = ?2")?
        .query_row(params![place, root], |row| row.get(0))
        .optional()?;
    let project = match stored {
        Some(project) => project,
        None => db
            .prepare_cached("INSERT INTO projects (place, root) VALUES (?1, ?2) RETURNING id")?
            .query_row(params![place, root], |row| row.get(0))?,
    };
    let of_dir =
        "place = ?1 AND (cwd IS NULL) = (?2 IS NULL) AND coalesce(cwd, '') = coalesce(?2, '')";
    db.prepare_cached(&format!("DELETE FROM project_dirs WHERE {of_dir}"))?
        .execute(params![place, cwd])?;
    db.prepare_cached("INSERT INTO project_dirs (place, cwd, project) VALUES (?1, ?2, ?3)")?
        .execute(params![place, cwd, project])?;
    let ids: Vec<String> = db
        .prepare_cached(&format!(
            "UPDATE history SET project = ?3 WHERE project IS NULL AND {of_dir} RETURNING id"
        ))?
        .query_map(params![place, cwd, project], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    hidden::refresh(db, ids.iter().map(String::as_str))
}

/// Notes what is known of git ignoring a project's history.
pub(in crate::store) fn set_ignored(
    db: &Connection,
    project: ProjectId,
    ignored: &str,
) -> Result<(), Fault> {
    known(db, project)?;
    db.prepare_cached("UPDATE projects SET ignored = ?2 WHERE id = ?1")?
        .execute(params![project.0, ignored])?;
    Ok(())
}

/// Notes that a person was told.
pub(in crate::store) fn set_hinted(db: &Connection, project: ProjectId) -> Result<(), Fault> {
    known(db, project)?;
    db.prepare_cached("UPDATE projects SET hinted = 1 WHERE id = ?1")?
        .execute(params![project.0])?;
    Ok(())
}

const COLUMNS: &str = "id, place, root, ignored, hinted";

/// The project that a directory is known to be in.
pub(super) fn project(
    db: &Connection,
    place: &Place,
    cwd: Option<&str>,
) -> Result<Option<Project>, Fault> {
    let Some(id) = project_of(db, &json(place)?, cwd)? else { return Ok(None) };
    let mut select = db.prepare_cached(&format!("SELECT {COLUMNS} FROM projects WHERE id = ?1"))?;
    let mut rows = select.query(params![id])?;
    rows.next()?.map(read).transpose()
}

/// All of them, in the order in which they became known.
pub(super) fn projects(db: &Connection) -> Result<Vec<Project>, Fault> {
    let mut select = db.prepare_cached(&format!("SELECT {COLUMNS} FROM projects ORDER BY id"))?;
    let mut rows = select.query([])?;
    let mut projects = Vec::new();
    while let Some(row) = rows.next()? {
        projects.push(read(row)?);
    }
    Ok(projects)
}

fn read(row: &Row<'_>) -> Result<Project, Fault> {
    let id: i64 = row.get(0)?;
    let place: String = row.get(1)?;
    Ok(Project {
        id: ProjectId(id),
        place: value(&format!("project {id}"), &place)?,
        root: row.get(2)?,
        ignored: row.get(3)?,
        hinted: row.get(4)?,
    })
}
