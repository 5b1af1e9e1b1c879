//! A terminal's view in a window of its own, fed with a file: to look at it, and to measure its frames.
//!
//! `cargo run --release -p baton-gui --example terminal -- FILE PICTURE.png` saves a picture and says how long frames
//! took: while nothing changed, while every cell changed, and while lines went by.
#![allow(clippy::print_stdout)]

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use baton_gui::fonts;
use baton_gui::theme::Theme;
use baton_gui::view::terminal::{TerminalData, TerminalView};
use orchestrator::seam::TerminalState;
use orchestrator::terminal::Screen;

/// Frames of each kind.
const FRAMES: usize = 300;

struct Look {
    view: TerminalView,
    screen: Screen,
    fed: Vec<u8>,
    picture: String,
    frame: usize,
    took: [Vec<Duration>; 3],
    said: Arc<Mutex<String>>,
    is_dark: bool,
}

impl Look {
    /// Every cell another colour and letter.
    fn shuffle(&mut self) {
        let mut bytes = b"\x1b[H".to_vec();
        for row in 0..self.screen.rows() {
            for column in 0..self.screen.columns() {
                let (n, letter) =
                    (self.frame + row * 7 + column * 3, (row + column + self.frame) % 26);
                let text = format!(
                    "\x1b[38;2;{};{};{};48;5;{}m{}",
                    n % 256,
                    n * 5 % 256,
                    n * 11 % 256,
                    n % 256,
                    char::from(b'a' + letter as u8)
                );
                bytes.extend_from_slice(text.as_bytes());
            }
            bytes.extend_from_slice(b"\x1b[0m");
            if row + 1 < self.screen.rows() {
                bytes.extend_from_slice(b"\r\n");
            }
        }
        self.screen.feed(&bytes);
    }
}

impl eframe::App for Look {
    fn ui(&mut self, ui: &mut egui::Ui, _: &mut eframe::Frame) {
        let ctx = ui.ctx().clone();
        if self.frame == 0 {
            ctx.set_fonts(fonts::definitions());
            if self.is_dark { Theme::DARK } else { Theme::LIGHT }.put(&ctx);
        }
        let kind = (self.frame / FRAMES).checked_sub(1);
        match kind {
            Some(1) => self.shuffle(),
            Some(2) => self
                .screen
                .feed(format!("\r\n\x1b[3{}mline {}", self.frame % 8, self.frame).as_bytes()),
            _ => {}
        }
        if self.frame == 5 {
            self.screen.feed(&self.fed);
        }
        let begun = Instant::now();
        let data = TerminalData {
            name: "Terminal 1",
            state: &TerminalState::Open,
            unkept: None,
            directory: None,
            copy_on_select: false,
            font_size: 13.0,
        };
        if self.frame < 4 {
            self.view.focus();
        }
        self.view.ui(ui, &mut self.screen, &data);
        if let Some(took) = kind.and_then(|kind| self.took.get_mut(kind)) {
            took.push(begun.elapsed());
        }
        if self.frame == FRAMES / 2 {
            let (said, picture) = (Arc::clone(&self.said), self.picture.clone());
            let save = move |image: Arc<egui::ColorImage>| {
                let [width, height] = image.size.map(|side| side as u32);
                let kind = image::ColorType::Rgba8;
                let saved = image::save_buffer(&picture, image.as_raw(), width, height, kind);
                *said.lock().unwrap_or_else(std::sync::PoisonError::into_inner) =
                    format!("{saved:?}");
            };
            let shot = egui::ScreenshotCallback::new(save);
            ctx.send_viewport_cmd(egui::ViewportCommand::Screenshot(shot));
        }
        self.frame += 1;
        if self.frame > 4 * FRAMES {
            for (name, took) in
                ["still", "all cells new", "a line a frame"].iter().zip(&mut self.took)
            {
                took.sort();
                let at =
                    |part: usize| took.get(took.len() * part / 100).copied().unwrap_or_default();
                println!("{name}: median {:?}, p99 {:?}", at(50), at(99));
            }
            println!("{} x {}", self.screen.columns(), self.screen.rows());
            ctx.send_viewport_cmd(egui::ViewportCommand::Close);
        }
        ctx.request_repaint();
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let fed = std::fs::read(arguments.next().ok_or("a file to feed")?)?;
    let picture = arguments.next().ok_or("a picture to save")?;
    let is_dark = arguments.next().is_none();
    let said = Arc::new(Mutex::new(String::new()));
    let look = Look {
        view: TerminalView::default(),
        screen: Screen::new(80, 24),
        fed,
        picture,
        frame: 0,
        took: Default::default(),
        said: said.clone(),
        is_dark,
    };
    let options = eframe::NativeOptions {
        viewport: egui::ViewportBuilder::default().with_inner_size([1600.0, 1100.0]),
        ..Default::default()
    };
    eframe::run_native("terminal", options, Box::new(|_| Ok(Box::new(look))))?;
    println!("{}", said.lock().map_err(|error| error.to_string())?);
    Ok(())
}
