//! Images that go along with a message, read here.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use orchestrator::failure::{Code, Failure};
use orchestrator::seam::Image;

/// The most that the providers of models take, in bytes.
const LARGEST: u64 = 20_000_000;

/// Reads all of them.
///
/// # Errors
///
/// For the first one that is missing, no image, or too large; it is named.
pub fn read(paths: &[impl AsRef<Path>]) -> Result<Vec<Image>, Failure> {
    paths.iter().map(|path| image(path.as_ref())).collect()
}

fn image(path: &Path) -> Result<Image, Failure> {
    let shown = path.display();
    let failed = |error: io::Error| {
        let (code, hint) = match error.kind() {
            io::ErrorKind::NotFound => (Code::NotFound, "Check the path"),
            io::ErrorKind::PermissionDenied => (Code::PermissionDenied, "Check who may read it"),
            _ => (Code::Internal, "Check the path and the disk"),
        };
        Failure::new(code, format!("can't read the image {shown}: {error}")).hint(hint)
    };
    let file = File::open(path).map_err(failed)?;
    if file.metadata().map_err(failed)?.is_dir() {
        return Err(Failure::new(Code::IsDirectory, format!("the image {shown} is a directory"))
            .hint("Name the image's file"));
    }
    let mut bytes = Vec::new();
    // A pipe has no length beforehand.
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > LARGEST {
        return Err(Failure::new(
            Code::TooLarge,
            format!("the image {shown} has more than {} MB", LARGEST / 1_000_000),
        )
        .hint("Make it smaller; models see it reduced anyway"));
    }
    if !is_image(&bytes) {
        return Err(Failure::new(Code::Usage, format!("{shown} is no image that agents read"))
            .hint(
                "PNG, JPEG, GIF and WebP are; what counts is what is in the file, not its name",
            ));
    }
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    Ok(Image { name, bytes })
}

/// By the first bytes, as the formats' specifications have them.
fn is_image(bytes: &[u8]) -> bool {
    let webp = bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP");
    let others: [&[u8]; 4] = [b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a"];
    webp || others.iter().any(|magic| bytes.starts_with(magic))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn an_image_is_known_by_what_is_in_it() {
        let dir = tempfile::tempdir().unwrap();
        let file = |name: &str, bytes: &[u8]| {
            let path = dir.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            path
        };
        let good = file("shot.txt", b"\x89PNG\r\n\x1a\nrest");
        let webp = file("w", b"RIFF\0\0\0\0WEBPVP8 ");
        let images = read(&[&good, &webp]).unwrap();
        assert_eq!((images[0].name.as_str(), images[0].bytes.len()), ("shot.txt", 12));
        let mut large = b"GIF89a".to_vec();
        large.resize(20_000_001, 0);
        for (path, code) in [
            (dir.path().join("none.png"), Code::NotFound),
            (file("script.png", b"#!/bin/sh\n"), Code::Usage),
            (file("empty.png", b""), Code::Usage),
            (dir.path().to_owned(), Code::IsDirectory),
            (file("large.gif", &large), Code::TooLarge),
        ] {
            let refused = read(&[&good, &path]).unwrap_err();
            assert_eq!(refused.code, code, "{refused}");
            assert!(refused.message.contains(&path.display().to_string()), "{refused}");
            assert!(refused.hint.is_some());
        }
    }
}
