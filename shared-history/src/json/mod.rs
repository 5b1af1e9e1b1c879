//! JSON as it stands in a file: where its parts are, what they mean to JavaScript, and how they are written.

mod edit;
mod object;
mod value;

pub(crate) use edit::{Change, edit};
pub(crate) use object::Object;
pub(crate) use value::{Value, clamped, number, string, write};

#[cfg(test)]
#[path = "../json_tests.rs"]
mod tests;
