//! The desktop's clipboard, on a thread of its own: what another program copied is that program's to give, and it may
//! take its time, or never answer.
//!
//! It stands between the desktop and egui: keys become wishes here, and answers the events that egui knows. On Wayland
//! eframe's own clipboard does that; reading it needs the compositor's connection, which only eframe has.

use std::sync::Arc;
use std::time::{Duration, Instant};

use arboard::{GetExtLinux, ImageData, LinuxClipboardKind, SetExtLinux};
use egui::{
    ColorImage, Context, Event, FullOutput, Id, Key, Modifiers, OutputCommand, PointerButton, Pos2,
    RawInput, ViewportCommand,
};
use orchestrator::failure::{Code, Failure};
use tokio::sync::mpsc;

/// Wishes that wait for another program's answer, and answers for a frame. A person doesn't paste that often.
const AHEAD: usize = 16;
/// What comes later than this is no longer what the person looks at.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long a clipboard manager may take to keep what was copied here when the window is closed.
const FAREWELL: Duration = Duration::from_millis(500);

/// What is wished of the clipboard.
#[derive(Clone, Debug, PartialEq)]
enum Wish {
    Copy(String),
    CopyImage(Arc<ColorImage>),
    /// What is selected, for a paste with the middle button.
    Select(String),
    Paste,
    PasteSelected(Pos2),
}

/// When it was wished, and what.
type Wished = (Instant, Wish);

/// What came of one that was asked.
#[derive(Debug)]
enum Answer {
    Event(Event),
    Failed(Failure),
}

/// The clipboard, as a plugin of egui's.
pub struct Clipboard {
    way: Way,
}

enum Way {
    /// A thread of ours.
    Thread {
        wishes: Option<mpsc::Sender<Wished>>,
        answers: mpsc::Receiver<Answer>,
        ended: std::sync::Mutex<std::sync::mpsc::Receiver<()>>,
    },
    /// eframe's.
    Wayland,
}

impl Clipboard {
    /// The one of an X display: its thread begins here, and connects with the first wish. `wake` has a frame drawn that takes what
    /// was answered.
    ///
    /// # Errors
    ///
    /// When the thread can't be started.
    pub fn start(wake: impl Fn() + Send + 'static) -> Result<Self, Failure> {
        let (wishes, wished) = mpsc::channel(AHEAD);
        let (answer, answers) = mpsc::channel(AHEAD);
        let (end, ended) = std::sync::mpsc::sync_channel(1);
        std::thread::Builder::new()
            .name("clipboard".into())
            .spawn(move || {
                serve(wished, &answer, &wake);
                end.send(()).ok(); // Nobody waits for it any more.
            })
            .map_err(|error| {
                Failure::new(Code::Internal, format!("could not start a thread: {error}"))
            })?;
        let ended = std::sync::Mutex::new(ended);
        Ok(Self { way: Way::Thread { wishes: Some(wishes), answers, ended } })
    }

    /// The one of Wayland.
    pub fn of_wayland() -> Self {
        Self { way: Way::Wayland }
    }
}

