//! Sessions: agents at work on hosts, their conversations, turns and queues.

mod book;
mod command;
mod create;
mod decide;
mod desk;
mod drive;
mod engine;
mod entry;
mod fact;
mod flow;
mod fold;
mod look;
mod queue;
mod reach;
mod said;
mod tabs;
mod turn;
mod under_way;
mod waiting;
mod world;

pub use book::Book;
pub use engine::{Engine, EnginePlan};
pub use entry::{Effect, Entry, LaunchOrder, Outcome};
pub use world::EngineSettings;

#[cfg(test)]
mod state_history_tests;
#[cfg(test)]
mod state_place_tests;
#[cfg(test)]
mod state_property_tests;
#[cfg(test)]
mod state_question_tests;
#[cfg(test)]
mod state_tests;
