//! Rows below a heading, as wide as a terminal at the most.

use super::flow::{cut, width};

/// Between two columns.
const GAP: usize = 2;

/// No column is cut to less: an id is as long.
const LEAST: usize = 10;

/// The heading and the rows in columns; where these don't fit, each cell on a line of its own behind its heading.
#[derive(Debug, PartialEq, Eq)]
pub enum Rows {
    /// The heading, and a line for each row.
    Columns(String, Vec<String>),
    /// Lines, with an empty one between two rows.
    Stacked(Vec<String>),
}

/// Lays rows out in at most `columns`; of what is too wide the widest columns are cut.
pub fn rows<const N: usize>(heading: [&str; N], rows: &[[String; N]], columns: usize) -> Rows {
    let mut widths = heading.map(width);
    for row in rows {
        for (widest, cell) in widths.iter_mut().zip(row) {
            *widest = (*widest).max(width(cell));
        }
    }
    let gaps = GAP * N.saturating_sub(1);
    while widths.iter().sum::<usize>() + gaps > columns {
        match widths.iter_mut().filter(|width| **width > LEAST).max() {
            Some(widest) => *widest -= 1,
            None => return Rows::Stacked(stacked(heading, rows)),
        }
    }
    let lines = rows.iter().map(|row| line(row.each_ref().map(String::as_str), widths));
    Rows::Columns(line(heading, widths), lines.collect())
}

fn line<const N: usize>(cells: [&str; N], widths: [usize; N]) -> String {
    let mut line = String::new();
    for (cell, columns) in cells.iter().zip(widths) {
        let cell = cut(cell, columns);
        line.push_str(&cell);
        line.extend(std::iter::repeat_n(' ', GAP + columns - width(&cell).min(columns)));
    }
    line.trim_end().to_owned()
}

fn stacked<const N: usize>(heading: [&str; N], rows: &[[String; N]]) -> Vec<String> {
    let names = heading.iter().map(|name| width(name)).max().unwrap_or(0);
    let mut lines = Vec::new();
    for row in rows {
        if !lines.is_empty() {
            lines.push(String::new());
        }
        let cells = heading.iter().zip(row).filter(|(_, cell)| !cell.is_empty());
        lines.extend(cells.map(|(name, cell)| {
            let space = " ".repeat(GAP + names - width(name));
            format!("{name}{space}{cell}")
        }));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(name: &str, directory: &str) -> [String; 3] {
        [name.into(), "x7hcfk6ucn".into(), directory.into()]
    }

    const HEADING: [&str; 3] = ["NAME", "ID", "DIRECTORY"];

    #[test]
    fn rows_stand_in_columns_and_the_widest_are_cut_where_they_do_not_fit() {
        let all = [session("parser", "/home/ann/src/parser"), session("日本語", "~")];
        let shown = |columns| match rows(HEADING, &all, columns) {
            Rows::Columns(heading, lines) => [vec![heading], lines].concat(),
            Rows::Stacked(lines) => lines,
        };
        let whole = [
            "NAME    ID          DIRECTORY",
            "parser  x7hcfk6ucn  /home/ann/src/parser",
            "日本語  x7hcfk6ucn  ~",
        ];
        assert_eq!(shown(usize::MAX), whole);
        assert_eq!(shown(40), whole);
        assert_eq!(shown(35)[1], "parser  x7hcfk6ucn  /home/ann/src/…");
        assert_eq!(shown(30)[1], "parser  x7hcfk6ucn  /home/ann…");
    }

    #[test]
    fn on_a_terminal_too_narrow_for_columns_nothing_is_cut() {
        let all = [session("parser", "/home/ann/src/parser"), session("other", "")];
        let wanted = [
            "NAME       parser",
            "ID         x7hcfk6ucn",
            "DIRECTORY  /home/ann/src/parser",
            "",
            "NAME       other",
            "ID         x7hcfk6ucn",
        ];
        assert_eq!(rows(HEADING, &all, 29), Rows::Stacked(wanted.map(str::to_owned).to_vec()));
    }
}
