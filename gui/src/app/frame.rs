//! One frame: news in, views drawn, wishes out.

use std::path::PathBuf;

use baton_front::Setup;
use eframe::Frame as EFrame;
use egui::{CentralPanel, Context, Frame, Margin, Panel, RawInput, Ui, ViewportCommand};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use orchestrator::failure::Failure;
use orchestrator::seam::{HistoryScope, Whereabouts};

use super::frames::Shows;
use super::{App, AppPlan};
use crate::bridge::{Ask, Bridge, EngineState};
use crate::clipboard;
use crate::commands::WindowCommand;
use crate::fonts;
use crate::keys::{self, Focus};
use crate::memory::{Bar, Memory, WindowPlace};
use crate::theme::{Appearance, Theme};
use crate::view::palette::{PaletteAct, PaletteData};
use crate::view::status_bar::{self, HEIGHT, StatusBarAct, StatusBarData};
use crate::widget::covered;

/// The narrowest and the widest bar, in points.
const LEFT: (f32, f32) = (200.0, 460.0);
const RIGHT: (f32, f32) = (260.0, 620.0);
/// What the bars leave the middle on a narrow window, in points: some fifty letters of a message or of code.
const MIDDLE: f32 = 380.0;
/// The widest texture, in pixels: twice a picture's most. egui makes its atlas of letters as wide as it may, and a
/// graphics card allows 16,384: that were 2 MiB here and 2 more on the card, nearly all of it empty.
const WIDEST: usize = 4096;

impl App {
    /// Opens the window's inside: the engine is opened meanwhile.
    ///
    /// # Errors
    ///
    /// When the bridge can't be started.
    pub fn new(ctx: &Context, plan: AppPlan) -> Result<Self, Failure> {
        let AppPlan { bridge, memory, trouble, log } = plan;
        let setup = bridge.setup.clone();
        let mut app = Self::over(ctx, Bridge::start(bridge)?, setup, memory, log);
        if let Some(trouble) = trouble {
            app.complain(&trouble);
        }
        Ok(app)
    }

    /// The same over a bridge that is there.
    pub(super) fn over(
        ctx: &Context,
        bridge: Bridge,
        setup: Setup,
        memory: Memory,
        log: Option<PathBuf>,
    ) -> Self {
        ctx.set_fonts(fonts::definitions());
        // Our own keys do that, and remember it.
        ctx.options_mut(|options| options.zoom_with_keyboard = false);
        let mut app = Self {
            bridge,
            frames: Default::default(),
            begun: None,
            waiting: Default::default(),
            is_fresh: memory == Memory::default(),
            kept: memory.clone(),
            memory,
            log,
            setup,
            engine: EngineState::Opening,
            engine_restarted: false,
            sessions: Default::default(),
            version: 0,
            approvals: Vec::new(),
            approvals_by_session: Default::default(),
            connections: Vec::new(),
            connections_since: Default::default(),
            engine_questions: Vec::new(),
            local_questions: Vec::new(),
            hosts: Default::default(),
            looks: Default::default(),
            pictures: Default::default(),
            pictures_of: Default::default(),
            transcripts: Default::default(),
            first_words: Default::default(),
            is_chosen: false,
            recent: Default::default(),
            shown: None,
            closed_last: Vec::new(),
            unread: Default::default(),
            focused: false,
            raise: false,
            attachments: Default::default(),
            last_image: 0,
            failures: Default::default(),
            files: Default::default(),
            history: Default::default(),
            outbox: 0,
            zone: TimeZone::system(),
            forms: Default::default(),
            sidebar: Default::default(),
            header: Default::default(),
            tabs: Default::default(),
            composer: Default::default(),
            right: Default::default(),
            repository: Default::default(),
            terminals: Default::default(),
            lines: Default::default(),
            git_view: Default::default(),
            status_bar: Default::default(),
            palette: Default::default(),
            help: Default::default(),
            toasts: Default::default(),
            said: Default::default(),
            asking: Default::default(),
            approval: Default::default(),
            session_forms: Default::default(),
            answer: Default::default(),
            git_asked: Default::default(),
            git_under_way: Default::default(),
            desktop_is_dark: None,
            squeezed: Default::default(),
            ctx: ctx.clone(),
        };
        app.put_looks(ctx);
        app.ask(Ask::Agents { host: None, refresh: false });
        app.restore_images();
        app.restore_files();
        if !app.memory.welcomed {
            app.open_welcome();
        }
        app
    }

