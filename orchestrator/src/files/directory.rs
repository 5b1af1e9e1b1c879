//! What a directory that is being typed may become.

use super::scripts::Words;
use crate::failure::Failure;
use crate::seam::DirectoryLook;
use crate::transport::Connection;

/// So many directories are offered at most: more is no help to who types.
const MOST: usize = 200;

/// So many are asked for: names that aren't UTF-8 are left out here.
const ASKED: u64 = 1_000;

/// Asks the host. A relative path begins at `base`, and that at home.
///
/// # Errors
///
/// When the host can't be asked, and [`crate::failure::Code::Usage`] for a NUL.
pub(crate) async fn look(
    connection: &Connection,
    base: Option<&str>,
    typed: &str,
) -> Result<DirectoryLook, Failure> {
    let Parts { parent, last, most } = Parts::of(typed);
    let words = Words::new("bf_look").path(typed)?.path(parent)?.text(last)?;
    let words = words.path(base.unwrap_or_default())?.number(most);
    let answer = connection.call(words.call()).await?;
    Ok(read(typed, &answer.stdout))
}

/// A path that is being typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Parts<'a> {
    /// Up to its last slash.
    parent: &'a str,
    /// What is behind it.
    last: &'a str,
    /// How many directories are asked for.
    most: u64,
}

impl<'a> Parts<'a> {
    fn of(typed: &'a str) -> Self {
        let (parent, last) = typed.split_at(typed.rfind('/').map_or(0, |slash| slash + 1));
        // A home without a slash is no name in a directory.
        let most = if is_home(typed) { 0 } else { ASKED };
        Self { parent, last, most }
    }
}

fn is_home(typed: &str) -> bool {
    typed.starts_with('~') && !typed.contains('/')
}

/// Reads the answer of the script.
fn read(typed: &str, answer: &[u8]) -> DirectoryLook {
    let mut look = DirectoryLook::default();
    let Parts { parent, last, .. } = Parts::of(typed);
    for line in answer.split(|byte| *byte == b'\n') {
        let Ok(line) = std::str::from_utf8(line) else { continue };
        match line.split_once(' ').unwrap_or((line, "")) {
            ("d", path) => look.directory = Some(path.to_owned()),
            ("f", _) => look.file = true,
            ("g", _) => look.repository = true,
            ("c", _) if look.completions.len() == MOST => look.more = true,
            ("c", name) => look.completions.push(format!("{parent}{name}/")),
            ("m", _) => look.more = true,
            // Of a name that isn't UTF-8 up to here, or of a newer script.
            _ => {}
        }
    }
    look.completions.sort_unstable();
    if is_home(typed) || last == ".." {
        look.more &= last == "..";
        let itself = look.directory.as_ref().map(|_| format!("{typed}/"));
        look.completions.splice(0..0, itself);
    }
    look
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_completed_as_it_was_typed() {
        let look = read("~/pro", b"c projects\nc pro b\nm\n");
        assert_eq!(look.completions, ["~/pro b/", "~/projects/"]);
        assert!(look.more && look.directory.is_none() && !look.repository);
        let look = read("/srv/app", b"d /data/app\ng\nc app\nc app2\n");
        assert_eq!(look.completions, ["/srv/app/", "/srv/app2/"]);
        assert_eq!((look.directory.as_deref(), look.repository), (Some("/data/app"), true));
        assert_eq!(read("a", b"c a c\nc a\xff\n").completions, ["a c/"]);
    }

    #[test]
    fn a_file_is_told_from_nothing() {
        let look = read("/etc/profile", b"f\nc profile.d\n");
        assert!(look.file && look.directory.is_none());
        assert_eq!(look.completions, ["/etc/profile.d/"]);
        assert!(!read("/etc/nothing", b"").file);
    }

    #[test]
    fn homes_and_the_directory_above_go_on_with_a_slash() {
        assert_eq!(read("~", b"d /home/ada\nm\n").completions, ["~/"]);
        assert!(!read("~", b"d /home/ada\nm\n").more);
        assert_eq!(read("~nobody", b"m\n").completions, [""; 0]);
        assert_eq!(read("..", b"d /home\nc ..odd\n").completions, ["../", "..odd/"]);
        assert_eq!(Parts::of("~/x").parent, "~/");
    }

    #[test]
    fn no_more_than_two_hundred_are_offered() {
        let names: String = (0..250).map(|number| format!("c {number:03}\n")).collect();
        let look = read("", names.as_bytes());
        assert_eq!((look.completions.len(), look.more), (200, true));
        assert_eq!(look.completions[199], "199/");
    }
}
