//! Every colour, size, space and font of the window.

use std::collections::BTreeMap;

use egui::style::{Selection, TextCursorStyle, WidgetVisuals, Widgets};
use egui::{Color32, CornerRadius, FontFamily, FontId, Margin, Shadow, Stroke, TextStyle, Visuals};
use serde::{Deserialize, Serialize};

use crate::text::Class;

/// What a person chose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Appearance {
    /// As the desktop is.
    #[default]
    System,
    /// Dark.
    Dark,
    /// Light.
    Light,
}

/// The colours of one appearance. Sizes and spaces are the constants of [`space`], [`size`] and [`radius`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Theme {
    /// Whether text is light on dark.
    pub dark: bool,
    /// Behind the transcript.
    pub window: Color32,
    /// Behind the side bars.
    pub panel: Color32,
    /// Cards, dialogs, menus.
    pub raised: Color32,
    /// Text fields, code.
    pub sunken: Color32,
    /// Under the pointer.
    pub hover: Color32,
    /// What is chosen in a list.
    pub chosen: Color32,
    /// Hairlines and frames.
    pub line: Color32,
    /// Frames of what can be used.
    pub line_strong: Color32,
    /// What is read.
    pub text: Color32,
    /// What is read second.
    pub muted: Color32,
    /// Buttons that go on, focus.
    pub accent: Color32,
    /// On [`Theme::accent`].
    pub on_accent: Color32,
    /// Links, and what belongs to a person.
    pub link: Color32,
    /// Ready, done.
    pub good: Color32,
    /// At work.
    pub busy: Color32,
    /// Needs a person, to be careful with.
    pub warn: Color32,
    /// Failed, to be afraid of.
    pub bad: Color32,
    /// On [`Theme::bad`].
    pub on_bad: Color32,
    /// REMOTE.
    pub remote: Color32,
    /// GIT.
    pub git: Color32,
    /// CUE.
    pub cue: Color32,
    /// Behind added lines.
    pub added: Color32,
    /// Behind removed lines.
    pub removed: Color32,
    /// Behind what a search has found.
    pub found: Color32,
    /// Behind selected text.
    pub selection: Color32,
    /// Over what lies behind a dialog.
    pub scrim: Color32,
    /// Of a code's words.
    pub code: CodeColours,
}

/// The colours of highlighted code.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CodeColours {
    /// `fn`, `if`.
    pub keyword: Color32,
    /// What is called, and what is declared.
    pub function: Color32,
    /// Types, tags.
    pub kind: Color32,
    /// Text.
    pub string: Color32,
    /// Numbers, constants.
    pub number: Color32,
    /// Comments.
    pub comment: Color32,
}

/// Spaces, in points.
pub mod space {
    /// Between things that belong together.
    pub const XS: f32 = 4.0;
    /// Between things of one group.
    pub const S: f32 = 8.0;
    /// Inside of cards.
    pub const M: f32 = 12.0;
    /// Between groups, and inside of dialogs.
    pub const L: f32 = 16.0;
    /// Between parts of a page.
    pub const XL: f32 = 24.0;
}

/// Sizes of letters and things, in points.
pub mod size {
    /// Pills, times.
    pub const SMALL: f32 = 11.5;
    /// Lists, buttons, fields.
    pub const BODY: f32 = 13.5;
    /// What an agent says.
    pub const PROSE: f32 = 14.5;
    /// Code.
    pub const CODE: f32 = 13.0;
    /// Headings of dialogs.
    pub const HEADING: f32 = 17.0;
    /// The heading of a page.
    pub const TITLE: f32 = 24.0;
    /// Icons in lists and buttons.
    pub const ICON: f32 = 15.0;
    /// How high a button or a field is.
    pub const CONTROL: f32 = 30.0;
    /// How wide a button is that is an icon: that, and the padding of buttons on both sides.
    pub const ICON_BUTTON: f32 = 40.0;
    /// How wide a transcript is at most, so that lines can be read.
    pub const MEASURE: f32 = 860.0;
    /// How wide a dialog is.
    pub const DIALOG: f32 = 560.0;
}

