//! `baton history show`: one entry with all that it says.

use clap::Args;
use orchestrator::history::Entry;
use orchestrator::seam::{HistoryItem, Seam};

use super::entry::{AsInFile, elapsed, kind, mark, octet, source, spent, time};
use crate::exit;
use crate::output::{Output, Stop};
use crate::render::{clean, clean_line, count};
use crate::seam;

/// Which entry.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// Its id, or the beginning of it
    #[arg(value_name = "ENTRY")]
    id: String,
}

pub async fn run(output: &Output, seam: &dyn Seam, args: &ShowArgs) -> Result<u8, Stop> {
    let item = seam::history_entry(seam, &args.id).await?;
    if output.is_json() {
        output.document(&AsInFile(&item))?;
        return Ok(exit::DONE);
    }
    for line in text(&item) {
        output.line(line)?;
    }
    Ok(exit::DONE)
}

/// The entry as text: a row for each property, then the answer.
pub fn text(item: &HistoryItem) -> Vec<String> {
    let Ok(entry) = Entry::parse(item.line.as_bytes()) else {
        return vec![clean(&item.line)];
    };
    let usage = entry.usage_stats.as_ref();
    let tokens = |number: Option<f64>| match number.filter(|number| number.is_finite()) {
        Some(number) => format!("{number:.0}"),
        None => "-".into(),
    };
    let text = |text: &Option<String>| text.as_deref().map(clean_line);
    let rows = [
        ("id", Some(clean_line(&entry.id))),
        ("type", Some(kind(&entry.kind))),
        ("when", Some(time(entry.timestamp))),
        ("from", Some(source(item))),
        ("session", text(&entry.session_name)),
        ("conversation", octet(&entry)),
        ("directory", Some(clean_line(&entry.project_path))),
        ("success", Some(mark(&entry).to_owned()).filter(|mark| !mark.is_empty())),
        ("took", elapsed(&entry)),
        ("context", entry.context_usage.map(|percent| format!("{percent:.0} %"))),
        (
            "tokens",
            usage.map(|usage| {
                format!(
                    "{} in, {} out, {} read from cache, {} written to it",
                    tokens(usage.input_tokens),
                    tokens(usage.output_tokens),
                    tokens(usage.cache_read_input_tokens),
                    tokens(usage.cache_creation_input_tokens),
                )
            }),
        ),
        ("cost", spent(&entry)),
    ];
    let mut lines: Vec<String> = rows
        .into_iter()
        .filter_map(|(key, value)| value.map(|value| format!("{key:<14}{value}")))
        .collect();
    lines.push(String::new());
    lines.push(clean(&entry.summary));
    if let Some(response) = &entry.full_response {
        lines.push(String::new());
        lines.push(clean(response));
    }
    lines
}

/// For people who read numbers.
pub fn entries(number: u64) -> String {
    if number == 1 { "1 entry".into() } else { format!("{} entries", count(number)) }
}
