//! The lines of a diff that are chosen.

use std::collections::BTreeSet;

use orchestrator::seam::{FileDiff, LineKind};

use super::rows::Place;

/// Chosen lines, of one file at a time: they are staged in one step, or not at all.
#[derive(Debug, Default)]
pub struct Chosen {
    places: BTreeSet<Place>,
    last: Option<Place>,
}

impl Chosen {
    /// Which file of the diff they are of.
    pub fn file(&self) -> Option<usize> {
        self.places.first().map(|place| place.file)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Whether a line is one of them.
    pub fn contains(&self, place: Place) -> bool {
        self.places.contains(&place)
    }

    /// None of them any more.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Chooses a line, or lets go of it.
    pub fn set(&mut self, place: Place, on: bool) {
        self.places.retain(|other| other.file == place.file);
        if on {
            self.places.insert(place);
        } else {
            self.places.remove(&place);
        }
        self.last = Some(place);
    }

    /// Chooses every changed line from the one that was touched last up to this one; only this one where that was another
    /// file's.
    pub fn extend(&mut self, file: &FileDiff, to: Place) {
        let from = self.last.filter(|last| last.file == to.file).unwrap_or(to);
        let (first, last) = (from.min(to), from.max(to));
        for (hunk, of) in file.hunks.iter().enumerate() {
            for (line, _) in
                of.lines.iter().enumerate().filter(|(_, line)| line.kind != LineKind::Context)
            {
                let place = Place { file: to.file, hunk, line };
                if (first..=last).contains(&place) {
                    self.set(place, true);
                }
            }
        }
        self.last = Some(to);
    }

    /// Each line's hunk in the file, and its place there.
    pub fn numbers(&self) -> Vec<(u32, u32)> {
        self.places.iter().map(number_of).collect()
    }
}

/// A line's hunk, and its place there.
pub fn number_of(place: &Place) -> (u32, u32) {
    let number = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    (number(place.hunk), number(place.line))
}
