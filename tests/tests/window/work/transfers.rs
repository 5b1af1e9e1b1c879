//! Files on their way between the desktop and the machine.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use egui::Role;

use super::bed::{Bed, Way, on_every_way};
use crate::window::Window;

/// What can't be guessed from a part of it.
fn bytes(count: u32) -> Vec<u8> {
    (0..count).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8).collect()
}

/// A file of the desktop's.
fn here(bed: &Bed, name: &str) -> PathBuf {
    bed.desktop.setup.home.join(name)
}

fn send(window: &mut Window, folder: &str, file: &std::path::Path) {
    window.pick(Role::TreeItem, folder, "Upload here…");
    window.fill("Path", file.to_str().unwrap());
    window.press("Choose");
}

on_every_way! {
    fn a_file_is_sent_and_fetched_byte_for_byte(way: Way) {
        let bed = Bed::of(way);
        fs::create_dir(bed.file("src")).unwrap();
        let sent = bytes(300_000);
        fs::write(here(&bed, "it's a file"), &sent).unwrap();
        let mut window = bed.open("files");
        send(&mut window, "src", &here(&bed, "it's a file"));
        window.read("was sent");
        assert!(fs::read(bed.file("src/it's a file")).unwrap() == sent, "it is another one there");
        let fetched = bytes(400_000);
        fs::write(bed.file("big.bin"), &fetched).unwrap();
        window.pick(Role::TreeItem, "big.bin", "Download");
        window.read("was fetched");
        assert!(fs::read(here(&bed, "big.bin")).unwrap() == fetched, "it is another one here");
        window.close();
    }
}

fn cut_in_the_middle(way: Way) {
    let bed = Bed::far(way, Duration::ZERO);
    fs::create_dir(bed.file("src")).unwrap();
    let sent = bytes(8 << 20);
    fs::write(here(&bed, "big.bin"), &sent).unwrap();
    let mut window = bed.open("files");
    window.see(Role::TreeItem, "src");
    // Two seconds, of which one is cut out of the middle.
    bed.wan().set_rate(4 << 20);
    send(&mut window, "src", &here(&bed, "big.bin"));
    bed.wan().wait_for_bytes(3 << 20);
    bed.wan().cut();
    assert!(!bed.file("src/big.bin").exists(), "half of it has its name already");
    window.read("Waits: ");
    bed.wan().restore();
    window.read("was sent");
    assert!(fs::read(bed.file("src/big.bin")).unwrap() == sent, "it is another one there");
    window.close();
}

#[test]
fn an_upload_goes_on_behind_a_cut_over_openssh() {
    cut_in_the_middle(Way::OpenSsh);
}

#[test]
fn an_upload_goes_on_behind_a_cut_with_the_built_in_client() {
    cut_in_the_middle(Way::Native);
}
