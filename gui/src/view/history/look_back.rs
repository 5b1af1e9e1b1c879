//! How far back the graph looks.

use jiff::{SignedDuration, Timestamp};

/// How far back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LookBack {
    /// 24 hours.
    #[default]
    Day,
    /// 72 hours.
    ThreeDays,
    /// A week.
    Week,
    /// Two weeks.
    TwoWeeks,
    /// 30 days.
    Month,
    /// 182 days.
    HalfYear,
    /// 365 days.
    Year,
    /// Everything.
    All,
}

impl LookBack {
    /// All of them, in the order of the menu.
    pub const ALL: [Self; 8] = [
        Self::Day,
        Self::ThreeDays,
        Self::Week,
        Self::TwoWeeks,
        Self::Month,
        Self::HalfYear,
        Self::Year,
        Self::All,
    ];

    /// What a person reads.
    pub fn words(self) -> &'static str {
        match self {
            Self::Day => "24 hours",
            Self::ThreeDays => "72 hours",
            Self::Week => "1 week",
            Self::TwoWeeks => "2 weeks",
            Self::Month => "1 month",
            Self::HalfYear => "6 months",
            Self::Year => "1 year",
            Self::All => "All",
        }
    }

    /// In hours; 0 is everything. So [`crate::memory::Memory::look_back_hours`] has it.
    pub fn hours(self) -> u32 {
        match self {
            Self::Day => 24,
            Self::ThreeDays => 72,
            Self::Week => 168,
            Self::TwoWeeks => 336,
            Self::Month => 720,
            Self::HalfYear => 4368,
            Self::Year => 8760,
            Self::All => 0,
        }
    }

    /// The one of so many hours; a day for what is none.
    pub fn of_hours(hours: u32) -> Self {
        Self::ALL.into_iter().find(|known| known.hours() == hours).unwrap_or_default()
    }

    /// How many bars the graph has.
    pub fn buckets(self) -> u32 {
        match self {
            Self::Day | Self::ThreeDays | Self::HalfYear | Self::Year | Self::All => 24,
            Self::Week | Self::TwoWeeks => 28,
            Self::Month => 30,
        }
    }

    /// From when to when: `oldest` is the oldest entry that is known, for everything.
    pub fn span(self, now: Timestamp, oldest: Option<Timestamp>) -> (Timestamp, Timestamp) {
        let hours = i64::from(self.hours());
        let from = match self {
            // A day at least, so that the bars have a width.
            Self::All => oldest.unwrap_or(now).min(back(now, 24)),
            Self::Day
            | Self::ThreeDays
            | Self::Week
            | Self::TwoWeeks
            | Self::Month
            | Self::HalfYear
            | Self::Year => back(now, hours),
        };
        (from, now)
    }
}

fn back(now: Timestamp, hours: i64) -> Timestamp {
    now.checked_sub(SignedDuration::from_hours(hours)).unwrap_or(Timestamp::MIN)
}
