//! What tmux shows, written as what a fresh terminal has to be told to show the same.

use super::super::scan::Modes;
use super::lines::unescaped;

/// How the pane is set, as `say::snapshot` asks for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Shot {
    /// The number of the last input that was carried out.
    pub(super) input: u64,
    history: u64,
    rows: u64,
    alternate: bool,
    saved: (u64, u64),
    cursor: (u64, u64),
    shows_cursor: bool,
    inserts: bool,
    cursor_keys: bool,
    keypad: bool,
    origin: bool,
    wraps: bool,
    region: (u64, u64),
    mouse: Vec<u16>,
    /// What this tmux can't say is `None`.
    brackets: Option<bool>,
}

/// The answers to `say::snapshot`, the first one read.
#[derive(Debug, Default)]
pub(super) struct Parts {
    pub(super) shot: Shot,
    /// Whether what was scrolled away isn't in it.
    pub(super) is_glimpse: bool,
    /// What was scrolled away, what is behind the full screen, what is in sight, a sequence that has begun.
    pub(super) blocks: Vec<Vec<u8>>,
}

/// The blocks behind the first one.
pub(super) const BLOCKS: usize = 4;

/// What draws it anew.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Redraw {
    /// What was scrolled away.
    pub(super) scrollback: Vec<u8>,
    /// What is in sight, and how the terminal is set.
    pub(super) in_sight: Vec<u8>,
}

impl Shot {
    /// Whether everything but the input is as it was.
    pub(super) fn shows_as(&self, other: &Self) -> bool {
        *self == Self { input: self.input, ..other.clone() }
    }

    /// Reads what stands behind `baton shot `.
    pub(super) fn read(text: &str) -> Option<Self> {
        let fields: Vec<&str> = text.trim_end().split('|').collect();
        if fields.len() < 22 {
            return None;
        }
        let number = |at: usize| fields.get(at).and_then(|field| field.parse().ok()).unwrap_or(0);
        let flag = |at: usize| fields.get(at).is_some_and(|field| *field == "1");
        // The saved cursor is an unsigned all of ones where there is none (tmux, screen.c).
        let saved = |at: usize| Some(number(at)).filter(|at| *at < 10_000).unwrap_or(0);
        let mouse = [(16, 1000), (17, 1002), (18, 1003), (19, 1006), (20, 1005)];
        Some(Self {
            input: number(0),
            history: number(1),
            rows: number(2),
            alternate: flag(3),
            saved: (saved(4), saved(5)),
            cursor: (number(6), number(7)),
            shows_cursor: flag(8),
            inserts: flag(9),
            cursor_keys: flag(10),
            keypad: flag(11),
            origin: flag(12),
            wraps: flag(13),
            region: (number(14), number(15)),
            mouse: mouse.iter().filter(|(at, _)| flag(*at)).map(|(_, mode)| *mode).collect(),
            brackets: fields.get(21).filter(|field| !field.is_empty()).map(|field| *field == "1"),
        })
    }
}

impl Parts {
    /// Writes it. `known` is how the terminal was set when we last heard of it, for what tmux doesn't say.
    pub(super) fn redraw(&self, known: &Modes) -> Redraw {
        let shot = &self.shot;
        let block = |at: usize| self.blocks.get(at).map(Vec::as_slice).unwrap_or_default();
        // tmux writes line drawing with SO and SI.
        let mut scrollback = b"\x1b)0".to_vec();
        // Where nothing was scrolled away it gives the first line in sight instead.
        if shot.history > 0 && !self.is_glimpse {
            for line in Lines::of(block(0)) {
                scrollback.extend(line);
                scrollback.extend_from_slice(b"\x1b[0m\x0f\r\n");
            }
        }
        let mut out = b"\x1b)0".to_vec();
        if shot.alternate {
            push_screen(&mut out, block(1));
            push_cursor(&mut out, shot.saved, 0);
            out.extend_from_slice(b"\x1b[?1049h\x1b[H");
        }
        push_screen(&mut out, block(2));
        let (upper, lower) = shot.region;
        if upper > 0 || lower + 1 < shot.rows {
            out.extend_from_slice(format!("\x1b[{};{}r", upper + 1, lower + 1).as_bytes());
        }
        out.extend(self.modes(known).sequence());
        if shot.inserts {
            out.extend_from_slice(b"\x1b[4h");
        }
        push_cursor(&mut out, shot.cursor, if shot.origin { upper } else { 0 });
        out.extend(unescaped(block(3)));
        Redraw { scrollback, in_sight: out }
    }

    /// How the terminal is set, but for its screen.
    fn modes(&self, known: &Modes) -> Modes {
        let shot = &self.shot;
        let mut modes = Modes::default();
        (modes.keypad, modes.cursor) = (shot.keypad, known.cursor);
        for (mode, on) in [
            (1, shot.cursor_keys),
            (6, shot.origin),
            (7, shot.wraps),
            (25, shot.shows_cursor),
            (1004, known.has(1004)),
            (1007, known.has(1007)),
            (2004, shot.brackets.unwrap_or(known.has(2004))),
        ] {
            modes.set(mode, on);
        }
        for mode in &shot.mouse {
            modes.set(*mode, true);
        }
        modes
    }
}

/// The lines of a screen, from its upper left corner on.
fn push_screen(out: &mut Vec<u8>, block: &[u8]) {
    for (at, line) in Lines::of(block).enumerate() {
        if at > 0 {
            out.extend_from_slice(b"\r\n");
        }
        out.extend(line);
        // Or the next line would be filled with this one's background.
        out.extend_from_slice(b"\x1b[0m\x0f");
    }
}

