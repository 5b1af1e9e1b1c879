#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use proptest::prelude::*;

use super::*;
use crate::text::rich::Change;

fn shown(text: &str) -> Vec<Block> {
    markdown(text, 1000)
}

fn words(blocks: &[Block]) -> Vec<&str> {
    let mut words = Vec::new();
    blocks.iter().for_each(|block| block.body.each_text(|text| words.push(text)));
    words
}

fn rich(block: &Block) -> &Rich {
    match &block.body {
        Body::Text { rich, .. } | Body::Diff { rich, .. } => rich,
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_kind_of_block_is_told_apart() {
    let text = "# Head\n\nSome *slanted* **bold** ~~gone~~ `code`.\n\n> quoted\n\n- one\n- two\n  1. deep\n\n---\n\n```rust\nfn f() {}\n```\n";
    let blocks = shown(text);
    assert_eq!(
        words(&blocks),
        [
            "Head",
            "Some slanted bold gone code.",
            "quoted",
            "one",
            "two",
            "deep",
            "rust",
            "fn f() {}"
        ]
    );
    assert!(matches!(blocks[0].body, Body::Text { look: Look::Heading(1), .. }));
    let styles: Vec<Style> = rich(&blocks[1]).ranges().map(|(_, style)| style).collect();
    assert!(styles.iter().any(|style| style.slanted) && styles.iter().any(|style| style.strong));
    assert!(styles.iter().any(|style| style.struck) && styles.iter().any(|style| style.code));
    assert_eq!(blocks[2].quote, 1);
    assert_eq!((blocks[3].indent, blocks[3].marker), (1, Some(Marker::Dot)));
    assert_eq!((blocks[5].indent, blocks[5].marker), (2, Some(Marker::Number(1))));
    assert!(matches!(blocks[6].body, Body::Rule));
    assert_eq!(blocks[8].frame, Some(Frame { kind: FrameKind::Code, first: false, last: true }));
}

#[test]
fn tasks_show_whether_they_are_done() {
    let blocks = shown("- [x] done\n- [ ] open\n");
    let markers: Vec<_> = blocks.iter().map(|block| block.marker).collect();
    assert_eq!(markers, [Some(Marker::Task(true)), Some(Marker::Task(false))]);
}

#[test]
fn only_pages_and_letters_can_be_clicked_and_others_say_where_they_lead() {
    let blocks = shown("[site](https://a.org) [file](src/main.rs) [bad](javascript:alert(1))");
    let rich = rich(&blocks[0]);
    assert_eq!(rich.text, "site file (src/main.rs) bad (javascript:alert(1))");
    assert_eq!(rich.links.iter().map(|link| &**link).collect::<Vec<_>>(), ["https://a.org"]);
    let linked: Vec<_> = rich.ranges().filter(|(_, style)| style.link.is_some()).collect();
    assert_eq!(linked.len(), 1);
    assert_eq!(&rich.text[linked[0].0.clone()], "site");
}

#[test]
fn html_and_images_are_words() {
    let blocks = shown("<script>x()</script>\n\nA <b>b</b> ![a cat](https://a.org/cat.png)");
    assert_eq!(words(&blocks), ["<script>x()</script>", "A <b>b</b> Image: a cat"]);
    assert_eq!(&*rich(&blocks[1]).links[0], "https://a.org/cat.png");
}

#[test]
fn a_fenced_diff_is_coloured_and_signed() {
    let blocks = shown("```diff\n@@ -1 +1 @@\n-old\n+new\n```");
    let Body::Diff { rich, lines } = &blocks[1].body else { panic!() };
    assert_eq!(rich.text, "@@ -1 +1 @@\n- old\n+ new");
    assert_eq!(lines, &[None, Some(Change::Removed), Some(Change::Added)]);
}

#[test]
fn a_long_table_is_cut_and_its_columns_stay_in_line() {
    let rows: String = (0..50).map(|n| format!("| {n} | some words |\n")).collect();
    let blocks = shown(&format!("| a | b |\n|--:|---|\n{rows}"));
    let tables: Vec<&Table> = blocks
        .iter()
        .map(|block| match &block.body {
            Body::Table(table) => table,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(tables.iter().map(|table| table.rows.len()).collect::<Vec<_>>(), [20, 20, 11]);
    assert!(tables.iter().all(|table| table.widths == [3, 10]));
    assert_eq!(tables[0].columns, [Align::Right, Align::Left]);
    assert_eq!(tables.iter().map(|table| table.last).collect::<Vec<_>>(), [false, false, true]);
}

#[test]
fn long_code_is_cut_without_a_seam_and_copied_whole() {
    let code = "let a = 1;\n".repeat(120);
    let blocks = shown(&format!("```rust\n{code}```"));
    let Body::CodeHead { source, title } = &blocks[0].body else { panic!() };
    assert_eq!((title.as_str(), &**source), ("rust", code.trim_end()));
    let frames: Vec<_> = blocks.iter().filter_map(|block| block.frame).collect();
    assert_eq!(frames.iter().filter(|frame| frame.first).count(), 1);
    assert_eq!(frames.iter().filter(|frame| frame.last).count(), 1);
    assert!(blocks[1..].iter().all(|block| block.gap == Gap::None));
    let shown: Vec<_> = blocks[1..].iter().map(|block| rich(block).text.as_str()).collect();
    assert_eq!(shown.join("\n"), code.trim_end());
}

#[test]
fn a_long_paragraph_goes_on_without_a_gap() {
    let blocks = shown(&"some words ".repeat(2000));
    assert!(blocks.len() > 4);
    assert!(blocks[1..].iter().all(|block| block.gap == Gap::None && block.letters <= 4096));
}

#[test]
fn blocks_of_one_content_have_one_hash() {
    let (short, long) = (shown("one\n\ntwo"), shown("one\n\ntwo\n\nthree"));
    assert_eq!(short[0].hash, long[0].hash);
    assert_eq!(short[1].hash, long[1].hash);
    assert_ne!(long[1].hash, long[2].hash);
}

#[test]
fn very_much_code_is_shown_without_colours_from_some_line_on() {
    let blocks = markdown(&"```rust\nfn f() {}\n```\n\n".repeat(3), 2);
    let spans: Vec<_> = [1, 3, 5].iter().map(|at| rich(&blocks[*at]).spans.len()).collect();
    assert!(spans[0] > 1 && spans[1] > 1 && spans[2] == 1, "{spans:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn whatever_comes_every_block_is_whole(text in "([ -~\n\t]|é|```|\\*\\*|> |- |\\| ){0,300}") {
        for block in shown(&text) {
            if let Body::Text { rich, .. } | Body::Diff { rich, .. } = &block.body {
                prop_assert_eq!(rich.spans.last().map_or(0, |span| span.end), rich.text.len());
                for span in &rich.spans {
                    prop_assert!(rich.text.is_char_boundary(span.end));
                    let link = span.style.link.map_or(0, |link| usize::from(link) + 1);
                    prop_assert!(link <= rich.links.len());
                }
            }
            prop_assert!(block.letters < 64 << 10);
        }
    }
}