impl egui::Plugin for Clipboard {
    fn debug_name(&self) -> &'static str {
        "clipboard"
    }

    fn input_hook(&mut self, ctx: &Context, input: &mut RawInput) {
        let events = std::mem::take(&mut input.events);
        let is_programs = ctx.data(|data| data.get_temp(programs()).unwrap_or(false));
        let (events, mut wanted) =
            if is_programs { take_terminal_keys(events) } else { take_keys(events) };
        input.events = events;
        if ctx.data(|data| data.get_temp::<()>(menu()).is_some()) {
            ctx.data_mut(|data| data.remove_temp::<()>(menu()));
            wanted.push(Wish::Paste);
        }
        match &mut self.way {
            Way::Thread { wishes, answers, .. } => {
                wanted.into_iter().for_each(|wish| ask(ctx, wishes.as_ref(), wish));
                while let Ok(answer) = answers.try_recv() {
                    match answer {
                        Answer::Event(event) => input.events.push(event),
                        Answer::Failed(failure) => trouble(ctx, failure),
                    }
                }
            }
            Way::Wayland => {
                if wanted.contains(&Wish::Paste) {
                    ctx.send_viewport_cmd(ViewportCommand::RequestPaste);
                }
            }
        }
    }

    fn output_hook(&mut self, ctx: &Context, output: &mut FullOutput) {
        let Way::Thread { wishes, .. } = &self.way else { return };
        for command in &output.platform_output.commands {
            match command {
                OutputCommand::CopyText(text) => {
                    ask(ctx, wishes.as_ref(), Wish::Copy(text.clone()))
                }
                OutputCommand::CopyImage(image) => {
                    ask(ctx, wishes.as_ref(), Wish::CopyImage(Arc::new(image.clone())));
                }
                OutputCommand::TextSelectionSettled(text) => {
                    ask(ctx, wishes.as_ref(), Wish::Select(text.clone()));
                }
                // Not the clipboard's.
                _ => {}
            }
        }
    }

    fn on_exit(&mut self, _: &Context) {
        if let Way::Thread { wishes, ended, .. } = &mut self.way {
            // What was copied here is handed over to whoever keeps it.
            drop(wishes.take());
            if let Ok(ended) = ended.get_mut() {
                ended.recv_timeout(FAREWELL).ok(); // Another program keeps it waiting, or it has ended.
            }
        }
    }
}

/// Whether Ctrl+C, Ctrl+X and Ctrl+V are a program's in a terminal; with Shift they are the clipboard's there.
pub fn keys_are_programs(ctx: &Context, are: bool) {
    let were = ctx.data(|data| data.get_temp(programs()).unwrap_or(false));
    if were != are {
        ctx.data_mut(|data| data.insert_temp(programs(), are));
    }
}

/// What the clipboard holds comes as a paste, as if its key was pressed.
pub fn want_paste(ctx: &Context) {
    ctx.data_mut(|data| data.insert_temp(menu(), ()));
    ctx.request_repaint();
}

fn programs() -> Id {
    Id::unique("a program has the clipboard's keys")
}

fn menu() -> Id {
    Id::unique("a menu wants a paste")
}

/// What the clipboard could not do, once each.
pub fn take_trouble(ctx: &Context) -> Vec<Failure> {
    // A look takes no lock for writing while there is nothing.
    let is_any = ctx.data(|data| data.get_temp::<Vec<Failure>>(place()).is_some());
    if is_any {
        ctx.data_mut(|data| data.remove_temp(place())).unwrap_or_default()
    } else {
        Vec::new()
    }
}

fn trouble(ctx: &Context, failure: Failure) {
    ctx.data_mut(|data| {
        data.get_temp_mut_or_default::<Vec<Failure>>(place()).push(failure);
    });
}

fn place() -> Id {
    Id::unique("what the clipboard could not do")
}

fn ask(ctx: &Context, wishes: Option<&mpsc::Sender<Wished>>, wish: Wish) {
    if wishes.is_none_or(|wishes| wishes.try_send((Instant::now(), wish)).is_err()) {
        trouble(ctx, no_answer());
    }
}

fn no_answer() -> Failure {
    Failure::new(Code::TimedOut, "the program that holds the clipboard doesn't answer")
        .hint("Copy it again, there or in another program, then paste")
}

/// The same for a terminal: its program has every key but Shift+Insert and those with Ctrl and Shift.
fn take_terminal_keys(events: Vec<Event>) -> (Vec<Event>, Vec<Wish>) {
    let mut wanted = Vec::new();
    for event in &events {
        match event {
            Event::Key { key: Key::Paste, pressed: true, .. } => wanted.push(Wish::Paste),
            Event::Key { key: Key::V, pressed: true, modifiers, .. }
                if modifiers.ctrl && modifiers.shift =>
            {
                wanted.push(Wish::Paste);
            }
            Event::Key { key: Key::Insert, pressed: true, modifiers, .. }
                if modifiers.shift && !modifiers.ctrl =>
            {
                wanted.push(Wish::Paste);
            }
            Event::PointerButton { pos, button: PointerButton::Middle, pressed: true, .. } => {
                wanted.push(Wish::PasteSelected(*pos));
            }
            // The program's.
            _ => {}
        }
    }
    (events, wanted)
}

