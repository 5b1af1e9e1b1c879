#![allow(clippy::unwrap_used)]

use super::*;

/// As it is read without colours, with empty lines between the units.
fn plain(text: &str, width: usize) -> String {
    let mut out = String::new();
    for unit in units(text, width) {
        if !out.is_empty() && !unit.joins {
            out.push('\n');
        }
        out += &(unit.lines.join("\n") + "\n");
    }
    anstream::adapter::strip_str(&out).to_string()
}

#[test]
fn an_answer_reads_as_text() {
    let text = "\
# Fixed
The *test* now **passes**: see `run.rs` and [the docs](https://example.com/a).

- one
- two
  goes on
  - nested
3. [x] done
4. [ ] open

> quoted
> words

```rust
fn main() {
    println!(\"a very long line of code that is never wrapped\");

}
```
***
<https://example.com>
";
    let shown = "\
# Fixed

The test now passes: see `run.rs`
and the docs
(https://example.com/a).

• one
• two
  goes on
  • nested

3. [x] done
4. [ ] open

│ quoted
│ words

    fn main() {
        println!(\"a very long line of code that is never wrapped\");

    }

────────────────────────────────────

https://example.com
";
    assert_eq!(plain(text, 36), shown);
}

#[test]
fn tables_are_aligned_by_what_is_seen_or_stacked_where_there_is_no_room() {
    let text = "| name | size |\n|:--|--:|\n| 日本 | 1 |\n| `b` | 1,234 |\n";
    assert_eq!(plain(text, 40), "name   size\n────  ─────\n日本      1\n`b`   1,234\n");
    assert_eq!(plain(text, 8), "name: 日\n  本\nsize: 1\n\nname:\n  `b`\nsize:\n  1,234\n");
}

#[test]
fn links_by_reference_are_shown_as_written_with_their_definitions() {
    let text =
        "See [the docs][1] and [more].\n\n[1]: https://a.example\n[more]: https://b.example\n";
    let shown =
        "See [the docs][1] and [more].\n\n[1]: https://a.example\n[more]: https://b.example\n";
    assert_eq!(plain(text, 80), shown);
}

#[test]
fn blocks_within_items_keep_their_place() {
    let text =
        "1. First\n\n   More of it\n\n   ```\n   code\n   ```\n\n   > said\n2. \n3. - a\n   - b\n";
    let shown = "\
1. First

   More of it

       code

   │ said
2.
3. • a
   • b
";
    assert_eq!(plain(text, 80), shown);
}

#[test]
fn what_is_no_markdown_for_us_stays_as_it_is_written() {
    assert_eq!(plain("a <b>c</b> & d &amp; e", 80), "a <b>c</b> & d & e\n");
    assert_eq!(plain("<div>\n  <p>x</p>\n</div>\n", 80), "<div>\n<p>x</p>\n</div>\n");
    assert_eq!(plain("![chart](c.png) ~~old~~", 80), "image: chart (c.png) old\n");
    assert_eq!(plain("hard  \nbreak", 80), "hard\nbreak\n");
    assert_eq!(plain("", 80), "");
    assert_eq!(plain("```\n```\n", 80), "");
    assert_eq!(plain("```\na[i]: 1\n```\n", 80), "    a[i]: 1\n");
}

#[test]
fn emphasis_is_seen_where_there_are_colours() {
    let lines = &units("**strong** and *soft*", 80)[0].lines;
    assert_eq!(lines, &["\u{1b}[1mstrong\u{1b}[0m and \u{1b}[3msoft\u{1b}[0m"]);
}
