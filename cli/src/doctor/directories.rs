//! The directories that Baton writes to.

use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use orchestrator::failure::Failure;
use orchestrator::machine::check_run_dir;
use rustix::fs::{Access, access};
use rustix::process::geteuid;

use super::{Area, Finding};
use crate::app::App;

/// Group and others may write.
const OTHERS_WRITE: u32 = 0o022;

/// All four of them, and whether there is room for the names of sockets.
pub fn all(app: &App) -> Vec<Finding> {
    let paths = &app.paths;
    let all = [
        ("config", &paths.config),
        ("data", &paths.data),
        ("state", &paths.state),
        ("run", &paths.run),
    ];
    let mut findings: Vec<_> = all.into_iter().map(|(name, path)| directory(name, path)).collect();
    if let Err(error) = check_run_dir(&paths.run) {
        findings.push(Finding::failure(Area::Directories, Failure::from(error)));
    }
    findings
}

fn directory(name: &str, path: &Path) -> Finding {
    let shown = format!("{name}: {}", path.display());
    let problem = |what: &str, hint: String| {
        Finding::problem(Area::Directories, format!("{shown} {what}"), hint)
    };
    let place = format!("{}", path.display());
    let metadata = match path.metadata() {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == ErrorKind::NotFound => return not_there(&shown, path),
        Err(error) => {
            return problem(
                &format!("can't be looked at: {error}"),
                format!("Check the owners and modes of the directories above {place}"),
            );
        }
    };
    if !metadata.is_dir() {
        return problem("is not a directory", format!("Move {place} out of the way"));
    }
    let mode = metadata.permissions().mode() & 0o7777;
    if metadata.uid() != geteuid().as_raw() {
        return problem(
            &format!("belongs to another account (uid {})", metadata.uid()),
            format!(
                "Give it to yourself (`chown -R \"$(id -u)\" {place}`), or choose another place with BATON_HOME"
            ),
        );
    }
    if mode & OTHERS_WRITE != 0 {
        return problem(
            &format!("can be written by others (mode {mode:04o})"),
            format!("`chmod go-w {place}`"),
        );
    }
    if !writable(path) {
        return problem(
            &format!("can't be written (mode {mode:04o})"),
            format!("`chmod u+rwx {place}`; or is its file system read-only?"),
        );
    }
    Finding::ok(Area::Directories, format!("{shown} (mode {mode:04o})"))
}

/// It will be made; whether it can be is up to the nearest directory above it.
fn not_there(shown: &str, path: &Path) -> Finding {
    let above = path.ancestors().skip(1).find(|dir| dir.exists());
    match above {
        Some(above) if above.is_dir() && writable(above) => {
            Finding::ok(Area::Directories, format!("{shown} (is made when it is needed)"))
        }
        Some(above) => Finding::problem(
            Area::Directories,
            format!("{shown} is not there and can't be made in {}", above.display()),
            "Check the owner and mode of the directory above it, or choose another place with BATON_HOME",
        ),
        None => Finding::problem(
            Area::Directories,
            format!("{shown} is not there, and nothing above it is"),
            "Choose another place with BATON_HOME",
        ),
    }
}

fn writable(dir: &Path) -> bool {
    access(dir, Access::READ_OK | Access::WRITE_OK | Access::EXEC_OK).is_ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use std::fs::{self, Permissions};

    use super::super::Level;
    use super::*;

    #[test]
    fn a_directory_is_fine_when_it_is_ours_alone_or_can_be_made() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(directory("data", dir.path()).level, Level::Ok);
        let missing = directory("data", &dir.path().join("a/b/c"));
        assert_eq!(missing.level, Level::Ok);
        assert!(missing.message.contains("is made when it is needed"), "{missing:?}");
    }

    #[test]
    fn what_others_can_write_or_is_no_directory_is_a_problem() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("file"), "").unwrap();
        assert_eq!(directory("run", &dir.path().join("file")).level, Level::Problem);
        assert_eq!(directory("run", &dir.path().join("file/below")).level, Level::Problem);
        fs::set_permissions(dir.path(), Permissions::from_mode(0o777)).unwrap();
        let open = directory("run", dir.path());
        assert_eq!(open.level, Level::Problem);
        assert!(open.hint.unwrap().contains("chmod go-w"));
    }
}
