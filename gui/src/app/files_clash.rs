//! Transfers whose target is there already: what becomes of them is asked, once for all that were begun together.

use std::collections::{HashMap, VecDeque};

use egui::Context;
use orchestrator::seam::{Command, FilePath, Operation, OperationCommand, OperationState, Work};
use orchestrator::transfer::is_there_already;

use super::App;
use super::files_transfer::Begun;
use crate::view::files::tree::parted;
use crate::view::files::{ClashChoice, ClashData, ClashView, another_name, shown_name};
use crate::view::places::host_name;

/// So many names are tried beside what is there; then somebody is asked again.
const MOST_NAMES: u32 = 100;

/// What waits for a choice.
#[derive(Debug, Default)]
pub(super) struct Clashes {
    waiting: VecDeque<Operation>,
    view: ClashView,
    /// What was chosen for all that were begun together.
    chosen: HashMap<u64, ClashChoice>,
}

impl Clashes {
    pub fn is_open(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// One is gone from the list.
    pub fn forget(&mut self, id: &str) {
        self.waiting.retain(|operation| operation.id != id);
    }
}

impl App {
    /// Asks about a transfer if its target is there already, or does what was chosen before.
    pub(super) fn look_for_clash(&mut self, operation: &Operation) {
        let clashes =
            matches!(&operation.state, OperationState::Failed { why } if is_there_already(why));
        let transfers = &mut self.files.transfers;
        let Some(begun) = transfers.begun.get(&operation.id).filter(|_| clashes) else { return };
        let goes_on = begun.kept.as_ref().is_some_and(|(_, number)| *number < MOST_NAMES);
        if goes_on {
            self.settle(operation, ClashChoice::KeepBoth);
        } else if let Some(choice) = transfers.clashes.chosen.get(&begun.batch).copied() {
            self.settle(operation, choice);
        } else if !transfers.clashes.waiting.iter().any(|known| known.id == operation.id) {
            transfers.clashes.waiting.push_back(operation.clone());
        }
    }

    /// Draws the question.
    pub(super) fn clash(&mut self, ctx: &Context) {
        let Some(operation) = self.files.transfers.clashes.waiting.front().cloned() else { return };
        let batch = self.files.transfers.begun.get(&operation.id).map_or(0, |begun| begun.batch);
        let (name, place) = match &operation.work {
            Work::Upload { remote, .. } => {
                let (folder, _) = parted(remote);
                let host = host_name(&self.hosts.hosts.hosts, &operation.host);
                let folder = match folder.bytes() {
                    b"" => "the session's directory".to_owned(),
                    _ => shown_name(&folder),
                };
                (remote.name(), format!("{folder} on {host}"))
            }
            Work::Download { local, .. } => (local.name(), shown_name(&parted(local).0)),
            _ => return,
        };
        let name = shown_name(&FilePath(name.to_vec()));
        let more = self.others_of(batch, &operation.id);
        let data = ClashData { name: &name, place: &place, more };
        let clashes = &mut self.files.transfers.clashes;
        let Some((choice, all)) = clashes.view.ui(ctx, &data) else { return };
        clashes.view = ClashView::default();
        clashes.waiting.pop_front();
        self.settle(&operation, choice);
        if all {
            let transfers = &mut self.files.transfers;
            transfers.clashes.chosen.insert(batch, choice);
            let waiting = std::mem::take(&mut transfers.clashes.waiting);
            for other in waiting {
                // Those of the same batch are settled, others wait again.
                self.look_for_clash(&other);
            }
        }
    }

    /// How many of those that were begun together may still ask.
    fn others_of(&self, batch: u64, but: &str) -> usize {
        let transfers = &self.files.transfers;
        let may_ask = |operation: &&Operation| {
            let waits = transfers.clashes.waiting.iter().any(|known| known.id == operation.id);
            let is_it = transfers.begun.get(&operation.id).is_some_and(|it| it.batch == batch);
            operation.id != but && is_it && (waits || !operation.state.is_over())
        };
        self.operations().iter().filter(may_ask).count()
    }

    fn settle(&mut self, operation: &Operation, choice: ClashChoice) {
        let id = operation.id.clone();
        let known = self.files.transfers.begun.get(&id).cloned();
        let Begun { batch, kept, .. } =
            known.unwrap_or(Begun { batch: 0, kept: None, instead: None });
        let mut work = operation.work.clone();
        if choice != ClashChoice::Skip
            && let Some(why) = self.moved_since(operation)
        {
            return self.complain(&why);
        }
        match choice {
            ClashChoice::Skip => {
                self.command(Command::Operation(OperationCommand::Forget { id }));
            }
            ClashChoice::Replace => {
                if let Work::Upload { replace, .. } | Work::Download { replace, .. } = &mut work {
                    *replace = true;
                }
                let begun = Begun { batch, kept: None, instead: Some(id) };
                self.begin_transfer(work, begun);
            }
            ClashChoice::KeepBoth => {
                let (Work::Upload { remote: path, .. } | Work::Download { local: path, .. }) =
                    &mut work
                else {
                    return;
                };
                let (folder, name) = parted(path);
                let (own, last) = kept.unwrap_or_else(|| (name.to_vec(), 1));
                let number = if last >= MOST_NAMES { 2 } else { last + 1 };
                *path = folder.join(&another_name(&own, number));
                let begun = Begun { batch, kept: Some((own, number)), instead: Some(id) };
                self.begin_transfer(work, begun);
            }
        }
    }
}
