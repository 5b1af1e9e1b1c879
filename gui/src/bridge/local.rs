//! Files and programs of this machine, away from the frame.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use orchestrator::failure::{Code, Failure};
use orchestrator::seam::Image;

use super::{LocalFile, News, Picture, Ticket};

/// The longest side of a picture that is drawn, in pixels: what every graphics card can.
const LONGEST_SIDE: u32 = 2_048;
/// The largest image file that is taken, in bytes; agents refuse larger ones.
const LARGEST: u64 = 20 << 20;

/// Decodes images, each that can be.
pub(super) async fn decode(images: Vec<Image>) -> Vec<Arc<Picture>> {
    let work = tokio::task::spawn_blocking(move || {
        let pictures = images.iter().filter_map(|image| match picture(&image.name, &image.bytes) {
            Ok(picture) => Some(Arc::new(picture)),
            Err(failure) => {
                tracing::info!("{failure}");
                None
            }
        });
        pictures.collect()
    });
    work.await.unwrap_or_else(|error| {
        tracing::error!("decoding an image broke off: {error}");
        Vec::new()
    })
}

pub(super) fn picture(name: &str, bytes: &[u8]) -> Result<Picture, Failure> {
    let unfit = |error: image::ImageError| {
        Failure::new(Code::Usage, format!("{name} is no image that can be shown: {error}"))
            .hint("Agents take PNG, JPEG, GIF and WebP")
    };
    let decoded = image::load_from_memory(bytes).map_err(unfit)?;
    let (width, height) = (decoded.width(), decoded.height());
    let small = if width.max(height) > LONGEST_SIDE {
        decoded.thumbnail(LONGEST_SIDE, LONGEST_SIDE)
    } else {
        decoded
    };
    let rgba = small.to_rgba8();
    let shown = [rgba.width() as usize, rgba.height() as usize];
    let pixels = egui::ColorImage::from_rgba_unmultiplied(shown, rgba.as_raw());
    Ok(Picture { name: name.to_owned(), pixels, size: [width as usize, height as usize] })
}

/// Reads images for a message.
pub(super) async fn attach(ticket: Ticket, files: Vec<PathBuf>) -> News {
    let work = tokio::task::spawn_blocking(move || {
        let mut images = Vec::new();
        let mut failures = Vec::new();
        for file in files {
            match read(&file) {
                Ok(read) => images.push(read),
                Err(failure) => failures.push(failure),
            }
        }
        (images, failures)
    });
    let (images, failures) = work.await.unwrap_or_else(|error| {
        let failure = Failure::new(Code::Internal, format!("reading images broke off: {error}"));
        (Vec::new(), vec![failure])
    });
    News::Attached { ticket, images, failures }
}

fn read(file: &Path) -> Result<(Image, Arc<Picture>), Failure> {
    let shown = file.display();
    let unread = |error: std::io::Error| {
        let code = match error.kind() {
            std::io::ErrorKind::NotFound => Code::NotFound,
            std::io::ErrorKind::PermissionDenied => Code::PermissionDenied,
            _ => Code::Internal,
        };
        Failure::new(code, format!("could not read {shown}: {error}"))
    };
    let size = std::fs::metadata(file).map_err(unread)?.len();
    if size > LARGEST {
        return Err(Failure::new(Code::TooLarge, format!("{shown} has {} MB", size >> 20))
            .hint(format!("Images may have {} MB", LARGEST >> 20)));
    }
    let bytes = std::fs::read(file).map_err(unread)?;
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned());
    let name = name.unwrap_or_else(|| "image".to_owned());
    let picture = Arc::new(picture(&name, &bytes)?);
    Ok((Image { name, bytes }, picture))
}

/// Makes a PNG of what was pasted.
pub(super) async fn attach_pixels(ticket: Ticket, pixels: Arc<egui::ColorImage>) -> News {
    let work = tokio::task::spawn_blocking(move || {
        let [width, height] = pixels.size;
        let bytes: Vec<u8> =
            pixels.pixels.iter().flat_map(|pixel| pixel.to_srgba_unmultiplied()).collect();
        let unfit = |what: String| {
            Failure::new(Code::Internal, format!("the pasted image can't be kept: {what}"))
        };
        let (wide, high) = (u32::try_from(width), u32::try_from(height));
        let (Ok(wide), Ok(high)) = (wide, high) else {
            return Err(unfit("it is too large".into()));
        };
        let whole = image::RgbaImage::from_raw(wide, high, bytes)
            .ok_or_else(|| unfit("its size is wrong".into()))?;
        let mut png = std::io::Cursor::new(Vec::new());
        whole
            .write_to(&mut png, image::ImageFormat::Png)
            .map_err(|error| unfit(error.to_string()))?;
        let bytes = png.into_inner();
        let name = "pasted.png".to_owned();
        let picture = Arc::new(picture(&name, &bytes)?);
        Ok((Image { name, bytes }, picture))
    });
    let made = work.await.unwrap_or_else(|error| {
        Err(Failure::new(Code::Internal, format!("the paste broke off: {error}")))
    });
    match made {
        Ok(image) => News::Attached { ticket, images: vec![image], failures: Vec::new() },
        Err(failure) => News::Attached { ticket, images: Vec::new(), failures: vec![failure] },
    }
}

/// What a directory holds: directories first, each by name.
pub(super) async fn list(dir: PathBuf) -> News {
    let of = dir.clone();
    let work = tokio::task::spawn_blocking(move || {
        let entries = std::fs::read_dir(&of).map_err(|error| {
            Failure::new(Code::NotFound, format!("could not look into {}: {error}", of.display()))
        })?;
        let mut files: Vec<LocalFile> = entries
            // One that is gone by now isn't there.
            .filter_map(Result::ok)
            .map(|entry| {
                // A link counts as what it leads to.
                let meta = std::fs::metadata(entry.path()).ok(); // A broken link is a file of no size.
                LocalFile {
                    name: entry.file_name().to_string_lossy().into_owned(),
                    is_dir: meta.as_ref().is_some_and(std::fs::Metadata::is_dir),
                    size: meta.map_or(0, |meta| meta.len()),
                }
            })
            .collect();
        files.sort_by(|a, b| {
            b.is_dir.cmp(&a.is_dir).then_with(|| a.name.to_lowercase().cmp(&b.name.to_lowercase()))
        });
        Ok(files)
    });
    let answer = work.await.unwrap_or_else(|error| {
        Err(Failure::new(Code::Internal, format!("looking broke off: {error}")))
    });
    News::Listed { dir, answer }
}

/// Opens something with the desktop's own program.
pub(super) async fn open(what: &str) -> Result<(), Failure> {
    let program = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let failed = |why: String| {
        Failure::new(Code::Unsupported, format!("could not open {what}: {why}"))
            .hint(format!("Open it by hand; `{program}` is what was tried"))
    };
    // A word that begins with a dash would be an option.
    if what.starts_with('-') {
        return Err(failed("it is no address and no path".into()));
    }
    let mut child = tokio::process::Command::new(program)
        .arg(what)
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .map_err(|error| failed(error.to_string()))?;
    let status = child.wait().await.map_err(|error| failed(error.to_string()))?;
    if status.success() { Ok(()) } else { Err(failed(status.to_string())) }
}
