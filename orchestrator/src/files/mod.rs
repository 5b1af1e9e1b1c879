//! What a host's directories hold, as far as somebody who types a path or a mention wants to know. One round trip each.

mod desk;
mod directory;
#[allow(dead_code)]
mod form;
mod glance;
mod names;
mod scripts;

pub(crate) use desk::FileDesk;
pub(crate) use directory::look;
pub(crate) use glance::glance;
pub(crate) use names::names;
