//! The directory of ours that ssh works in: made private, with the configuration that ssh gets.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::config::{self, Theirs};
use super::control_path::fingerprint;
use super::transport::OpenSshSettings;
use crate::host::HostId;
use crate::transport::TransportError;

/// Writes the configuration, named by what it says: one file for all who mean the same.
pub(in crate::transport) fn write_config(
    host: &HostId,
    settings: &OpenSshSettings,
) -> Result<PathBuf, TransportError> {
    let dir = &settings.run_dir;
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .map_err(|error| failed("make", dir, &error))?;
    let text = match &settings.config {
        None => config::compose(
            &Theirs::Files {
                user: &settings.home.join(".ssh/config"),
                system: &settings.system_config,
            },
            settings.patience,
        ),
        Some(none) if none.as_os_str() == "none" => {
            config::compose(&Theirs::Text(""), settings.patience)
        }
        Some(file) => {
            let theirs =
                fs::read_to_string(file).map_err(|error| TransportError::InvalidConfig {
                    host: host.clone(),
                    said: format!("can't read {}: {error}", file.display()),
                })?;
            config::compose(&Theirs::Text(&theirs), settings.patience)
        }
    };
    let path = dir.join(format!("{:016x}.conf", fingerprint(&text)));
    if fs::read_to_string(&path).is_ok_and(|there| there == text) {
        return Ok(path);
    }
    let temporary = dir.join(format!(".{}.conf", uuid::Uuid::new_v4().simple()));
    let written = (|| {
        let mut file =
            fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary)?;
        file.write_all(text.as_bytes())?;
        fs::rename(&temporary, &path)
    })();
    match written {
        Ok(()) => Ok(path),
        Err(error) => {
            if let Err(left) = fs::remove_file(&temporary) {
                tracing::debug!(%left, "half a configuration was left behind");
            }
            Err(failed("write", &path, &error))
        }
    }
}

/// What to say when the file system doesn't do what the directory is for.
pub(super) fn failed(what: &str, path: &Path, error: &io::Error) -> TransportError {
    TransportError::Local {
        what: format!("could not {what} {}: {error}", path.display()),
        hint: Some("Check that the directory is yours and the disk is not full".into()),
    }
}