/// Corners, in points.
pub mod radius {
    /// Pills, buttons, fields.
    pub const SMALL: u8 = 6;
    /// Cards and dialogs.
    pub const LARGE: u8 = 10;
}

/// Name of the bold proportional family.
pub const STRONG: &str = "strong";
/// Name of the slanted proportional family.
pub const SLANTED: &str = "slanted";
/// Name of the bold monospace family.
pub const STRONG_CODE: &str = "strong-code";
/// Name of the family that the icons are in.
pub const ICONS: &str = "icons";

const fn rgb(hex: u32) -> Color32 {
    let [_, r, g, b] = hex.to_be_bytes();
    Color32::from_rgb(r, g, b)
}

impl Theme {
    /// The colour of a word of code, or of other text.
    pub const fn of_code(&self, class: Option<Class>) -> Color32 {
        match class {
            Some(Class::Keyword) => self.code.keyword,
            Some(Class::Function) => self.code.function,
            Some(Class::Kind) => self.code.kind,
            Some(Class::Text) => self.code.string,
            Some(Class::Number) => self.code.number,
            Some(Class::Comment) => self.code.comment,
            None => self.text,
        }
    }

    /// Light on dark.
    pub const DARK: Self = Self {
        dark: true,
        window: rgb(0x0013_151a),
        panel: rgb(0x000e_1014),
        raised: rgb(0x001b_1e25),
        sunken: rgb(0x000b_0d11),
        hover: rgb(0x0022_2630),
        chosen: rgb(0x0025_2b3d),
        line: rgb(0x0026_2a33),
        line_strong: rgb(0x003c_4250),
        text: rgb(0x00e6_e8ee),
        muted: rgb(0x009d_a5b4),
        accent: rgb(0x008c_a5ff),
        on_accent: rgb(0x000d_1226),
        link: rgb(0x0093_b4ff),
        good: rgb(0x0056_d68f),
        busy: rgb(0x00f2_cc5b),
        warn: rgb(0x00ff_a45c),
        bad: rgb(0x00ff_7b7b),
        on_bad: rgb(0x002a_0707),
        remote: rgb(0x00ff_b067),
        git: rgb(0x00c6_a0ff),
        cue: rgb(0x005f_d4d6),
        added: rgb(0x0012_2e21),
        removed: rgb(0x0036_181c),
        found: rgb(0x005c_4a12),
        selection: rgb(0x0031_437f),
        scrim: Color32::from_rgba_premultiplied(0, 0, 0, 150),
        code: CodeColours {
            keyword: rgb(0x00c6_a0ff),
            function: rgb(0x0086_b6ff),
            kind: rgb(0x006b_d9d9),
            string: rgb(0x0099_d68a),
            number: rgb(0x00f5_b27a),
            comment: rgb(0x0090_98a8),
        },
    };

    /// Dark on light.
    pub const LIGHT: Self = Self {
        dark: false,
        window: rgb(0x00ff_ffff),
        panel: rgb(0x00f4_f5f8),
        raised: rgb(0x00ff_ffff),
        sunken: rgb(0x00f6_f7fa),
        hover: rgb(0x00ea_ecf2),
        chosen: rgb(0x00e0_e6fb),
        line: rgb(0x00e0_e3ea),
        line_strong: rgb(0x00b9_bfcc),
        text: rgb(0x001b_1e26),
        muted: rgb(0x0058_5f6e),
        accent: rgb(0x003b_5bdb),
        on_accent: rgb(0x00ff_ffff),
        link: rgb(0x0029_4fc4),
        good: rgb(0x000f_7a43),
        busy: rgb(0x0082_5f00),
        warn: rgb(0x00a1_4a06),
        bad: rgb(0x00bd_2130),
        on_bad: rgb(0x00ff_ffff),
        remote: rgb(0x00a1_4a06),
        git: rgb(0x0074_3bc9),
        cue: rgb(0x0000_6f75),
        added: rgb(0x00dd_f5e6),
        removed: rgb(0x00fd_e4e6),
        found: rgb(0x00ff_e9a3),
        selection: rgb(0x00c3_d1ff),
        scrim: Color32::from_rgba_premultiplied(10, 12, 18, 90),
        code: CodeColours {
            keyword: rgb(0x0074_3bc9),
            function: rgb(0x0029_4fc4),
            kind: rgb(0x0000_6f75),
            string: rgb(0x002c_6e1f),
            number: rgb(0x009a_4b06),
            comment: rgb(0x005f_6675),
        },
    };

