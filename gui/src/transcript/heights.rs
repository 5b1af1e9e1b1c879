//! Heights one below the other: from an offset to a place and back in O(log n).

/// A row of heights, as a Fenwick tree.
///
/// Heights are kept in 64ths of a point, so that sums are exact and nothing drifts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Heights {
    own: Vec<u32>,
    /// At `i` the sum of those that `i + 1`'s lowest bit covers.
    tree: Vec<u64>,
}

const UNIT: f32 = 64.0;

impl Heights {
    /// A tree of these, in O(n).
    pub fn new(heights: impl Iterator<Item = f32>) -> Self {
        let own: Vec<u32> = heights.map(units).collect();
        let mut tree: Vec<u64> = own.iter().map(|height| u64::from(*height)).collect();
        for at in 0..tree.len() {
            let parent = at | (at + 1);
            let sum = tree[at];
            if let Some(parent) = tree.get_mut(parent) {
                *parent += sum;
            }
        }
        Self { own, tree }
    }

    /// None at all.
    pub const fn none() -> Self {
        Self { own: Vec::new(), tree: Vec::new() }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.own.len()
    }

    /// One height.
    pub fn get(&self, at: usize) -> f32 {
        self.own.get(at).map_or(0.0, |height| *height as f32 / UNIT)
    }

    /// Changes one height.
    pub fn set(&mut self, at: usize, height: f32) {
        let Some(own) = self.own.get_mut(at) else { return };
        let new = units(height);
        let old = std::mem::replace(own, new);
        let mut at = at;
        while let Some(sum) = self.tree.get_mut(at) {
            *sum = (*sum + u64::from(new)).saturating_sub(u64::from(old));
            at |= at + 1;
        }
    }

    /// Adds one at the end.
    pub fn push(&mut self, height: f32) {
        let at = self.own.len();
        let height = units(height);
        self.own.push(height);
        // What the new place covers: itself, and the sums right before it.
        let mut sum = u64::from(height);
        let least = at & (at + 1);
        let mut before = at;
        while before > least {
            sum += self.tree.get(before - 1).copied().unwrap_or_default();
            before &= before - 1;
        }
        self.tree.push(sum);
    }

    /// Takes the last one away.
    pub fn pop(&mut self) {
        self.own.pop();
        self.tree.pop();
    }

    /// All of them together, in points.
    pub fn total(&self) -> f64 {
        self.before(self.len())
    }

    /// Those before a place, in points.
    pub fn before(&self, at: usize) -> f64 {
        self.sum(at) as f64 / f64::from(UNIT)
    }

    /// Which place an offset lies in, of those that have any height; the last one for what lies behind.
    pub fn at(&self, offset: f64) -> Option<usize> {
        let target = (offset.max(0.0) * f64::from(UNIT)) as u64;
        self.find(target).or_else(|| self.last())
    }

    /// The first that has any height.
    pub fn first(&self) -> Option<usize> {
        self.find(0)
    }

    /// The last that has any height.
    pub fn last(&self) -> Option<usize> {
        self.find(self.sum(self.len()).checked_sub(1)?)
    }

    /// The next one that has any height.
    pub fn next(&self, at: usize) -> Option<usize> {
        self.find(self.sum((at + 1).min(self.len())))
    }

    /// The one before that has any height.
    pub fn previous(&self, at: usize) -> Option<usize> {
        self.find(self.sum(at.min(self.len())).checked_sub(1)?)
    }

    fn sum(&self, at: usize) -> u64 {
        let mut sum = 0;
        let mut at = at;
        while at > 0 {
            sum += self.tree.get(at - 1).copied().unwrap_or_default();
            at &= at - 1;
        }
        sum
    }

    /// The first place whose sum with all before is above `target`.
    fn find(&self, target: u64) -> Option<usize> {
        let mut at = 0;
        let mut left = target;
        let mut step = self.len().checked_next_power_of_two()?;
        while step > 0 {
            if let Some(sum) = self.tree.get((at + step).wrapping_sub(1))
                && *sum <= left
            {
                at += step;
                left -= sum;
            }
            step /= 2;
        }
        (at < self.len()).then_some(at)
    }
}

fn units(height: f32) -> u32 {
    (height.max(0.0) * UNIT).round() as u32
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn sums_and_places_are_those_of_a_plain_list(
            start in prop::collection::vec(0u8..5, 0..40),
            more in prop::collection::vec(0u8..5, 0..40),
            changes in prop::collection::vec((0usize..80, 0u8..5), 0..20),
            offset in 0f64..300.0,
        ) {
            let mut plain: Vec<f32> = start.iter().chain(&more).map(|h| f32::from(*h)).collect();
            let mut heights = Heights::new(start.iter().map(|h| f32::from(*h)));
            more.iter().for_each(|h| heights.push(f32::from(*h)));
            for (at, height) in changes {
                if let Some(own) = plain.get_mut(at) {
                    *own = f32::from(height);
                }
                heights.set(at, f32::from(height));
            }
            let sum = |to: usize| f64::from(plain[..to].iter().sum::<f32>());
            for at in 0..=plain.len() {
                prop_assert!((heights.before(at) - sum(at)).abs() < f64::EPSILON);
                let next = (at + 1..plain.len()).find(|at| plain[*at] > 0.0);
                prop_assert_eq!(heights.next(at), next);
                let previous = (0..at.min(plain.len())).rev().find(|at| plain[*at] > 0.0);
                prop_assert_eq!(heights.previous(at), previous);
            }
            let place = (0..plain.len()).find(|at| sum(at + 1) > offset);
            let last = (0..plain.len()).rev().find(|at| plain[*at] > 0.0);
            prop_assert_eq!(heights.at(offset), place.or(last));
        }
    }

    #[test]
    fn a_hundred_thousand_are_searched_in_a_few_steps() {
        let mut heights = Heights::new((0..100_000).map(|_| 50.0));
        assert_eq!(heights.at(2_500_025.0), Some(50_000));
        heights.set(0, 100.0);
        assert_eq!(heights.at(2_500_025.0), Some(49_999));
        assert!((heights.total() - 5_000_050.0).abs() < f64::EPSILON);
    }
}