    /// Takes in what has come, and draws one frame.
    pub fn frame(&mut self, ui: &mut Ui) {
        let ctx = ui.ctx().clone();
        self.attend(&ctx, ctx.input(|input| input.focused));
        if ctx.input(|input| input.viewport().close_requested()) {
            // What is left to be done takes a moment, and isn't to be looked at.
            ctx.send_viewport_cmd(ViewportCommand::Visible(false));
            self.keep_files(&ctx, true);
        }
        self.put_looks(&ctx);
        self.take_drops(&ctx);
        for command in self.keys(&ctx) {
            self.obey(&ctx, command);
        }
        self.hold_typed_ahead(&ctx);
        covered(&ctx, self.is_dialog_open(), || {
            if self.is_welcome() {
                self.welcome(ui);
            } else {
                self.bars(ui);
            }
        });
        self.dialogs(&ctx);
        self.toasts(&ctx);
        self.keep_files(&ctx, false);
        self.remember(&ctx);
        if let Some(begun) = self.begun.take() {
            let pieces = self.shown_transcript().map_or(0, |kept| kept.view.len());
            begun.end(Shows {
                sessions: self.sessions.iter().len(),
                pieces,
                rows: self.rows_of_files(),
                mentions: self.files.mentions.version,
            });
        }
    }

    /// What has to be done also while the window is put away, and draws no frames.
    fn attend(&mut self, ctx: &Context, focused: bool) {
        self.begun = self.frames.begin(ctx);
        if self.hear() {
            ctx.request_repaint();
        }
        for failure in clipboard::take_trouble(ctx) {
            self.complain(&failure);
        }
        self.notice_focus(focused);
        if std::mem::take(&mut self.raise) {
            ctx.send_viewport_cmd(ViewportCommand::Minimized(false));
            ctx.send_viewport_cmd(ViewportCommand::Focus);
        }
    }

    fn keys(&self, ctx: &Context) -> Vec<WindowCommand> {
        let focus = Focus {
            typing: ctx.egui_wants_keyboard_input(),
            dialog: self.keys_are_taken(),
            terminal: self.terminal_focus(),
        };
        let now = self.situation();
        ctx.input_mut(|input| keys::take(&mut input.events, focus, &now))
    }

    fn bars(&mut self, ui: &mut Ui) {
        let theme = Theme::get(ui.ctx());
        let panel = |x, y| Frame::new().fill(theme.panel).inner_margin(Margin::symmetric(x, y));
        let frame = panel(8, 0);
        Panel::bottom("status").exact_size(HEIGHT).frame(frame).show(ui, |ui| self.status(ui));
        let size = ui.available_width();
        // On a narrow window the transcript comes first.
        let (left, right) = (self.memory.left.open, self.memory.right.open && size > 760.0);
        let mut room = size - MIDDLE - if right { RIGHT.0 } else { 0.0 };
        if left {
            let most = room.clamp(LEFT.0, LEFT.1);
            let shown = Panel::left("left")
                .default_size(self.memory.left.width)
                .size_range(self.squeezed[0].range(LEFT.0, most, self.memory.left))
                .frame(panel(8, 8))
                .show(ui, |ui| self.left(ui));
            let width = shown.response.rect.width();
            self.memory.left.width = kept_width(self.memory.left, width, most);
            room -= width;
        }
        if right {
            let most = (room + RIGHT.0).clamp(RIGHT.0, RIGHT.1);
            let shown = Panel::right("right")
                .default_size(self.memory.right.width)
                .size_range(self.squeezed[1].range(RIGHT.0, most, self.memory.right))
                .frame(panel(12, 10))
                .show(ui, |ui| self.right_bar(ui));
            let width = shown.response.rect.width();
            self.memory.right.width = kept_width(self.memory.right, width, most);
        }
        self.look_at_history(right);
        self.look_at_files(right, true);
        self.look_at_repository(right);
        self.pass_drops_on(ui.ctx(), right);
        CentralPanel::no_frame().show(ui, |ui| {
            // A click beside a bar's own parts is nobody's.
            self.middle(ui);
        });
    }

