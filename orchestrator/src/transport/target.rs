use std::path::PathBuf;

use crate::host::HostId;

/// Where a connection goes: a destination that ssh understands, and what the person overrode.
///
/// A `None` is inherited from the ssh config (`-p`, `-i` and `user@` are only sent where they are set).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// What errors call the host.
    pub id: HostId,
    /// A host name, an address, or an alias of the ssh config. Never begins with `-`, holds no control characters.
    pub destination: String,
    /// The account.
    pub user: Option<String>,
    /// The TCP port.
    pub port: Option<u16>,
    /// The private key, an absolute path.
    pub identity_file: Option<PathBuf>,
}