/// Takes the keys of the clipboard out of what was pressed: what egui does itself becomes its events, the rest wishes.
fn take_keys(events: Vec<Event>) -> (Vec<Event>, Vec<Wish>) {
    let mut wanted = Vec::new();
    let mut kept = Vec::with_capacity(events.len());
    for event in events {
        if let Event::Key { key, pressed: true, modifiers, .. } = &event {
            match meaning(*key, *modifiers) {
                Some(Meaning::Cut) => {
                    kept.push(Event::Cut);
                    continue;
                }
                Some(Meaning::Copy) => {
                    kept.push(Event::Copy);
                    continue;
                }
                Some(Meaning::Paste) => {
                    wanted.push(Wish::Paste);
                    continue;
                }
                None => {}
            }
        }
        if let Event::PointerButton { pos, button: PointerButton::Middle, pressed: true, .. } =
            &event
        {
            wanted.push(Wish::PasteSelected(*pos));
        }
        kept.push(event);
    }
    (kept, wanted)
}

enum Meaning {
    Cut,
    Copy,
    Paste,
}

fn meaning(key: Key, modifiers: Modifiers) -> Option<Meaning> {
    match key {
        Key::Cut => Some(Meaning::Cut),
        Key::Copy => Some(Meaning::Copy),
        Key::Paste => Some(Meaning::Paste),
        Key::X if modifiers.command_only() => Some(Meaning::Cut),
        Key::C if modifiers.command_only() => Some(Meaning::Copy),
        Key::V if modifiers.command_only() => Some(Meaning::Paste),
        // Every other key is nothing to the clipboard.
        _ => None,
    }
}

/// Does what is wished, one after the other, until nobody wishes any more.
fn serve(mut wished: mpsc::Receiver<Wished>, answers: &mpsc::Sender<Answer>, wake: &dyn Fn()) {
    let mut board = None;
    while let Some((began, wish)) = wished.blocking_recv() {
        // One that has waited for another is a paste into whatever has the keys by now.
        let pastes = matches!(wish, Wish::Paste | Wish::PasteSelected(_));
        if pastes && began.elapsed() > PATIENCE {
            continue;
        }
        let done = match connect(&mut board) {
            Ok(board) => carry_out(board, wish),
            Err(failure) => Err(failure),
        };
        let answer = match done {
            Ok(Some(_)) if began.elapsed() > PATIENCE => Answer::Failed(no_answer()),
            // arboard says the same of an empty clipboard and of a program that doesn't answer; only one takes long.
            Ok(None) if began.elapsed() > PATIENCE => Answer::Failed(no_answer()),
            Ok(Some(event)) => Answer::Event(event),
            Ok(None) => continue,
            Err(failure) => Answer::Failed(failure),
        };
        if answers.blocking_send(answer).is_err() {
            return;
        }
        wake();
    }
}

fn connect(board: &mut Option<arboard::Clipboard>) -> Result<&mut arboard::Clipboard, Failure> {
    match board {
        Some(board) => Ok(board),
        None => Ok(board.insert(arboard::Clipboard::new().map_err(|error| failed(&error))?)),
    }
}

fn failed(error: &arboard::Error) -> Failure {
    Failure::new(Code::Unsupported, format!("the clipboard can't be used: {error}"))
        .hint("Copy and paste work inside the window as soon as the display's clipboard does")
}

