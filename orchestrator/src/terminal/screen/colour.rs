//! Colours of cells.

use alacritty_terminal::term::color::Colors;
use alacritty_terminal::vte::ansi::{Color, NamedColor, Rgb as Wire};

/// Red, green, blue.
pub type Rgb = [u8; 3];

/// The colours that a person chose for what programs name by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Palette {
    /// Text without a colour.
    pub foreground: Rgb,
    /// Behind cells without a colour.
    pub background: Rgb,
    /// The cursor.
    pub cursor: Rgb,
    /// Black, red, green, yellow, blue, magenta, cyan, white, then the same bright.
    pub ansi: [Rgb; 16],
}

impl Default for Palette {
    /// xterm's own, light on dark.
    fn default() -> Self {
        Self {
            foreground: [229, 229, 229],
            background: [0, 0, 0],
            cursor: [229, 229, 229],
            ansi: [
                [0, 0, 0],
                [205, 0, 0],
                [0, 205, 0],
                [205, 205, 0],
                [0, 0, 238],
                [205, 0, 205],
                [0, 205, 205],
                [229, 229, 229],
                [127, 127, 127],
                [255, 0, 0],
                [0, 255, 0],
                [255, 255, 0],
                [92, 92, 255],
                [255, 0, 255],
                [0, 255, 255],
                [255, 255, 255],
            ],
        }
    }
}

impl Palette {
    /// What a number of the 256 stands for: the palette, a cube of 6 × 6 × 6, and 24 greys, as xterm has them.
    pub fn indexed(&self, index: u8) -> Rgb {
        match index {
            0..=15 => self.ansi[usize::from(index)],
            16..=231 => {
                let cube = index - 16;
                let level = |part: u8| if part == 0 { 0 } else { 55 + part * 40 };
                [level(cube / 36), level(cube / 6 % 6), level(cube % 6)]
            }
            232..=255 => [8 + (index - 232) * 10; 3],
        }
    }

    /// A colour of a cell; `changed` is what the program set anew. `None`: the background that nobody chose.
    pub(super) fn resolve(&self, colour: Color, changed: &Colors) -> Option<Rgb> {
        match colour {
            Color::Spec(Wire { r, g, b }) => Some([r, g, b]),
            Color::Indexed(index) => {
                Some(own(changed, usize::from(index)).unwrap_or_else(|| self.indexed(index)))
            }
            Color::Named(NamedColor::Background) => own(changed, NamedColor::Background as usize),
            Color::Named(name) => Some(self.slot(name as usize, changed)),
        }
    }

    /// A colour by its place in the emulator's table: 256 numbers, foreground, background, cursor, then dim ones.
    pub(super) fn slot(&self, slot: usize, changed: &Colors) -> Rgb {
        const FOREGROUND: usize = NamedColor::Foreground as usize;
        const BACKGROUND: usize = NamedColor::Background as usize;
        const CURSOR: usize = NamedColor::Cursor as usize;
        const DIM_BLACK: usize = NamedColor::DimBlack as usize;
        const DIM_WHITE: usize = NamedColor::DimWhite as usize;
        if let Some(colour) = own(changed, slot) {
            return colour;
        }
        match slot {
            BACKGROUND => self.background,
            CURSOR => self.cursor,
            DIM_BLACK..=DIM_WHITE => dim(self.slot(slot - DIM_BLACK, changed), self.background),
            FOREGROUND => self.foreground,
            _ => u8::try_from(slot).map_or(self.foreground, |index| self.indexed(index)),
        }
    }
}

fn own(changed: &Colors, slot: usize) -> Option<Rgb> {
    let count = alacritty_terminal::term::color::COUNT;
    (slot < count).then(|| changed[slot]).flatten().map(|Wire { r, g, b }| [r, g, b])
}

/// Faint text: two thirds of its colour over what is behind it.
pub(super) fn dim(over: Rgb, behind: Rgb) -> Rgb {
    std::array::from_fn(|at| {
        let [over, behind] = [over[at], behind[at]].map(u16::from);
        ((over * 2 + behind) / 3) as u8
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_256_colours_are_xterms() {
        let palette = Palette::default();
        assert_eq!(palette.indexed(1), [205, 0, 0]);
        assert_eq!(palette.indexed(16), [0, 0, 0]);
        assert_eq!(palette.indexed(196), [255, 0, 0]);
        assert_eq!(palette.indexed(231), [255, 255, 255]);
        assert_eq!(palette.indexed(232), [8, 8, 8]);
        assert_eq!(palette.indexed(255), [238, 238, 238]);
    }
}
