//! How a file begins that is about to be mentioned: made ready away from the frame, kept for a while, and drawn.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use egui::text::{LayoutJob, TextFormat};
use egui::{Align2, FontId, Sense, Ui, WidgetInfo, vec2};
use orchestrator::failure::Failure;
use orchestrator::seam::{FileBeginning, SessionId};

use crate::text::{Class, CodeReader, clean};
use crate::theme::{Theme, radius, size, space};
use crate::view::editor::{Encoding, decode};
use crate::words;

/// Lines that are shown: as high as the list beside them.
const LINES: usize = 11;
/// Letters of a line that are laid out: more than fit beside the list.
const LETTERS: usize = 160;
/// How high a line is, in points.
const ROW: f32 = 15.0;
/// A beginning that is older is asked for again when its file is offered: an agent may have written it.
const FRESH: Duration = Duration::from_secs(5);
/// So many are kept: some 200 KB of text.
const KEPT: usize = 256;

/// How a file begins, ready to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Names the state of the file; empty where that isn't known.
    pub version: String,
    /// Its bytes, where that is known.
    pub size: Option<u64>,
    /// What there is to see.
    pub looks: Looks,
}

/// What there is to see of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Looks {
    /// Its first lines, and whether there are more.
    Text(Vec<HeadLine>, bool),
    /// It is no text.
    Binary,
    /// Nothing is in it.
    Empty,
    /// It can't be read, and why.
    Failed(String),
}

/// A line, with its words told apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeadLine {
    /// What stands there, harmless.
    pub text: String,
    /// Its pieces, each by where it ends.
    pub pieces: Vec<(usize, Option<Class>)>,
}

impl Head {
    /// Makes ready what has come of a file of that name; takes a moment.
    pub fn new(path: &str, read: Result<FileBeginning, Failure>) -> Self {
        let read = match read {
            Ok(read) => read,
            Err(failure) => {
                let looks = Looks::Failed(failure.message);
                return Self { version: String::new(), size: None, looks };
            }
        };
        let looks = match Encoding::of(&read.bytes, read.end) {
            _ if read.bytes.is_empty() => Looks::Empty,
            None => Looks::Binary,
            Some(encoding) => {
                let (lines, more) = lines(path, &decode(&read.bytes, encoding));
                Looks::Text(lines, more || !read.end)
            }
        };
        Self { version: read.version, size: read.size, looks }
    }

    /// What isn't said by its lines.
    fn words(&self) -> Option<String> {
        let size = self.size.map(|size| format!(" · {}", words::bytes(size)));
        let size = size.unwrap_or_default();
        match &self.looks {
            Looks::Text(_, false) => None,
            Looks::Text(_, true) => Some(format!("…{size}")),
            Looks::Binary => Some(format!("Not text{size}")),
            Looks::Empty => Some("Empty".to_owned()),
            Looks::Failed(why) => Some(words::clean_line(why)),
        }
    }
}

fn lines(path: &str, text: &str) -> (Vec<HeadLine>, bool) {
    let text = clean(text).replace('\t', "    ");
    let name = path.rsplit('/').next().unwrap_or(path);
    let mut reader = CodeReader::of_file(name, text.lines().next().unwrap_or_default());
    let mut all = text.lines();
    let told = all.by_ref().take(LINES).map(|line| {
        let end = line.char_indices().nth(LETTERS).map_or(line.len(), |(at, _)| at);
        let line = line.get(..end).unwrap_or_default();
        let pieces = reader.as_mut().and_then(|reader| reader.line(line)).unwrap_or_default();
        HeadLine { text: line.to_owned(), pieces }
    });
    let told = told.collect();
    (told, all.next().is_some())
}

/// The beginnings of files that were offered lately, of one session.
#[derive(Debug, Default)]
pub struct Heads {
    of: Option<SessionId>,
    known: HashMap<String, (Arc<Head>, Instant)>,
}

impl Heads {
    /// Which of those that are offered are to be asked for.
    pub fn wanted<'a>(
        &mut self,
        session: &SessionId,
        offered: impl Iterator<Item = &'a str>,
        now: Instant,
    ) -> Vec<String> {
        if self.of.as_ref() != Some(session) || self.known.len() > KEPT {
            *self = Self { of: Some(session.clone()), known: HashMap::new() };
        }
        let is_fresh = |path: &str| {
            let known = self.known.get(path);
            known.is_some_and(|(_, at)| now.saturating_duration_since(*at) < FRESH)
        };
        offered.filter(|path| !is_fresh(path)).map(str::to_owned).collect()
    }

    /// Takes in what has come.
    pub fn put(&mut self, session: &SessionId, heads: Vec<(String, Head)>, now: Instant) {
        if self.of.as_ref() != Some(session) {
            return;
        }
        for (path, head) in heads {
            self.known.insert(path, (Arc::new(head), now));
        }
    }

    /// How a file begins, as far as that is known.
    pub fn get(&self, path: &str) -> Option<&Head> {
        self.known.get(path).map(|(head, _)| &**head)
    }
}

