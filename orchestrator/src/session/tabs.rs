//! What a person does with the tabs of a session: they are named, and put into an order.

use super::create::check_words;
use super::entry::{Entry, Outcome};
use crate::failure::{Code, Failure};
use crate::seam::TabId;
use crate::store::Change;

/// Gives a tab a name, or its number back.
///
/// Numbers are what tabs are called that nobody has named, so no name is one: else nobody could tell which it is.
///
/// # Errors
///
/// [`Code::NotFound`] for a tab that isn't there; [`Code::Usage`] for what can't be a name; [`Code::Conflict`] for one
/// that another tab of the session has.
pub fn rename(entry: &mut Entry, tab: &TabId, name: Option<&str>) -> Result<Outcome, Failure> {
    entry.tab(tab)?;
    let name = match name {
        Some(name) => {
            check_name(entry, tab, name)?;
            name.to_owned()
        }
        None => number(entry, tab),
    };
    let found = entry.tab_mut(tab)?;
    found.name = name;
    let found = found.clone();
    let mut outcome = Outcome::new();
    entry.put_tab(&mut outcome.batch, &found);
    entry.changed(&mut outcome.batch, false);
    Ok(outcome)
}

/// Moves a tab right before another one, or behind all.
///
/// # Errors
///
/// [`Code::NotFound`] for a tab that isn't there.
pub fn place(entry: &mut Entry, tab: &TabId, before: Option<&TabId>) -> Result<Outcome, Failure> {
    entry.tab(tab)?;
    if let Some(before) = before {
        entry.tab(before)?;
    }
    let mut outcome = Outcome::new();
    if before == Some(tab) {
        return Ok(outcome);
    }
    let tabs = &mut entry.session.tabs;
    let was: Vec<TabId> = tabs.iter().map(|tab| tab.id.clone()).collect();
    if let Some(at) = tabs.iter().position(|found| found.id == *tab) {
        let moved = tabs.remove(at);
        let target = tabs.iter().position(|found| Some(&found.id) == before);
        tabs.insert(target.unwrap_or(tabs.len()), moved);
    }
    let order: Vec<TabId> = tabs.iter().map(|tab| tab.id.clone()).collect();
    if order != was {
        let session = entry.session.id.clone();
        outcome.batch.changes.push(Change::OrderTabs { session, order });
        entry.changed(&mut outcome.batch, false);
    }
    Ok(outcome)
}

fn check_name(entry: &Entry, own: &TabId, name: &str) -> Result<(), Failure> {
    check_words("a tab's name", name)?;
    if is_number(name) {
        let message =
            format!("a tab can't be called {name:?}: that is its number or another one's");
        return Err(Failure::new(Code::Usage, message).hint("Add a word to it"));
    }
    if entry.session.tabs.iter().any(|tab| tab.name == name && tab.id != *own) {
        let message = format!("another tab of {} is called {name:?} already", entry.session.name);
        return Err(Failure::new(Code::Conflict, message).hint("Choose another name"));
    }
    Ok(())
}

/// The smallest number that no other tab has; there are never fewer than tabs.
fn number(entry: &Entry, own: &TabId) -> String {
    let tabs = &entry.session.tabs;
    let is_free = |name: &String| !tabs.iter().any(|tab| tab.name == *name && tab.id != *own);
    let mut numbers = (1..=tabs.len()).map(|number| number.to_string());
    numbers.find(is_free).unwrap_or_else(|| tabs.len().to_string())
}

fn is_number(name: &str) -> bool {
    name.bytes().all(|letter| letter.is_ascii_digit())
}

#[cfg(test)]
#[path = "tabs_tests.rs"]
mod tests;
