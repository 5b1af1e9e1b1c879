//! The table: one row a measurement, and whether it meets its mark.

use std::fmt;

/// One measurement.
#[derive(Debug)]
pub struct Row {
    /// What was done, and how.
    pub what: String,
    /// What we took.
    pub ours: String,
    /// What ssh took, or what else it is measured beside.
    pub ssh: String,
    /// Ours to the other's.
    pub ratio: Option<f64>,
    /// What must be, with its number; and whether it is.
    pub mark: Option<(String, bool)>,
}

/// The rows of one link.
#[derive(Debug)]
pub struct Table {
    title: String,
    other: &'static str,
    rows: Vec<Row>,
}

impl Table {
    /// An empty table under `title`.
    pub fn new(title: String) -> Self {
        Self::beside(title, "ssh")
    }

    /// The same, where ours is measured beside something else than ssh.
    pub fn beside(title: String, other: &'static str) -> Self {
        Self { title, other, rows: Vec::new() }
    }

    /// Adds rows below the others.
    pub fn extend(&mut self, rows: Vec<Row>) {
        self.rows.extend(rows);
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let heads = ["what", "ours", self.other, "ratio", "must", "met"].map(ToOwned::to_owned);
        let mut lines = vec![heads];
        for row in &self.rows {
            let (mark, met) = match &row.mark {
                Some((mark, true)) => (mark.clone(), "yes"),
                Some((mark, false)) => (mark.clone(), "**no**"),
                None => (String::new(), ""),
            };
            let ratio = row.ratio.map(|ratio| format!("{ratio:.2}")).unwrap_or_default();
            lines.push([
                row.what.clone(),
                row.ours.clone(),
                row.ssh.clone(),
                ratio,
                mark,
                met.to_owned(),
            ]);
        }
        let width =
            |at: usize| lines.iter().map(|line| line[at].chars().count()).max().unwrap_or_default();
        let widths = [0, 1, 2, 3, 4, 5].map(width);
        writeln!(f, "### {}\n", self.title)?;
        for (number, line) in lines.iter().enumerate() {
            let cells: Vec<String> =
                line.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
            writeln!(f, "| {} |", cells.join(" | "))?;
            if number == 0 {
                let rule = widths.map(|width| "-".repeat(width));
                writeln!(f, "| {} |", rule.join(" | "))?;
            }
        }
        Ok(())
    }
}
