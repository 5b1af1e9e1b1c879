//! Images that go with a prompt.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::failure::{Code, Failure};

/// Providers take 5 to 20 MB an image; what is larger is another kind of file, or a mistake.
const LIMIT_BYTES: u64 = 32 * 1024 * 1024;

/// An image, known to be one by its first bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Image {
    kind: ImageKind,
    bytes: Vec<u8>,
}

impl std::fmt::Debug for Image {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Image({:?}, {} bytes)", self.kind, self.bytes.len())
    }
}

/// The kinds that all agents' models take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImageKind {
    /// PNG.
    Png,
    /// JPEG.
    Jpeg,
    /// GIF.
    Gif,
    /// WebP.
    Webp,
}

impl ImageKind {
    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Gif => "image/gif",
            Self::Webp => "image/webp",
        }
    }

    /// The end of a file's name, without the dot.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Jpeg => "jpg",
            Self::Gif => "gif",
            Self::Webp => "webp",
        }
    }
}

impl Image {
    /// Takes `bytes` for an image; `name` is what a person calls it.
    ///
    /// # Errors
    ///
    /// [`Code::Usage`] when they don't begin as one does; [`Code::TooLarge`] above 32 MiB.
    pub fn new(name: &str, bytes: Vec<u8>) -> Result<Self, Failure> {
        if bytes.len() as u64 > LIMIT_BYTES {
            return Err(too_large(name));
        }
        match sniff(&bytes) {
            Some(kind) => Ok(Self { kind, bytes }),
            None => Err(Failure::new(Code::Usage, format!("{name} is not an image"))
                .hint("Attach a PNG, JPEG, GIF or WebP file; name other files in the prompt")),
        }
    }

    /// Reads the image at `path` on this machine.
    ///
    /// # Errors
    ///
    /// Also [`Code::NotFound`], [`Code::IsDirectory`] and [`Code::PermissionDenied`].
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let name = path.display().to_string();
        let can_not = |error: io::Error| {
            let (code, what) = match error.kind() {
                io::ErrorKind::NotFound => (Code::NotFound, format!("there is no image {name}")),
                io::ErrorKind::IsADirectory => {
                    (Code::IsDirectory, format!("{name} is a directory, not an image"))
                }
                io::ErrorKind::PermissionDenied => {
                    (Code::PermissionDenied, format!("may not read the image {name}"))
                }
                _ => (Code::NotFound, format!("can't read the image {name}: {error}")),
            };
            Failure::new(code, what).hint("Images are files of this machine, not of the host")
        };
        let mut bytes = Vec::new();
        let file = File::open(path).map_err(can_not)?;
        file.take(LIMIT_BYTES + 1).read_to_end(&mut bytes).map_err(can_not)?;
        Self::new(&name, bytes)
    }

    /// What it is.
    pub fn kind(&self) -> ImageKind {
        self.kind
    }

    /// Its bytes as text.
    pub fn base64(&self) -> String {
        STANDARD.encode(&self.bytes)
    }

    /// The file's bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

fn too_large(name: &str) -> Failure {
    Failure::new(Code::TooLarge, format!("{name} is larger than 32 MiB"))
        .hint("Attach a smaller picture: models see no more than some megapixels")
}

fn sniff(bytes: &[u8]) -> Option<ImageKind> {
    if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        Some(ImageKind::Png)
    } else if bytes.starts_with(b"\xff\xd8\xff") {
        Some(ImageKind::Jpeg)
    } else if bytes.starts_with(b"GIF87a") || bytes.starts_with(b"GIF89a") {
        Some(ImageKind::Gif)
    } else if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        Some(ImageKind::Webp)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn an_image_is_known_by_its_bytes_and_not_by_its_name() {
        let kind = |bytes: &[u8]| Image::new("x", bytes.to_vec()).map(|image| image.kind());
        assert_eq!(kind(b"\x89PNG\r\n\x1a\nrest"), Ok(ImageKind::Png));
        assert_eq!(kind(b"\xff\xd8\xff\xe0"), Ok(ImageKind::Jpeg));
        assert_eq!(kind(b"GIF89a"), Ok(ImageKind::Gif));
        assert_eq!(kind(b"RIFF\0\0\0\0WEBPVP8 "), Ok(ImageKind::Webp));
        for other in [b"%PDF-1.7".as_slice(), b"", b"RIFF\0\0\0\0WAVE", b"<svg/>"] {
            assert_eq!(kind(other).unwrap_err().code, Code::Usage);
        }
    }

    #[test]
    fn an_image_that_is_not_there_is_said_before_anything_starts() {
        let dir = tempfile::tempdir().unwrap();
        let read = |name: &str| Image::read(&dir.path().join(name)).unwrap_err();
        assert_eq!(read("none.png").code, Code::NotFound);
        assert_eq!(read(".").code, Code::IsDirectory);
        std::fs::write(dir.path().join("a.png"), "text").unwrap();
        assert_eq!(read("a.png").code, Code::Usage);
    }
}
