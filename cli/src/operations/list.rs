//! `baton operations list`.

use jiff::Timestamp;
use orchestrator::seam::Operation;
use serde_json::json;

use super::words::{self, Row};
use crate::exit;
use crate::output::{Output, Stop};
use crate::render::{ago, cut, host};

/// Letters of what one does that the list shows.
const MOST: usize = 60;

pub(super) fn list(output: &Output, all: &[Operation]) -> Result<u8, Stop> {
    if output.is_json() {
        let rows: Vec<Row<'_>> = all.iter().map(Row::new).collect();
        output.document(&json!({ "operations": rows }))?;
        return Ok(exit::DONE);
    }
    if all.is_empty() {
        output.note("There are none.");
        return Ok(exit::DONE);
    }
    let now = Timestamp::now();
    let row = |one: &Operation| {
        let what = cut(&words::what(&one.work), MOST);
        [one.id.clone(), host(&one.host), what, words::state(one), ago(one.started_at, now)]
    };
    let rows: Vec<[String; 5]> = all.iter().map(row).collect();
    output.table(["ID", "HOST", "WHAT", "STATE", "BEGUN"], &rows)?;
    Ok(exit::DONE)
}
