//! Paths as servers take them.

use crate::seam::FilePath;

/// `path` of the directory `root`: home is where a server begins. `None` for another account's (`~NAME`), of which it knows nothing.
pub(crate) fn full(root: &[u8], path: &FilePath) -> Option<Vec<u8>> {
    let root = at_home(root)?;
    let root = if root.is_empty() { b".".to_vec() } else { root };
    match path.bytes().first() {
        None => Some(root),
        Some(b'/') => Some(path.bytes().to_vec()),
        Some(b'~') => at_home(path.bytes()),
        Some(_) => Some(FilePath(root).join(path.bytes()).0),
    }
}

fn at_home(path: &[u8]) -> Option<Vec<u8>> {
    let Some(rest) = path.strip_prefix(b"~") else { return Some(path.to_vec()) };
    match rest.strip_prefix(b"/") {
        None if rest.is_empty() => Some(b".".to_vec()),
        Some(b"") => Some(b".".to_vec()),
        Some(rest) => Some(rest.to_vec()),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_tilde_is_where_a_server_begins() {
        let of = |root: &str, path: &str| {
            full(root.as_bytes(), &FilePath::from(path))
                .map(|path| String::from_utf8(path).unwrap())
        };
        assert_eq!(of("", "").unwrap(), ".");
        assert_eq!(of("", "a").unwrap(), "./a");
        assert_eq!(of("~/x", "a").unwrap(), "x/a");
        assert_eq!(of("/srv", "~/a").unwrap(), "a");
        assert_eq!(of("/srv", "~").unwrap(), ".");
        assert_eq!(of("/srv", "/a").unwrap(), "/a");
        assert_eq!(of("/srv", "~ada/a"), None);
    }
}
