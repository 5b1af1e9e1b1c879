use super::*;

/// As WCAG 2.2 defines it.
fn luminance(colour: Color32) -> f64 {
    let part = |value: u8| {
        let value = f64::from(value) / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * part(colour.r()) + 0.7152 * part(colour.g()) + 0.0722 * part(colour.b())
}

fn contrast(a: Color32, b: Color32) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

fn all() -> [(&'static str, Theme, f64); 4] {
    [
        ("dark", Theme::of(true, false), 4.5),
        ("light", Theme::of(false, false), 4.5),
        // AAA, which is what a person who asks for contrast needs.
        ("dark with contrast", Theme::of(true, true), 7.0),
        ("light with contrast", Theme::of(false, true), 7.0),
    ]
}

#[test]
fn every_text_can_be_read_on_whatever_it_stands_on() {
    for (name, theme, least) in all() {
        let grounds = [
            ("window", theme.window),
            ("panel", theme.panel),
            ("raised", theme.raised),
            ("sunken", theme.sunken),
            ("hover", theme.hover),
        ];
        let texts = [
            ("text", theme.text),
            ("muted", theme.muted),
            ("link", theme.link),
            ("good", theme.good),
            ("busy", theme.busy),
            ("warn", theme.warn),
            ("bad", theme.bad),
            ("remote", theme.remote),
            ("git", theme.git),
            ("cue", theme.cue),
        ];
        for (ground, behind) in grounds {
            for (text, colour) in texts {
                let ratio = contrast(colour, behind);
                assert!(ratio >= least, "{name}: {text} on {ground} has {ratio:.2}");
            }
        }
        for (what, text, behind) in [
            ("a button", theme.on_accent, theme.accent),
            ("a dangerous button", theme.on_bad, theme.bad),
            ("text in an added line", theme.text, theme.added),
            ("text in a removed line", theme.text, theme.removed),
            ("text that was found", theme.text, theme.found),
            ("selected text", theme.text, theme.selection),
            ("a chosen row", theme.text, theme.chosen),
            ("a chosen row's second line", theme.muted, theme.chosen),
        ] {
            // Selections are short and framed: AA holds for both.
            let ratio = contrast(text, behind);
            assert!(ratio >= 4.5, "{name}: {what} has {ratio:.2}");
        }
    }
}

#[test]
fn pills_can_be_read_on_their_tint() {
    for (name, theme, _) in all() {
        for (pill, colour) in [
            ("remote", theme.remote),
            ("git", theme.git),
            ("cue", theme.cue),
            ("good", theme.good),
            ("busy", theme.busy),
            ("warn", theme.warn),
            ("bad", theme.bad),
            ("accent", theme.accent),
            ("muted", theme.muted),
        ] {
            let ratio = contrast(colour, theme.tint(colour));
            assert!(ratio >= 4.5, "{name}: {pill} has {ratio:.2}");
        }
    }
}

#[test]
fn code_can_be_read() {
    for (name, theme, _) in all() {
        let CodeColours { keyword, function, kind, string, number, comment } = theme.code;
        for colour in [keyword, function, kind, string, number, comment] {
            let ratio = contrast(colour, theme.sunken);
            assert!(ratio >= 4.5, "{name}: {colour:?} has {ratio:.2}");
        }
    }
}

#[test]
fn what_can_be_used_stands_out_from_what_is_behind_it() {
    for (name, theme, _) in all() {
        for ground in [theme.window, theme.panel, theme.raised] {
            let ratio = contrast(theme.accent, ground);
            // WCAG 1.4.11: focus and controls.
            assert!(ratio >= 3.0, "{name}: {ratio:.2}");
        }
    }
}