    /// The theme for an appearance, with more contrast if wanted.
    pub fn of(dark: bool, contrast: bool) -> Self {
        match (dark, contrast) {
            (true, false) => Self::DARK,
            (false, false) => Self::LIGHT,
            (true, true) => Self {
                window: Color32::BLACK,
                panel: Color32::BLACK,
                raised: rgb(0x0008_0809),
                sunken: Color32::BLACK,
                hover: rgb(0x0026_2a36),
                line: rgb(0x0075_7d8f),
                line_strong: rgb(0x00c9_cfdc),
                text: Color32::WHITE,
                muted: rgb(0x00d5_dae4),
                accent: rgb(0x00b3_c5ff),
                link: rgb(0x00b9_ceff),
                good: rgb(0x007b_f0ae),
                busy: rgb(0x00ff_e08a),
                warn: rgb(0x00ff_c08e),
                bad: rgb(0x00ff_a3a3),
                remote: rgb(0x00ff_c690),
                git: rgb(0x00da_c2ff),
                cue: rgb(0x008d_eef0),
                ..Self::DARK
            },
            (false, true) => Self {
                panel: Color32::WHITE,
                sunken: Color32::WHITE,
                line: rgb(0x0070_7788),
                line_strong: rgb(0x0020_242c),
                text: Color32::BLACK,
                muted: rgb(0x002d_323c),
                accent: rgb(0x001d_38a3),
                link: rgb(0x0015_2f96),
                good: rgb(0x0007_5029),
                busy: rgb(0x0059_4000),
                warn: rgb(0x0072_3200),
                bad: rgb(0x008d_0f1c),
                remote: rgb(0x0072_3200),
                git: rgb(0x0051_1f9c),
                cue: rgb(0x0000_4a4e),
                ..Self::LIGHT
            },
        }
    }

    /// The theme that a frame is drawn in; a window without ours is drawn dark.
    pub fn get(ctx: &egui::Context) -> Self {
        ctx.data(|data| data.get_temp(egui::Id::NULL)).unwrap_or(Self::DARK)
    }

    /// Whether a window has a theme of ours.
    pub fn is_put(ctx: &egui::Context) -> bool {
        ctx.data(|data| data.get_temp::<Self>(egui::Id::NULL)).is_some()
    }

    /// Makes this the theme of a window.
    pub fn put(self, ctx: &egui::Context) {
        ctx.data_mut(|data| data.insert_temp(egui::Id::NULL, self));
        let of = if self.dark { egui::Theme::Dark } else { egui::Theme::Light };
        ctx.set_theme(of);
        ctx.set_style_of(of, self.style());
    }

    /// A colour behind text of that same colour: a pill, a badge.
    pub fn tint(&self, colour: Color32) -> Color32 {
        let part = if self.dark { 0.16 } else { 0.10 };
        mix(self.window, colour, part)
    }

    /// A colour for a frame around something of that colour.
    pub fn rim(&self, colour: Color32) -> Color32 {
        mix(self.window, colour, 0.45)
    }

