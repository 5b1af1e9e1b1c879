//! Methods that take turns, and what came of each.

use futures::future::BoxFuture;

use crate::Outcome;

/// One way to do a thing: its name, and how to do it once. What comes back is what is measured: ms, MiB/s …
pub struct Method<'a> {
    name: String,
    once: Box<dyn Fn() -> BoxFuture<'a, Outcome<f64>> + 'a>,
}

impl<'a> Method<'a> {
    /// Names `once`.
    pub fn new(name: &str, once: impl Fn() -> BoxFuture<'a, Outcome<f64>> + 'a) -> Self {
        Self { name: name.to_owned(), once: Box::new(once) }
    }
}

/// What one method gave, round by round.
#[derive(Clone, Debug)]
pub struct Sample {
    /// The method's name.
    pub name: String,
    /// One value a round; the same index means the same round.
    values: Vec<f64>,
}

impl Sample {
    /// What was measured in another way than by turns; one value a round.
    pub fn new(name: &str, values: Vec<f64>) -> Self {
        Self { name: name.to_owned(), values }
    }

    /// How much more it is than `other`, round by round.
    pub fn over(&self, other: &Self) -> Self {
        let more = self.values.iter().zip(&other.values).map(|(ours, theirs)| ours - theirs);
        Self { name: self.name.clone(), values: more.collect() }
    }

    /// The middle.
    pub fn median(&self) -> f64 {
        quantile(&self.values, 0.5)
    }

    /// The median ratio to `other`, round by round: what slows a whole round down falls out.
    pub fn ratio_to(&self, other: &Self) -> f64 {
        let ratios: Vec<f64> =
            self.values.iter().zip(&other.values).map(|(ours, theirs)| ours / theirs).collect();
        quantile(&ratios, 0.5)
    }

    /// As text: the median, and the spread from the 10th to the 90th percentile.
    pub fn spread(&self, unit: &str) -> String {
        let digits = if self.median() < 100.0 { 2 } else { 0 };
        format!(
            "{:.digits$} {unit} ({:.digits$}–{:.digits$})",
            self.median(),
            quantile(&self.values, 0.1),
            quantile(&self.values, 0.9)
        )
    }
}

/// Runs every method once a round, in a new random order each time, after one round that doesn't count.
pub async fn take_turns(rounds: u32, methods: &[Method<'_>]) -> Outcome<Vec<Sample>> {
    let mut samples: Vec<Sample> = methods
        .iter()
        .map(|method| Sample { name: method.name.clone(), values: Vec::new() })
        .collect();
    let mut order: Vec<usize> = (0..methods.len()).collect();
    for round in 0..=rounds {
        fastrand::shuffle(&mut order);
        for &index in &order {
            let method = &methods[index];
            let value =
                (method.once)().await.map_err(|error| format!("{}: {error}", method.name))?;
            if round > 0 {
                samples[index].values.push(value);
            }
        }
    }
    Ok(samples)
}

/// The value at `share` of the sorted values; the nearest one, and 0 where there is none.
fn quantile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().saturating_sub(1);
    sorted.get((last as f64 * share).round() as usize).copied().unwrap_or_default()
}
