//! `baton history --follow`: entries as they come.

use std::collections::HashSet;

use orchestrator::failure::Failure;
use orchestrator::history::Entry;
use orchestrator::seam::{Delivery, HistoryItem, HistoryNews, HistoryQuery, Seam, Subscribe};
use tokio::signal::unix::SignalKind;

use super::entries::whole;
use super::entry::{AsInFile, lines};
use crate::exit;
use crate::heard::Heard;
use crate::output::{Output, Stop};

/// Shows what is there, then what comes, until it is told to stop.
pub async fn run(output: &Output, seam: &dyn Seam, query: HistoryQuery) -> Result<u8, Stop> {
    let mut interrupt = Heard::on(SignalKind::interrupt())?;
    let mut terminate = Heard::on(SignalKind::terminate())?;
    let wanted = Subscribe { history: Some(query.scope.clone()), ..Subscribe::default() };
    let mut news = seam.subscribe(wanted).await?;
    let mut shown = Shown::default();
    loop {
        let next = tokio::select! {
            next = news.next() => next,
            () = interrupt.recv() => return Ok(exit::INTERRUPTED),
            () = terminate.recv() => return Ok(128 + 15),
        };
        match next {
            Some(Ok(Delivery::History(told))) => {
                shown.link(output, &told);
                let page = whole(seam, query.clone()).await?;
                for item in shown.new_ones(page.entries) {
                    if output.is_json() {
                        output.document(&AsInFile(&item))?;
                    } else {
                        for line in lines(&item) {
                            output.line(line)?;
                        }
                    }
                }
            }
            Some(Ok(Delivery::Event(_) | Delivery::Partial(_) | Delivery::Sync { .. })) => {}
            Some(Err(failure)) => return Err(failure.into()),
            None => return Ok(exit::DONE),
        }
    }
}

/// What was told already.
#[derive(Default)]
struct Shown {
    entries: HashSet<String>,
    offline: Option<Failure>,
}

impl Shown {
    /// The entries that were not told yet, oldest first.
    fn new_ones(&mut self, newest_first: Vec<HistoryItem>) -> Vec<HistoryItem> {
        let mut new = newest_first;
        new.retain(|item| {
            let id = Entry::parse(item.line.as_bytes()).map(|entry| entry.id);
            self.entries.insert(id.unwrap_or_else(|_| item.line.clone()))
        });
        new.reverse();
        new
    }

    /// Says once that a machine can't be asked, and once that it can again.
    fn link(&mut self, output: &Output, told: &HistoryNews) {
        match (&self.offline, &told.offline) {
            (None, Some(why)) => output.note(format_args!("offline: {}", why.message)),
            (Some(_), None) => output.note("online again"),
            (None, None) | (Some(_), Some(_)) => {}
        }
        self.offline.clone_from(&told.offline);
    }
}