    fn style(&self) -> egui::Style {
        let mut style = egui::Style {
            text_styles: BTreeMap::from([
                (TextStyle::Small, FontId::proportional(size::SMALL)),
                (TextStyle::Body, FontId::proportional(size::BODY)),
                (TextStyle::Button, FontId::proportional(size::BODY)),
                (TextStyle::Heading, strong(size::HEADING)),
                (TextStyle::Monospace, FontId::monospace(size::CODE)),
            ]),
            visuals: self.visuals(),
            animation_time: 0.08,
            ..egui::Style::default()
        };
        let spacing = &mut style.spacing;
        spacing.item_spacing = egui::vec2(space::S, space::XS);
        spacing.button_padding = egui::vec2(space::M, 5.0);
        spacing.interact_size = egui::vec2(size::CONTROL, size::CONTROL);
        spacing.window_margin = Margin::same(16);
        spacing.menu_margin = Margin::same(6);
        spacing.indent = space::L;
        spacing.icon_width = 16.0;
        spacing.icon_width_inner = 9.0;
        spacing.scroll = egui::style::ScrollStyle {
            bar_width: 9.0,
            floating: true,
            floating_width: 3.0,
            floating_allocated_width: 0.0,
            ..egui::style::ScrollStyle::floating()
        };
        style
    }

    fn visuals(&self) -> Visuals {
        let base = if self.dark { Visuals::dark() } else { Visuals::light() };
        let corner = CornerRadius::same(radius::SMALL);
        let state = |fill: Color32, line: Color32, text: Color32| WidgetVisuals {
            bg_fill: fill,
            weak_bg_fill: fill,
            bg_stroke: Stroke::new(1.0, line),
            corner_radius: corner,
            fg_stroke: Stroke::new(1.0, text),
            expansion: 0.0,
        };
        Visuals {
            dark_mode: self.dark,
            weak_text_color: Some(self.muted),
            widgets: Widgets {
                noninteractive: state(self.raised, self.line, self.text),
                inactive: state(self.raised, self.line_strong, self.text),
                hovered: state(self.hover, self.line_strong, self.text),
                active: state(self.chosen, self.accent, self.text),
                open: state(self.hover, self.line_strong, self.text),
            },
            selection: Selection { bg_fill: self.selection, stroke: Stroke::new(1.5, self.accent) },
            text_cursor: TextCursorStyle {
                stroke: Stroke::new(2.0, self.accent),
                // A cursor that blinks draws two frames a second for nothing.
                blink: false,
                ..TextCursorStyle::default()
            },
            hyperlink_color: self.link,
            faint_bg_color: self.hover,
            extreme_bg_color: self.sunken,
            text_edit_bg_color: Some(self.sunken),
            code_bg_color: self.sunken,
            warn_fg_color: self.warn,
            error_fg_color: self.bad,
            window_corner_radius: CornerRadius::same(radius::LARGE),
            menu_corner_radius: CornerRadius::same(8),
            window_fill: self.raised,
            window_stroke: Stroke::new(1.0, self.line_strong),
            // What a picture begins with; the bars have a colour of their own.
            panel_fill: self.window,
            window_shadow: Shadow {
                offset: [0, 10],
                blur: 30,
                spread: 0,
                color: Color32::from_black_alpha(if self.dark { 120 } else { 45 }),
            },
            popup_shadow: Shadow {
                offset: [0, 4],
                blur: 14,
                spread: 0,
                color: Color32::from_black_alpha(if self.dark { 100 } else { 40 }),
            },
            ..base
        }
    }
}

/// Bold.
pub fn strong(size: f32) -> FontId {
    FontId::new(size, FontFamily::Name(STRONG.into()))
}

/// Slanted.
pub fn slanted(size: f32) -> FontId {
    FontId::new(size, FontFamily::Name(SLANTED.into()))
}

/// Bold code.
pub fn strong_code(size: f32) -> FontId {
    FontId::new(size, FontFamily::Name(STRONG_CODE.into()))
}

/// Icons.
pub fn icons(size: f32) -> FontId {
    FontId::new(size, FontFamily::Name(ICONS.into()))
}

/// Puts `part` (0 to 1) of a colour over another one.
fn mix(under: Color32, over: Color32, part: f32) -> Color32 {
    let channel = |under: u8, over: u8| {
        let value = f32::from(under) + (f32::from(over) - f32::from(under)) * part;
        value.round().clamp(0.0, 255.0) as u8
    };
    Color32::from_rgb(
        channel(under.r(), over.r()),
        channel(under.g(), over.g()),
        channel(under.b(), over.b()),
    )
}

#[cfg(test)]
#[path = "theme_tests.rs"]
mod tests;
