//! Markdown's tables in columns.

use pulldown_cmark::Alignment;

use super::flow::{Frame, Span, width, wrap};
use super::style::{DIM, PLAIN, STRONG, styled};

/// Between two columns.
const GAP: usize = 2;

/// A table that is being read.
#[derive(Debug, Default)]
pub struct Table {
    pub alignments: Vec<Alignment>,
    /// The first one is the heading.
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// Its lines: in columns where they fit, else each cell below the other behind its heading.
    pub fn lines(&self, columns: usize) -> Vec<String> {
        let widths = self.widths();
        let whole = widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1);
        if whole <= columns { self.in_columns(&widths) } else { self.stacked(columns) }
    }

    fn widths(&self) -> Vec<usize> {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let cell = |column: usize| move |row: &Vec<String>| row.get(column).map_or(0, |c| width(c));
        (0..columns).map(|column| self.rows.iter().map(cell(column)).max().unwrap_or(0)).collect()
    }

    fn in_columns(&self, widths: &[usize]) -> Vec<String> {
        let mut lines = Vec::new();
        for (at, row) in self.rows.iter().enumerate() {
            let cells = widths.iter().enumerate().map(|(column, columns)| {
                let cell = row.get(column).map_or("", String::as_str);
                let free = columns - width(cell).min(*columns);
                let left = match self.alignments.get(column) {
                    Some(Alignment::Right) => free,
                    Some(Alignment::Center) => free / 2,
                    Some(Alignment::Left | Alignment::None) | None => 0,
                };
                let cell = if at == 0 { styled(STRONG, cell) } else { cell.to_owned() };
                format!("{}{cell}{}", " ".repeat(left), " ".repeat(free - left))
            });
            let line = cells.collect::<Vec<_>>().join(&" ".repeat(GAP));
            lines.push(line.trim_end().to_owned());
            if at == 0 {
                let rule = widths.iter().map(|columns| "─".repeat(*columns));
                let rule = rule.collect::<Vec<_>>().join(&" ".repeat(GAP));
                lines.push(styled(DIM, &rule));
            }
        }
        lines
    }

    fn stacked(&self, columns: usize) -> Vec<String> {
        let Some((heading, rows)) = self.rows.split_first() else { return Vec::new() };
        if rows.is_empty() {
            let text = heading.join(" · ");
            return wrap(
                &[Span::new(text, STRONG)],
                Frame { width: columns, first: "", rest: "  " },
            );
        }
        let mut lines = Vec::new();
        for row in rows {
            if !lines.is_empty() {
                lines.push(String::new());
            }
            for (at, cell) in row.iter().enumerate() {
                let name = heading.get(at).map_or("", String::as_str);
                let spans = [Span::new(format!("{name}: "), STRONG), Span::new(cell, PLAIN)];
                lines.extend(wrap(&spans, Frame { width: columns, first: "", rest: "  " }));
            }
        }
        lines
    }
}