fn push_cursor(out: &mut Vec<u8>, (x, y): (u64, u64), above: u64) {
    out.extend_from_slice(format!("\x1b[{};{}H", y.saturating_sub(above) + 1, x + 1).as_bytes());
}

/// The lines of a capture, each with the colours that it begins with: tmux says them only where they change.
struct Lines<'a> {
    lines: Box<dyn Iterator<Item = &'a [u8]> + 'a>,
    /// The sequences since the last reset, and whether line drawing is on.
    colours: Vec<u8>,
    draws: bool,
}

impl<'a> Lines<'a> {
    fn of(block: &'a [u8]) -> Self {
        let lines = Box::new(block.split(|byte| *byte == b'\n'));
        Self { lines, colours: Vec::new(), draws: false }
    }
}

/// As many sequences as nobody sets between two resets.
const MOST_COLOURS: usize = 1024;

impl Iterator for Lines<'_> {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        let line = self.lines.next()?;
        let mut out = self.colours.clone();
        if self.draws {
            out.push(0x0e);
        }
        out.extend_from_slice(line);
        if let Some(at) = memchr::memrchr2(0x0e, 0x0f, line) {
            self.draws = line.get(at) == Some(&0x0e);
        }
        let mut rest = line;
        while let Some(at) = memchr::memmem::find(rest, b"\x1b[") {
            let sequence = &rest[at..];
            let digits = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b';' | b':');
            let length = sequence[2..].iter().take_while(|byte| digits(byte)).count() + 3;
            let Some(sequence) = sequence.get(..length) else { break };
            if sequence.ends_with(b"m") {
                let resets =
                    matches!(sequence, b"\x1b[m" | b"\x1b[0m") || sequence.starts_with(b"\x1b[0;");
                if resets || self.colours.len() > MOST_COLOURS {
                    self.colours.clear();
                }
                if !matches!(sequence, b"\x1b[m" | b"\x1b[0m") {
                    self.colours.extend_from_slice(sequence);
                }
            }
            rest = &rest[at + length..];
        }
        Some(out)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::super::super::scan::Scanner;
    use super::*;

    const PLAIN: &str = "7|2|3|0|4294967295|4294967295|4|1|1|0|0|0|0|1|0|2|0|0|0|0|0|";
    const FULL: &str = "9|0|3|1|5|2|0|2|0|0|1|1|0|1|1|2|0|1|0|1|0|1";

    fn parts(shot: &str, blocks: [&[u8]; 4]) -> Parts {
        Parts {
            shot: Shot::read(shot).unwrap(),
            is_glimpse: false,
            blocks: blocks.into_iter().map(<[u8]>::to_vec).collect(),
        }
    }

    #[test]
    fn lines_are_drawn_in_their_order_and_the_cursor_is_put_where_it_was() {
        let drawn = parts(PLAIN, [b"a\nb", b"", b"c\nd\n", b""]).redraw(&Modes::default());
        assert_eq!(drawn.scrollback, b"\x1b)0a\x1b[0m\x0f\r\nb\x1b[0m\x0f\r\n");
        assert_eq!(drawn.in_sight, b"\x1b)0c\x1b[0m\x0f\r\nd\x1b[0m\x0f\r\n\x1b[0m\x0f\x1b[2;5H");
    }

    #[test]
    fn a_full_screen_is_put_before_what_is_behind_it() {
        let mut known = Modes::default();
        known.set(2004, false);
        known.cursor = Some(4);
        let drawn = parts(FULL, [b"~", b"$ vim\n\n", b"x\n~\n~", b"\\033[3"]).redraw(&known);
        let text = String::from_utf8(drawn.in_sight).unwrap();
        assert_eq!(drawn.scrollback, b"\x1b)0");
        assert!(text.starts_with("\x1b)0$ vim\x1b[0m\x0f\r\n"), "{text:?}");
        assert!(text.contains("\x1b[3;6H\x1b[?1049h\x1b[Hx\x1b[0m"), "{text:?}");
        assert!(text.ends_with("\x1b[3;1H\x1b[3"), "{text:?}");
        let mut scanner = Scanner::default();
        scanner.feed(text.as_bytes(), |_| ());
        for mode in [1049, 1, 1002, 1006, 2004] {
            assert!(scanner.modes.has(mode), "{mode}");
        }
        assert!(!scanner.modes.has(25) && scanner.modes.keypad);
        assert_eq!(scanner.modes.cursor, Some(4));
        assert!(text.contains("\x1b[2;3r"), "{text:?}");
    }

    #[test]
    fn what_tmux_can_not_say_stays_as_it_was() {
        let mut known = Modes::default();
        known.set(2004, true);
        let drawn = parts(PLAIN, [b"", b"", b"", b""]).redraw(&known);
        let mut scanner = Scanner::default();
        scanner.feed(&drawn.in_sight, |_| ());
        assert!(scanner.modes.has(2004));
    }

    #[test]
    fn colours_go_on_in_the_next_line_and_fill_none() {
        let lines: Vec<Vec<u8>> =
            Lines::of(b"\x1b[31ma\x1b[1mb\nc\x1b[0m\nd\x0e\nq\x0f\ne").collect();
        assert_eq!(lines[1], b"\x1b[31m\x1b[1mc\x1b[0m");
        assert_eq!(lines[2], b"d\x0e");
        assert_eq!(lines[3], b"\x0eq\x0f");
        assert_eq!(lines[4], b"e");
    }

    #[test]
    fn what_is_no_shot_is_none() {
        assert_eq!(Shot::read("1|2|3"), None);
    }
}
