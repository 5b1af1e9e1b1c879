//! The program's beginning and end.

use std::ffi::OsString;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::Arc;

use baton_front::{Setup, paths};
use eframe::{NativeOptions, UserEvent};
use egui::ViewportBuilder;
use orchestrator::failure::{Code, Failure};
use orchestrator::seam::Program;
use winit::event_loop::EventLoop;

use super::instance::Instance;
use super::pace::{Alarm, Paced};
use super::{crash, log};
use crate::app::{App, AppPlan};
use crate::bridge::{BridgePlan, Desktop, read_memory};
use crate::clipboard::Clipboard;
use crate::memory::Memory;

const VERSION: &str = env!("CARGO_PKG_VERSION");
const HELP: &str = "\
baton-gui: the window of Baton

Usage: baton-gui [--help | --version]

It shows the sessions of the same data directory as `baton`. A second start raises the first window.
Environment: BATON_HOME, BATON_SSH, BATON_SSH_CONFIG as `baton` has them; BATON_LOG names what is logged.
";

/// Runs the program from its arguments to its end.
pub fn start(words: &[OsString]) -> ExitCode {
    if let Some(status) = baton_front::ssh_asks(words) {
        return ExitCode::from(status);
    }
    let options: Vec<&str> =
        words.iter().skip(1).map(|word| word.to_str().unwrap_or("?")).collect();
    match options[..] {
        [] => {}
        ["--version" | "-V"] => return say(&format!("baton-gui {VERSION}\n")),
        ["--help" | "-h"] => return say(HELP),
        _ => {
            let failure = Failure::new(Code::Usage, "baton-gui takes no such arguments")
                .hint("See baton-gui --help");
            return complain(&failure, 2);
        }
    }
    match open() {
        Ok(status) => status,
        Err(failure) => complain(&failure, 1),
    }
}

fn open() -> Result<ExitCode, Failure> {
    let setup = Setup::from_env()?;
    let log = log::start_log(&setup.paths.state)?;
    crash::report_crashes(setup.paths.state.clone(), VERSION);
    if paths::set("DISPLAY").is_none() && paths::set("WAYLAND_DISPLAY").is_none() {
        return Err(Failure::new(Code::Unsupported, "there is no display: DISPLAY isn't set")
            .hint("Start it on a desktop, or use `baton` on this terminal"));
    }
    let mut first = match Instance::take(&setup.paths.run)? {
        Instance::First(first) => first,
        Instance::Second => return Ok(ExitCode::SUCCESS),
    };
    let remembered_in = setup.paths.data.join("window.json");
    let (memory, trouble, remember) = read_memory(&remembered_in);
    let options = NativeOptions {
        viewport: viewport(&memory),
        // Ours: eframe's waits for the program that holds what is to be pasted.
        clipboard_shortcuts: false,
        // It smooths gradients, of which there are none here, and without a graphics card it costs half of each picture.
        dithering: false,
        ..NativeOptions::default()
    };
    let program =
        Program { name: "baton-gui".into(), version: VERSION.into(), pid: std::process::id() };
    let raises = first.raises.take();
    let log_file = log.file.clone();
    let told = log.fault.clone();
    let run = AssertUnwindSafe(|| {
        let events =
            EventLoop::<UserEvent>::with_user_event().build().map_err(|error| no_window(&error))?;
        let alarm = Alarm::of(&events);
        let waking = alarm.clone();
        let create = Box::new(move |creation: &eframe::CreationContext<'_>| {
            let ctx = creation.egui_ctx.clone();
            let wake = move || waking.wake(&ctx);
            let bridge = BridgePlan {
                setup,
                program,
                wake: Arc::new(wake.clone()),
                notifier: Arc::new(Desktop),
                remember,
                raises,
            };
            let plan = AppPlan { bridge, memory, trouble, log: Some(log_file) };
            creation.egui_ctx.add_plugin(clipboard(wake)?);
            Ok(Box::new(App::new(&creation.egui_ctx, plan)?) as Box<dyn eframe::App>)
        });
        let app = eframe::create_native("Baton", options, create, &events);
        events.run_app(&mut Paced::new(app, &alarm)).map_err(|error| no_window(&error))?;
        // It ends for an error as it does for a person.
        told.take().map_or(Ok(()), |fault| Err(no_window(&fault)))
    });
    match catch_unwind(run) {
        Ok(ended) => ended.map(|()| ExitCode::SUCCESS),
        Err(_) => Err(Failure::new(Code::Internal, "the window crashed")
            .hint("A report was written beside the log; sessions and their turns are stored")),
    }
}

/// The clipboard of the display that eframe takes: Wayland's when there is one.
fn clipboard(wake: impl Fn() + Send + 'static) -> Result<Clipboard, Failure> {
    if paths::set("WAYLAND_DISPLAY").is_some() {
        Ok(Clipboard::of_wayland())
    } else {
        Clipboard::start(wake)
    }
}

fn no_window(error: &dyn std::fmt::Display) -> Failure {
    Failure::new(Code::Unsupported, format!("no window can be opened: {error}")).hint(
        "Baton needs OpenGL 2 or better; without a graphics card install Mesa (libgl1-mesa-dri) and try \
         LIBGL_ALWAYS_SOFTWARE=1 baton-gui",
    )
}

/// The window as it was left.
fn viewport(memory: &Memory) -> ViewportBuilder {
    let mut viewport = ViewportBuilder::default()
        .with_title("Baton")
        .with_app_id("baton")
        .with_min_inner_size([640.0, 420.0])
        .with_inner_size([1240.0, 760.0]);
    if let Ok(icon) =
        eframe::icon_data::from_png_bytes(include_bytes!("../../assets/icon/baton-256.png"))
    {
        viewport = viewport.with_icon(icon);
    }
    if let Some(place) = memory.window {
        viewport = viewport.with_inner_size(place.size).with_maximized(place.maximized);
        if let Some(at) = place.at {
            viewport = viewport.with_position(at);
        }
    }
    viewport
}

fn say(text: &str) -> ExitCode {
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        // A reader that has gone has read enough.
        Err(_) => ExitCode::FAILURE,
    }
}

fn complain(failure: &Failure, status: u8) -> ExitCode {
    let mut text = format!("error: {failure}\n");
    if let Some(hint) = &failure.hint {
        text.push_str(&format!("hint: {hint}\n"));
    }
    match std::io::stderr().lock().write_all(text.as_bytes()) {
        // Where nobody reads, the status says it.
        Ok(()) | Err(_) => ExitCode::from(status),
    }
}
