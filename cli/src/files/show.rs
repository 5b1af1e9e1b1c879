//! Files as text and as JSON.

use std::io::IsTerminal;

use orchestrator::seam::{FileEntry, FileKind, FilePath};
use serde_json::{Value, json};

use crate::output::{Output, Stop};
use crate::render::clean;

/// A name for a terminal, where nothing of it moves a cursor.
pub fn shown(path: &FilePath) -> String {
    clean(&path.to_string())
}

/// A file as scripts read it; `name` is what its path is called there.
pub fn document(name: &str, entry: &FileEntry) -> Value {
    let mut document = json!({
        name: entry.path,
        "kind": entry.kind,
        "size_bytes": entry.size,
        "modified": entry.modified,
        "mode": format!("{:04o}", entry.mode),
        "outside": entry.outside,
        "ignored": entry.ignored,
    });
    if let Value::Object(fields) = &mut document {
        let mut put = |name: &str, value: Value| fields.insert(name.to_owned(), value);
        if let Some(link) = &entry.link {
            put("link", json!(link));
        }
        if let Some(writable) = entry.writable {
            put("writable", json!(writable));
            put("owner", json!(entry.owner));
            put("group", json!(entry.group));
        }
        if !entry.version.is_empty() {
            put("version", json!(entry.version));
        }
    }
    document
}

/// As `ls` has it: `-rw-r--r--`.
pub fn mode(entry: &FileEntry) -> String {
    let kind = match (entry.kind, &entry.link) {
        (_, Some(_)) => 'l',
        (FileKind::Directory, None) => 'd',
        (FileKind::File, None) => '-',
        (FileKind::Broken | FileKind::Other, None) => '?',
    };
    let bit = |at: u32, letter: char| if entry.mode & (1 << at) == 0 { '-' } else { letter };
    let mut text = String::from(kind);
    for (at, letter) in (0..9).rev().zip("rwxrwxrwx".chars()) {
        text.push(bit(at, letter));
    }
    text
}

/// A name, with what it is: `src/`, `link → target`, `broken → target (nothing is there)`.
pub fn named(entry: &FileEntry) -> String {
    let name = shown(&entry.path);
    match (&entry.link, entry.kind) {
        (Some(link), kind) => {
            let end = match kind {
                FileKind::Directory => "/",
                FileKind::File | FileKind::Other => "",
                FileKind::Broken => " (nothing is there)",
            };
            let outside = if entry.outside { " (outside)" } else { "" };
            format!("{name} → {}{end}{outside}", shown(link))
        }
        (None, FileKind::Directory) => format!("{name}/"),
        (None, FileKind::File | FileKind::Broken | FileKind::Other) => name,
    }
}

/// Prints names: escaped, one a line, on a terminal; else as they are, ended by a newline, or by a NUL where that was asked for.
pub fn names<'a>(
    output: &Output,
    zero: bool,
    names: impl Iterator<Item = &'a FilePath>,
) -> Result<(), Stop> {
    let escaped = !zero && std::io::stdout().is_terminal();
    let end = if zero { b'\0' } else { b'\n' };
    let mut bytes = Vec::new();
    for name in names {
        if escaped {
            bytes.extend_from_slice(shown(name).as_bytes());
        } else {
            bytes.extend_from_slice(name.bytes());
        }
        bytes.push(end);
    }
    Ok(output.write_raw(&bytes)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(kind: FileKind, mode: u32, link: Option<&str>) -> FileEntry {
        FileEntry {
            path: FilePath(b"a\x1b[31m\n".to_vec()),
            kind,
            link: link.map(FilePath::from),
            outside: false,
            size: 1,
            modified: None,
            mode,
            owner: String::new(),
            group: String::new(),
            ignored: false,
            writable: None,
            version: String::new(),
        }
    }

    #[test]
    fn what_a_file_is_is_seen() {
        assert_eq!(mode(&entry(FileKind::File, 0o640, None)), "-rw-r-----");
        assert_eq!(mode(&entry(FileKind::Directory, 0o755, None)), "drwxr-xr-x");
        assert_eq!(named(&entry(FileKind::Directory, 0, None)), "a\\u{1b}[31m\\n/");
        let broken = named(&entry(FileKind::Broken, 0, Some("x")));
        assert!(broken.ends_with("→ x (nothing is there)"), "{broken}");
    }
}