/// Draws how `path` begins; an empty place until that is known.
pub(super) fn preview(ui: &mut Ui, path: &str, head: Option<&Head>) {
    let theme = Theme::get(ui.ctx());
    #[expect(clippy::cast_precision_loss, reason = "it is a few lines")]
    let high = (LINES + 1) as f32 * ROW + space::S;
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), high), Sense::hover());
    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    painter.rect_filled(rect, f32::from(radius::SMALL), theme.window);
    let words = head.and_then(Head::words);
    response.widget_info(|| {
        let first = match head.map(|head| &head.looks) {
            Some(Looks::Text(lines, _)) => lines.first().map_or("", |line| line.text.trim()),
            Some(Looks::Binary | Looks::Empty | Looks::Failed(_)) => {
                words.as_deref().unwrap_or_default()
            }
            None => "…",
        };
        let said = format!("Beginning of {path}: {first}");
        WidgetInfo::labeled(egui::Role::Label, true, said)
    });
    let Some(head) = head else { return };
    let mut at = rect.min + vec2(space::S, space::XS);
    if let Looks::Text(lines, _) = &head.looks {
        for line in lines {
            painter.galley(at, ui.painter().layout_job(job(line, &theme)), theme.text);
            at.y += ROW;
        }
    }
    if let Some(words) = words {
        let small = FontId::proportional(size::SMALL);
        painter.text(at, Align2::LEFT_TOP, words, small, theme.muted);
    }
}

fn job(line: &HeadLine, theme: &Theme) -> LayoutJob {
    let font = FontId::monospace(size::SMALL);
    let mut job = LayoutJob::default();
    job.wrap.max_width = f32::INFINITY;
    let mut from = 0;
    for (end, class) in line.pieces.iter().copied().chain([(line.text.len(), None)]) {
        if let Some(piece) = line.text.get(from..end).filter(|piece| !piece.is_empty()) {
            job.append(piece, 0.0, TextFormat::simple(font.clone(), theme.of_code(class)));
            from = end;
        }
    }
    job
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use super::*;

    fn head(path: &str, bytes: &[u8], end: bool) -> Head {
        let size = Some(bytes.len() as u64);
        let read = FileBeginning { bytes: bytes.to_vec(), end, size, version: "v".into() };
        Head::new(path, Ok(read))
    }

    #[test]
    fn the_first_lines_are_told_apart_and_made_harmless() {
        let rust = head("src/a.rs", b"fn a() {}\n\t// \x1b[31m\n", true);
        let Looks::Text(lines, false) = &rust.looks else { panic!("{rust:?}") };
        assert!(lines[0].pieces.len() > 1);
        assert!(lines[1].text.starts_with("    // ") && !lines[1].text.contains('\x1b'));
        assert_eq!(rust.words(), None);
        let long = head("notes", "line\n".repeat(40).as_bytes(), true);
        let Looks::Text(lines, true) = &long.looks else { panic!("{long:?}") };
        assert_eq!(lines.len(), LINES);
        let wide = head("notes", "ä".repeat(4_000).as_bytes(), false);
        let Looks::Text(lines, true) = &wide.looks else { panic!("{wide:?}") };
        assert_eq!(lines[0].text.chars().count(), LETTERS);
    }

    #[test]
    fn what_is_no_text_or_empty_or_gone_is_said() {
        assert_eq!(head("a.png", b"\x89PNG\0", true).words().unwrap(), "Not text · 5 bytes");
        assert_eq!(head("a", b"", true).words().unwrap(), "Empty");
        let gone = Failure::new(orchestrator::failure::Code::NotFound, "it is gone");
        assert_eq!(Head::new("a", Err(gone)).words().unwrap(), "it is gone");
    }

    #[test]
    fn a_beginning_is_asked_for_again_after_a_while_and_not_for_another_session() {
        let (mut heads, now) = (Heads::default(), Instant::now());
        let (one, other) = (SessionId::new("one"), SessionId::new("other"));
        assert_eq!(heads.wanted(&one, ["a", "b"].into_iter(), now), ["a", "b"]);
        heads.put(&one, vec![("a".into(), head("a", b"x", true))], now);
        assert_eq!(heads.wanted(&one, ["a", "b"].into_iter(), now), ["b"]);
        assert!(heads.get("a").is_some());
        assert_eq!(heads.wanted(&one, ["a"].into_iter(), now + FRESH), ["a"]);
        // The old one is shown until the new one comes.
        assert!(heads.get("a").is_some());
        assert_eq!(heads.wanted(&other, ["a"].into_iter(), now), ["a"]);
        heads.put(&one, vec![("a".into(), head("a", b"x", true))], now);
        assert!(heads.get("a").is_none());
    }
}
