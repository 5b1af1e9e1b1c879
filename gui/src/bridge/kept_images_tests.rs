#![allow(clippy::unwrap_used, clippy::panic)]

use std::fs;
use std::os::unix::fs::PermissionsExt;

use orchestrator::seam::TabId;

use super::*;
use crate::memory::{Draft, DraftKey};

fn png() -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image::RgbaImage::new(3, 2).write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

fn image(file: &str) -> KeptImage {
    KeptImage { file: file.into(), name: "cat.png".into(), bytes: Some(Arc::new(png())) }
}

fn draft(images: Vec<KeptImage>) -> Memory {
    let draft = Draft { images, ..Draft::default() };
    let drafts = [(DraftKey::Tab(TabId::new("t")), draft)].into();
    Memory { drafts, ..Memory::default() }
}

#[test]
fn an_image_of_a_draft_is_a_private_file_until_its_draft_is_gone() {
    let data = tempfile::tempdir().unwrap();
    let mut known = BTreeSet::new();
    let memory = draft(vec![image("1-1"), image("1-2")]);
    write_new(data.path(), &memory, &mut known).unwrap();
    let file = data.path().join("draft-images/1-2");
    assert_eq!(fs::read(&file).unwrap(), png());
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let dir = fs::metadata(file.parent().unwrap()).unwrap();
    assert_eq!(dir.permissions().mode() & 0o777, 0o700);

    remove_old(data.path(), &draft(vec![image("1-1")]), &mut known);
    assert!(!file.exists() && data.path().join("draft-images/1-1").exists());
    remove_old(data.path(), &Memory::default(), &mut known);
    assert_eq!(fs::read_dir(data.path().join("draft-images")).unwrap().count(), 0);
}

#[test]
fn an_image_is_written_once_and_what_nobody_noted_is_left_alone() {
    let data = tempfile::tempdir().unwrap();
    let mut known = BTreeSet::new();
    let memory = draft(vec![image("1-1")]);
    write_new(data.path(), &memory, &mut known).unwrap();
    let file = data.path().join("draft-images/1-1");
    fs::write(&file, "touched").unwrap();
    fs::write(data.path().join("draft-images/7-7"), "a neighbour").unwrap();
    write_new(data.path(), &memory, &mut known).unwrap();
    assert_eq!(fs::read(&file).unwrap(), b"touched");
    remove_old(data.path(), &Memory::default(), &mut known);
    assert!(!file.exists() && data.path().join("draft-images/7-7").exists());
}

#[test]
fn what_window_json_remembers_of_an_image_holds_none_of_its_bytes() {
    let json = serde_json::to_value(draft(vec![image("1-1")])).unwrap();
    let images = &json["drafts"]["tab:t"]["images"];
    assert_eq!(*images, serde_json::json!([{"file": "1-1", "name": "cat.png"}]));
    let read: Memory = serde_json::from_value(json).unwrap();
    assert_eq!(read, draft(vec![image("1-1")]));
}

#[tokio::test]
async fn images_are_read_again_and_those_that_cant_be_are_named_and_kept() {
    let data = tempfile::tempdir().unwrap();
    let mut known = BTreeSet::new();
    write_new(data.path(), &draft(vec![image("1-1"), image("1-2")]), &mut known).unwrap();
    fs::write(data.path().join("draft-images/1-2"), "no image").unwrap();
    fs::write(data.path().join("secret"), png()).unwrap();
    let forget = |image| KeptImage { bytes: None, ..image };
    let wanted = ["1-1", "1-2", "1-3", "../secret"].map(|file| forget(image(file))).to_vec();
    let News::Restored { ticket: 9, images, failures } =
        restore(9, data.path().to_path_buf(), wanted).await
    else {
        panic!("another answer");
    };
    assert_eq!(images.len(), 1);
    assert_eq!(images[0].0.bytes.as_ref().unwrap()[..], png());
    assert_eq!(images[0].1.size, [3, 2]);
    let codes: Vec<Code> = failures.iter().map(|failure| failure.code).collect();
    assert_eq!(codes, [Code::Corrupt, Code::NotFound, Code::Corrupt]);
    assert!(failures.iter().all(|failure| failure.message.contains("cat.png")));
    assert_eq!(fs::read(data.path().join("draft-images/1-2.corrupt")).unwrap(), b"no image");
    assert!(data.path().join("secret").exists());
}
