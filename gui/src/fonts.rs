//! The fonts: Inter for people, JetBrains Mono for code, Lucide for icons; egui's own and the system's behind them.

use std::sync::Arc;

use egui::{FontData, FontDefinitions, FontFamily};

use crate::theme::{ICONS, SLANTED, STRONG, STRONG_CODE};

/// What the window is drawn with.
pub fn definitions() -> FontDefinitions {
    let mut fonts = FontDefinitions::default();
    let ours: [(&str, &'static [u8]); 6] = [
        ("inter", include_bytes!("../assets/fonts/Inter-Regular.otf")),
        ("inter-italic", include_bytes!("../assets/fonts/Inter-Italic.otf")),
        ("inter-semibold", include_bytes!("../assets/fonts/Inter-SemiBold.otf")),
        ("jetbrains-mono", include_bytes!("../assets/fonts/JetBrainsMono-Regular.ttf")),
        ("jetbrains-mono-bold", include_bytes!("../assets/fonts/JetBrainsMono-Bold.ttf")),
        ("lucide", lucide_icons::LUCIDE_FONT_BYTES),
    ];
    for (name, bytes) in ours {
        fonts.font_data.insert(name.to_owned(), Arc::new(FontData::from_static(bytes)));
    }
    let behind = |fonts: &FontDefinitions, family: FontFamily| {
        fonts.families.get(&family).cloned().unwrap_or_default()
    };
    let prose = behind(&fonts, FontFamily::Proportional);
    let code = behind(&fonts, FontFamily::Monospace);
    // Each lends the other its symbols: arrows and boxes are in one of them, at least.
    let families: [(FontFamily, &[&str], &Vec<String>); 6] = [
        (FontFamily::Proportional, &["inter", "jetbrains-mono"], &prose),
        (FontFamily::Name(STRONG.into()), &["inter-semibold", "jetbrains-mono-bold"], &prose),
        (FontFamily::Name(SLANTED.into()), &["inter-italic", "jetbrains-mono"], &prose),
        (FontFamily::Monospace, &["jetbrains-mono", "inter"], &code),
        (FontFamily::Name(STRONG_CODE.into()), &["jetbrains-mono-bold", "inter-semibold"], &code),
        (FontFamily::Name(ICONS.into()), &["lucide"], &prose),
    ];
    for (family, first, behind) in families {
        let names = first.iter().map(|name| (*name).to_owned()).chain(behind.iter().cloned());
        fonts.families.insert(family, names.collect());
    }
    fonts
}