    fn status(&mut self, ui: &mut Ui) {
        let engine = self.engine_words();
        let data = StatusBarData {
            now: Timestamp::now(),
            connections: &self.connections,
            since: &self.connections_since,
            hosts: &self.hosts.hosts.hosts,
            engine: &engine,
            pending: self.outbox,
        };
        let acts = self.status_bar.ui(ui, &data);
        for act in acts {
            match act {
                StatusBarAct::Retry(host) => {
                    self.command(orchestrator::seam::Command::RetryHost { host });
                }
                StatusBarAct::EditHost(host) => self.open_edit_host(&host),
                StatusBarAct::Test(host) => self.test_host(&host),
                StatusBarAct::Copy(text) => {
                    ui.ctx().copy_text(text);
                    self.say("Copied".to_owned());
                }
                // It counts those of all projects.
                StatusBarAct::SyncHistory => self.sync_history(HistoryScope::All),
                StatusBarAct::Palette => self.palette.open(),
            }
        }
    }

    fn engine_words(&self) -> status_bar::EngineState {
        match &self.engine {
            EngineState::Opening => status_bar::EngineState::Opening,
            EngineState::Open(Whereabouts::There(program)) => {
                status_bar::EngineState::Elsewhere { pid: program.pid }
            }
            EngineState::Open(Whereabouts::Nowhere) => status_bar::EngineState::Opening,
            EngineState::Open(Whereabouts::Here) if self.engine_restarted => {
                status_bar::EngineState::Restarted
            }
            EngineState::Open(Whereabouts::Here) => status_bar::EngineState::Here,
            EngineState::Gone => status_bar::EngineState::Opening,
            EngineState::Failed(failure) => status_bar::EngineState::Failed(failure.clone()),
        }
    }

    /// Colours and sizes, as they are wanted now.
    fn put_looks(&self, ctx: &Context) {
        let dark = match self.memory.appearance {
            Appearance::Dark => true,
            Appearance::Light => false,
            Appearance::System => self.desktop_is_dark.unwrap_or_else(|| {
                ctx.system_theme().is_none_or(|theme| theme == egui::Theme::Dark)
            }),
        };
        let wanted = Theme::of(dark, self.memory.contrast);
        if !Theme::is_put(ctx) || Theme::get(ctx) != wanted {
            wanted.put(ctx);
        }
        if (ctx.zoom_factor() - self.memory.zoom).abs() > 0.001 {
            ctx.set_zoom_factor(self.memory.zoom);
        }
    }

    fn notice_focus(&mut self, focused: bool) {
        if focused != self.focused {
            self.focused = focused;
            self.tell_where_one_looks();
            self.see();
        }
    }

    /// Tells the bridge what to remember, where that has changed.
    fn remember(&mut self, ctx: &Context) {
        // Outside: the context is locked while its input is looked at.
        let zoom = ctx.zoom_factor();
        ctx.input(|input| {
            let viewport = input.viewport();
            if let Some(size) = viewport.inner_rect.map(|rect| rect.size() * zoom) {
                let maximized = viewport.maximized.unwrap_or(false);
                let before = self.memory.window;
                // What a maximized window goes back to is kept.
                let size = match before {
                    Some(before) if maximized => before.size,
                    Some(_) | None => [size.x.round(), size.y.round()],
                };
                let at = viewport.outer_rect.map(|rect| {
                    let at = rect.min.to_vec2() * zoom;
                    [at.x.round(), at.y.round()]
                });
                let at = if maximized { before.and_then(|before| before.at) } else { at };
                self.memory.window = Some(WindowPlace { at, size, maximized });
            }
        });
        self.remember_files();
        if self.memory != self.kept {
            self.kept.clone_from(&self.memory);
            self.ask_quietly(Ask::Remember(Box::new(self.memory.clone())));
        }
    }

