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
use crate::render::clean_line;

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
                for item in shown.look(seam, &query).await? {
                    if output.is_json() {
                        output.document(&AsInFile(&item))?;
                    } else {
                        for line in lines(&item) {
                            output.line(line)?;
                        }
                    }
                }
            }
            Some(Ok(
                Delivery::Event(_)
                | Delivery::Partial(_)
                | Delivery::Sync { .. }
                | Delivery::Connections(_)
                | Delivery::Questions(_)
                | Delivery::Operation(_)
                | Delivery::Forgotten { .. }
                | Delivery::Output(_)
                | Delivery::Terminals(_)
                | Delivery::Terminal(_),
            )) => {}
            Some(Err(failure)) => return Err(failure.into()),
            None => return Ok(exit::DONE),
        }
    }
}

/// So many of the newest entries are looked at for new ones at once. An entry that comes late stands where its time is: what
/// has more newer ones than `DEEPEST` is not shown.
const PAGE: u32 = 100;
const DEEPEST: u32 = 2_000;

/// What was told already.
#[derive(Default)]
struct Shown {
    /// `None` until the first look.
    entries: Option<HashSet<String>>,
    offline: Option<Failure>,
}

impl Shown {
    /// The entries that were not told yet, oldest first; at the first look no more than were asked for.
    async fn look(
        &mut self,
        seam: &dyn Seam,
        query: &HistoryQuery,
    ) -> Result<Vec<HistoryItem>, Failure> {
        let is_first = self.entries.is_none();
        let mut known = self.entries.take().unwrap_or_default();
        let mut new = Vec::new();
        let mut offset = 0;
        loop {
            let wanted = HistoryQuery { limit: PAGE, offset, ..query.clone() };
            let page = match whole(seam, wanted).await {
                Ok(page) => page,
                Err(failure) => {
                    self.entries = Some(known);
                    return Err(failure);
                }
            };
            let before = new.len();
            new.extend(page.entries.into_iter().filter(|item| known.insert(id_of(item))));
            offset += PAGE;
            let is_end = u64::from(offset) >= page.total || offset >= DEEPEST;
            // Behind a page of known ones nothing is likely to be new.
            if is_end || (!is_first && new.len() == before) {
                break;
            }
        }
        self.entries = Some(known);
        if is_first {
            new.truncate(usize::try_from(query.limit).unwrap_or(usize::MAX));
        }
        new.reverse();
        Ok(new)
    }

    /// Says once that a machine can't be asked, and once that it can again.
    fn link(&mut self, output: &Output, told: &HistoryNews) {
        match (&self.offline, &told.offline) {
            (None, Some(why)) => output.note(format_args!("offline: {}", clean_line(&why.message))),
            (Some(_), None) => output.note("online again"),
            (None, None) | (Some(_), Some(_)) => {}
        }
        self.offline.clone_from(&told.offline);
    }
}

/// What an entry is known by.
fn id_of(item: &HistoryItem) -> String {
    let id = Entry::parse(item.line.as_bytes()).map(|entry| entry.id);
    id.unwrap_or_else(|_| item.line.clone())
}
