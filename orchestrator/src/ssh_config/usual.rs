//! Names from the files that ssh reads unless it is told otherwise.

use std::path::{Path, PathBuf};

use super::{Aliases, ConfigFiles, ConfigSources, Disk, KnownHost, aliases, known_hosts};

/// The aliases of the config that ssh itself would read: `config` instead of the person's and the system's where it is given.
pub fn usual_aliases(config: Option<&Path>, home: &Path) -> Aliases {
    let sources = match config {
        // As for ssh's own `-F none`: no file at all.
        Some(none) if none.as_os_str() == "none" => return Aliases::default(),
        Some(file) => ConfigSources { user: file.to_owned(), system: None, home: home.to_owned() },
        None => ConfigSources {
            user: home.join(".ssh/config"),
            system: Some("/etc/ssh/ssh_config".into()),
            home: home.to_owned(),
        },
    };
    aliases(&sources, &Disk)
}

/// The plain names of the `known_hosts` files in their standard places; one that can't be read has none.
pub fn usual_known_hosts(home: &Path) -> Vec<KnownHost> {
    let ssh = home.join(".ssh");
    let files: [PathBuf; 4] = [
        ssh.join("known_hosts"),
        ssh.join("known_hosts2"),
        "/etc/ssh/ssh_known_hosts".into(),
        "/etc/ssh/ssh_known_hosts2".into(),
    ];
    files
        .iter()
        // A file that isn't there, or isn't ours to read, offers no names.
        .filter_map(|path| Disk.read(path).ok())
        .flat_map(|text| known_hosts(&text))
        .collect()
}
