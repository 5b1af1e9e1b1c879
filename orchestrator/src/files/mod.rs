//! Files of hosts. The desk answers front ends, through a `form::Files` of the place that is meant: its shell, in one round trip for each
//! request that isn't large. Beside it stands what somebody who types a path wants to know.

mod complaint;
mod crc;
mod desk;
mod directory;
mod entry;
mod finder;
mod form;
mod glance;
mod ignored;
#[cfg(test)]
mod list_tests;
mod listing;
mod many;
mod matching;
mod paths;
mod refusal;
mod scripts;
mod sftp;
mod sftp_or_shell;
mod sftp_place;
mod sftp_save;
mod shell;
mod shell_many;
mod sum;
mod window;

pub(crate) use complaint::complained_of;
pub(crate) use crc::cksum;
pub(crate) use desk::FileDesk;
pub(crate) use directory::look;
pub(crate) use glance::glance;
pub use refusal::lies_outside;
pub(crate) use sftp_or_shell::instead_of_shell;
