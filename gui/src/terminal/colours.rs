//! The colours that programs name by number.

use egui::Color32;
use orchestrator::terminal::screen::{Palette, Rgb};

use crate::theme::Theme;

/// The palette of a theme. All but black can be read on its background; black is what programs draw behind text.
pub fn palette(theme: &Theme) -> Palette {
    let rgb = |colour: Color32| -> Rgb { [colour.r(), colour.g(), colour.b()] };
    let hex = |hex: u32| -> Rgb {
        let [_, r, g, b] = hex.to_be_bytes();
        [r, g, b]
    };
    let ansi = if theme.dark {
        [
            0x0023_2730,
            0x00f0_6a6a,
            0x0056_d68f,
            0x00e8_c155,
            0x0074_9bff,
            0x00c6_8cff,
            0x004f_c6c8,
            0x00c8_cdd8,
            0x006a_7282,
            0x00ff_9090,
            0x0086_ecb2,
            0x00ff_de85,
            0x009d_b8ff,
            0x00da_b4ff,
            0x0082_e4e5,
            0x00ff_ffff,
        ]
    } else {
        [
            0x001b_1e26,
            0x00bd_2130,
            0x000f_7a43,
            0x0082_5f00,
            0x0029_4fc4,
            0x0074_3bc9,
            0x0000_6f75,
            0x0058_5f6e,
            0x006a_7180,
            0x00d0_3a48,
            0x001a_8a50,
            0x0095_6e00,
            0x003b_63dd,
            0x0087_4fdc,
            0x0008_7f85,
            0x002b_303a,
        ]
    };
    Palette {
        foreground: rgb(theme.text),
        background: rgb(theme.sunken),
        cursor: rgb(theme.accent),
        ansi: ansi.map(hex),
    }
}