/// `None` when there is nothing to tell: what was copied is copied, what was to be pasted isn't there.
fn carry_out(board: &mut arboard::Clipboard, wish: Wish) -> Result<Option<Event>, Failure> {
    let copied = match wish {
        Wish::Copy(text) => board.set_text(text),
        Wish::CopyImage(image) => board.set_image(plain_pixels(&image)),
        Wish::Select(text) => board.set().clipboard(LinuxClipboardKind::Primary).text(text),
        Wish::Paste => {
            return match there(board.get_text())? {
                Some(text) => Ok(lines(text).map(Event::Paste)),
                None => Ok(there(board.get_image())?
                    .map(|image| Event::PasteImage(Arc::new(pixels(&image))))),
            };
        }
        Wish::PasteSelected(pos) => {
            let selected = there(board.get().clipboard(LinuxClipboardKind::Primary).text())?;
            return Ok(selected.and_then(lines).map(|text| Event::MiddleClickPaste { pos, text }));
        }
    };
    copied.map(|()| None).map_err(|error| failed(&error))
}

/// What is there; nothing of that kind is no error.
fn there<T>(got: Result<T, arboard::Error>) -> Result<Option<T>, Failure> {
    match got {
        Ok(got) => Ok(Some(got)),
        Err(arboard::Error::ContentNotAvailable | arboard::Error::ConversionFailure) => Ok(None),
        Err(error) => Err(failed(&error)),
    }
}

/// Lines end here as they do everywhere else in the window.
fn lines(text: String) -> Option<String> {
    let text = if text.contains("\r\n") { text.replace("\r\n", "\n") } else { text };
    (!text.is_empty()).then_some(text)
}

fn pixels(image: &ImageData<'_>) -> ColorImage {
    ColorImage::from_rgba_unmultiplied([image.width, image.height], &image.bytes)
}

fn plain_pixels(image: &ColorImage) -> ImageData<'static> {
    let bytes: Vec<u8> =
        image.pixels.iter().flat_map(|pixel| pixel.to_srgba_unmultiplied()).collect();
    ImageData { width: image.width(), height: image.height(), bytes: bytes.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pressed(key: Key, modifiers: Modifiers) -> Event {
        Event::Key { key, physical_key: None, pressed: true, repeat: false, modifiers }
    }

    #[test]
    fn the_clipboards_keys_are_taken_out_and_all_others_stay() {
        let other = pressed(Key::V, Modifiers::COMMAND | Modifiers::SHIFT);
        let (events, wanted) = take_keys(vec![
            pressed(Key::C, Modifiers::COMMAND),
            Event::Text("v".into()),
            pressed(Key::V, Modifiers::COMMAND),
            pressed(Key::X, Modifiers::COMMAND),
            other.clone(),
            pressed(Key::V, Modifiers::NONE),
        ]);
        let left = [
            Event::Copy,
            Event::Text("v".into()),
            Event::Cut,
            other,
            pressed(Key::V, Modifiers::NONE),
        ];
        assert_eq!((events, wanted), (left.to_vec(), vec![Wish::Paste]));
    }

    #[test]
    fn a_terminals_program_has_the_keys_without_shift() {
        let keys = vec![
            pressed(Key::C, Modifiers::CTRL),
            pressed(Key::V, Modifiers::CTRL),
            pressed(Key::V, Modifiers::CTRL | Modifiers::SHIFT),
            pressed(Key::Insert, Modifiers::SHIFT),
        ];
        let (events, wanted) = take_terminal_keys(keys.clone());
        assert_eq!((events, wanted), (keys, vec![Wish::Paste, Wish::Paste]));
    }

    #[test]
    fn the_middle_button_pastes_what_is_selected_and_stays_a_click() {
        let pos = egui::pos2(4.0, 5.0);
        let click = Event::PointerButton {
            pos,
            button: PointerButton::Middle,
            pressed: true,
            modifiers: Modifiers::NONE,
        };
        let (events, wanted) = take_keys(vec![click.clone()]);
        assert_eq!((events, wanted), (vec![click], vec![Wish::PasteSelected(pos)]));
    }

    #[test]
    fn nothing_to_paste_is_no_event() {
        assert_eq!(lines(String::new()), None);
        assert_eq!(lines("a\r\nb".into()).as_deref(), Some("a\nb"));
    }
}
