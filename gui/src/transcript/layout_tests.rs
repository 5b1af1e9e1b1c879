#![allow(clippy::unwrap_used)]

use std::sync::Arc as Shared;

use orchestrator::failure::{Code, Failure};

use super::*;
use crate::testing::harness;
use crate::text::{Diff, ErrorCard, Mark, MarkKind, diff_blocks};

/// How far from the left the beginning of the first such words stands.
fn left_of(shaped: &Shaped, words: &str) -> f32 {
    let from = shaped.text().find(words).unwrap();
    shaped.rects(from..from + words.len()).first().unwrap().left()
}

fn laid(body: Body) -> Shared<Laid> {
    let mut window = harness(None, move |ui, out| {
        // No font of ours has Hebrew; where its letters stand is known without.
        ui.ctx().set_missing_glyph_policy(egui::MissingGlyphPolicy::Tofu);
        let block = Block::new(body.clone());
        *out = Some(Shared::new(lay(ui.painter(), &Theme::DARK, &block, 600.0)));
    });
    window.run();
    window.state().clone().unwrap()
}

#[test]
fn hebrew_in_a_diff_is_read_from_right_to_left_behind_the_sign_of_its_line() {
    let mut diff = Diff::default();
    diff.compare("let a = 1;\nשלום עולם\n", "let a = 1;\nשלום לכולם\n");
    let blocks = diff_blocks("a.txt", diff, "");
    let body =
        blocks.into_iter().map(|block| block.body).find(|body| matches!(body, Body::Diff { .. }));
    let laid = laid(body.unwrap());
    let (_, shaped) = laid.texts.first().unwrap();
    assert!(
        left_of(shaped, "לכולם") < left_of(shaped, "שלום"),
        "the second word stands at the left"
    );
    assert!(left_of(shaped, "- ") < 1.0 && left_of(shaped, "+ ") < 1.0);
    // Code stays as it is.
    assert!(left_of(shaped, "let") < left_of(shaped, "= 1;"));
}

#[test]
fn hebrew_on_a_card_of_an_error_is_read_from_right_to_left() {
    let failure = Failure::new(Code::AgentFailed, "שלום עולם").hint("run שלום עולם");
    let card = ErrorCard { failure, recoverable: false, resets_at: None };
    let laid = laid(Body::Error(Box::new(card)));
    for (_, shaped) in &laid.texts {
        assert!(left_of(shaped, "עולם") < left_of(shaped, "שלום"), "{:?}", shaped.text());
    }
    // One begins at the right, the other at the left.
    assert!(left_of(&laid.texts[0].1, "שלום") > 300.0);
    assert!(left_of(&laid.texts[1].1, "run") < 1.0);
}

#[test]
fn hebrew_of_what_happened_on_the_way_is_read_from_right_to_left() {
    let mark = Mark { kind: MarkKind::Quiet, words: "lost שלום עולם".into() };
    let laid = laid(Body::Mark(mark));
    let (_, shaped) = laid.texts.first().unwrap();
    assert!(left_of(shaped, "עולם") < left_of(shaped, "שלום"));
}
