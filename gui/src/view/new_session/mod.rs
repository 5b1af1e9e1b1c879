//! Makes a session, or changes one.

mod agents;
mod directory;
mod fields;
mod form;
mod place;
mod view;

pub use form::SessionForm;
pub use view::{NewSessionAct, NewSessionData, NewSessionView};