    fn palette_and_help(&mut self, ctx: &Context) {
        {
            let now = self.situation();
            // A palette that is closed looks at none of them.
            let is_open = self.palette.is_open();
            let sessions: Vec<_> = self.sessions.iter().filter(|_| is_open).collect();
            let host = self.shown_session().map(|session| session.host.clone());
            let data = PaletteData {
                now: &now,
                sessions: &sessions,
                hosts: &self.hosts.hosts.hosts,
                host: host.as_deref(),
                version: self.sessions.version() + self.version,
            };
            match self.palette.ui(ctx, &data) {
                Some(PaletteAct::Run(command)) => self.obey(ctx, command),
                Some(PaletteAct::Open(session)) => {
                    self.leave_welcome();
                    self.show(&session, None);
                    self.sidebar.reveal(&session);
                }
                None => {}
            }
        }
        self.help.ui(ctx);
        self.quick(ctx);
    }

    fn dialogs(&mut self, ctx: &Context) {
        // What asks lies over everything, and settings over the form that has opened them to add a host.
        let asked = self.is_asking();
        let called =
            asked || self.palette.is_open() || self.help.is_open() || self.files.quick.is_open();
        let below = called || self.forms.settings.is_some();
        covered(ctx, called, || self.settings(ctx));
        covered(ctx, below, || self.sessions_forms(ctx));
        covered(ctx, below, || self.git_dialogs(ctx));
        covered(ctx, asked, || self.palette_and_help(ctx));
        self.asking(ctx);
    }

    /// Whether a dialog asks something.
    fn is_asking(&self) -> bool {
        self.asking.is_open()
            || !self.engine_questions.is_empty()
            || !self.local_questions.is_empty()
    }

    /// Whether something lies over the window that keys are for.
    pub(super) fn is_dialog_open(&self) -> bool {
        self.forms.settings.is_some()
            || self.session_form_is_open()
            || self.is_asking()
            || self.is_git_asking()
            || self.palette.is_open()
            || self.help.is_open()
            || self.files.quick.is_open()
            || self.is_transfer_asking()
    }

    /// The same with what the bars and the middle open over themselves: a name for a group, an entry of the history, a large
    /// image. Whatever dialog was drawn counts, so that none is forgotten.
    pub(super) fn keys_are_taken(&self) -> bool {
        self.is_dialog_open() || self.ctx.memory(|memory| memory.top_modal_layer().is_some())
    }
}

impl eframe::App for App {
    fn raw_input_hook(&mut self, _: &Context, input: &mut RawInput) {
        if let Some(most) = &mut input.max_texture_side {
            *most = WIDEST.min(*most);
        }
    }

    fn logic(&mut self, ctx: &Context, _: &mut EFrame) {
        // Else the frame does it.
        if ctx.input(|input| input.viewport().visible() == Some(false)) {
            self.attend(ctx, false);
            self.look_at_files(false, false);
            self.keep_files(ctx, true);
        }
    }

    fn ui(&mut self, ui: &mut Ui, _: &mut EFrame) {
        self.frame(ui);
    }

    /// What each picture begins with. The middle is drawn on it: a machine without a graphics card fills each pixel of it once less.
    fn clear_color(&self, visuals: &egui::Visuals) -> [f32; 4] {
        visuals.panel_fill.to_normalized_gamma_f32()
    }
}

/// Whether there was less room for a bar than a person gave it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Squeezed(bool);

impl Squeezed {
    /// How wide a bar may be: as wide as it was, as soon as there is room for that again.
    fn range(&mut self, least: f32, most: f32, bar: Bar) -> std::ops::RangeInclusive<f32> {
        let was = std::mem::replace(&mut self.0, bar.width > most);
        if was && !self.0 { bar.width..=bar.width } else { least..=most }
    }
}

/// A bar's width; what differs by less than a point is nobody's dragging, and neither is what there was no room for.
fn kept_width(bar: Bar, width: f32, most: f32) -> f32 {
    let is_squeezed = width >= most - 1.0 && bar.width > most;
    if is_squeezed || (bar.width - width).abs() < 1.0 { bar.width } else { width.round() }
}
