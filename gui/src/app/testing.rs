//! The whole window over a bridge that leads to a test: no engine, no machine, no file.

#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use baton_front::Setup;
use baton_front::paths::Paths;
use egui::{Key, Modifiers};
use egui_kittest::Harness;
use orchestrator::seam::{Session, Whereabouts};

use super::App;
use crate::bridge::testing::{FarEnd, bridge};
use crate::bridge::{Ask, EngineState, News};
use crate::memory::Memory;

/// The window of a person who knows it, and the other end of its bridge.
pub(super) struct Window {
    pub harness: Harness<'static, Option<App>>,
    pub far: FarEnd,
}

/// One that has heard of these sessions.
pub(super) fn window(memory: Memory, sessions: Vec<Session>) -> Window {
    let (bridge, far) = bridge();
    let mut made = Some((bridge, Memory { welcomed: true, ..memory }));
    let harness = Harness::builder().with_size(egui::vec2(1280.0, 800.0)).build_ui_state(
        move |ui, app: &mut Option<App>| match (made.take(), app) {
            (Some((bridge, memory)), app) => {
                *app = Some(App::over(ui.ctx(), bridge, setup(), memory, None));
                // Its fonts count from the next frame on.
                ui.ctx().request_repaint();
            }
            (None, app) => app.as_mut().unwrap().frame(ui),
        },
        None,
    );
    let mut window = Window { harness, far };
    window.harness.run();
    window.tell(News::Engine(EngineState::Open(Whereabouts::Here)));
    window.tell(News::All { sessions, approvals: Vec::new() });
    window.far.asked();
    window
}

impl Window {
    /// Tells the window something, and lets it settle.
    pub fn tell(&mut self, news: News) {
        self.far.tell(news);
        // As whoever wakes the window does.
        self.harness.ctx.request_repaint();
        self.harness.run();
    }

    /// What the window has asked since the last time.
    pub fn asked(&mut self) -> Vec<Ask> {
        self.far.asked()
    }

    pub fn app(&mut self) -> &mut App {
        self.harness.state_mut().as_mut().unwrap()
    }

    pub fn press(&mut self, modifiers: Modifiers, key: Key) {
        self.harness.key_press_modifiers(modifiers, key);
        self.harness.run();
    }

    /// Does what a command of the palette does.
    pub fn obey(&mut self, command: crate::commands::WindowCommand) {
        let ctx = self.harness.ctx.clone();
        self.app().obey(&ctx, command);
        self.harness.run();
    }
}

/// A machine that nothing is read of.
fn setup() -> Setup {
    let below = |name: &str| Path::new("/nonexistent").join(name);
    let paths = Paths {
        config: below("config"),
        data: below("data"),
        state: below("state"),
        run: below("run"),
    };
    Setup {
        paths,
        home: PathBuf::from("/nonexistent"),
        ssh: "ssh".into(),
        ssh_config: None,
        shell: "/bin/sh".into(),
        env: Vec::new(),
        askpass: None,
    }
}
