//! Git on hosts: always the host's own, with its credentials.

mod desk;

pub(crate) use desk::GitDesk;
