//! Reading what an agent prints: Claude's stream-json, on one core.

use std::time::Instant;

use orchestrator::agent::{Carry, Item, Parser, ParserKind};
use serde_json::json;

use crate::table::Row;
use crate::{Outcome, Scale};

/// What must be.
const MUST_MIB_PER_S: f64 = 300.0;

/// What a follow hands over at once.
const CHUNK_BYTES: usize = 64 * 1024;

/// Measures it. No host has a part in it.
pub fn measure(scale: Scale) -> Outcome<Vec<Row>> {
    let stream = stream(if scale.quick { 16 } else { 128 } * 1024 * 1024);
    let mib = stream.len() as f64 / (1024.0 * 1024.0);
    let mut speeds = Vec::new();
    for _ in 0..scale.share(4) {
        let start = Instant::now();
        let (items, bytes) = parse(&stream);
        speeds.push(mib / start.elapsed().as_secs_f64());
        if items == 0 || bytes == 0 {
            return Err("the stream gave no items".into());
        }
    }
    speeds.sort_by(f64::total_cmp);
    let median = speeds[speeds.len() / 2];
    Ok(vec![Row {
        what: "parsing Claude's stream-json, one core".into(),
        ours: format!("{median:.0} MiB/s ({:.0}–{:.0})", speeds[0], speeds[speeds.len() - 1]),
        ssh: String::new(),
        ratio: None,
        mark: Some((format!("≥ {MUST_MIB_PER_S:.0} MiB/s"), median >= MUST_MIB_PER_S)),
    }])
}

/// How many items there are, and how long their texts: what comes out has to be used, or it might not be made.
fn parse(stream: &[u8]) -> (usize, usize) {
    let mut parser = Parser::new(ParserKind::Claude, Carry::default());
    let mut items = Vec::new();
    let (mut count, mut bytes) = (0, 0);
    for chunk in stream.chunks(CHUNK_BYTES) {
        parser.push(chunk, &mut items);
        count += items.len();
        for item in items.drain(..) {
            bytes += match item {
                Item::Text { text }
                | Item::Printed { text, whole: true }
                | Item::Reasoning { text } => text.len(),
                Item::ToolCall(call) => call.output.map_or(0, |output| output.len()),
                _ => 0,
            };
        }
    }
    parser.finish(&mut items);
    (count + items.len(), bytes)
}

/// A turn as it is: thoughts, words, commands, files that are read (20 KiB, the bulk of it) and edited.
fn stream(at_least_bytes: usize) -> Vec<u8> {
    let session = "5f0c1f0e-7d0b-4c55-8a3b-1f0d7f7a9f10";
    let usage = json!({"input_tokens": 4, "cache_creation_input_tokens": 2000, "cache_read_input_tokens": 10000, "output_tokens": 8, "service_tier": "standard"});
    let says = |content: serde_json::Value| json!({"type": "assistant", "message": {"id": "msg_01", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5", "content": [content], "stop_reason": null, "usage": usage}, "parent_tool_use_id": null, "session_id": session, "uuid": "7d1b0a5e-4a0c-4c7e-9a51-0f4d3b1e2c11"});
    let result = |id: &str, text: &str| json!({"type": "user", "message": {"role": "user", "content": [{"tool_use_id": id, "type": "tool_result", "content": text, "is_error": false}]}, "parent_tool_use_id": null, "session_id": session, "uuid": "7d1b0a5e-4a0c-4c7e-9a51-0f4d3b1e2c11"});
    let code = "    let mut frames = Vec::new(); // \"quoted\", and a tab\t\n    frames.push(line.trim());\n";
    let file = code.repeat(20 * 1024 / code.len());
    let edit = code.repeat(10);
    let turn = [
        says(
            json!({"type": "thinking", "thinking": "The parser has to be looked at first. ".repeat(20), "signature": "x".repeat(200)}),
        ),
        says(
            json!({"type": "text", "text": "I'll read the file, and then change **two** places:\n\n1. the frame\n2. the scan\n"}),
        ),
        says(
            json!({"type": "tool_use", "id": "toolu_1", "name": "Read", "input": {"file_path": "/srv/shop/src/frame.rs"}}),
        ),
        result("toolu_1", &file),
        says(
            json!({"type": "tool_use", "id": "toolu_2", "name": "Edit", "input": {"file_path": "/srv/shop/src/frame.rs", "old_string": edit, "new_string": edit}}),
        ),
        result("toolu_2", "The file /srv/shop/src/frame.rs has been updated."),
        says(
            json!({"type": "tool_use", "id": "toolu_3", "name": "Bash", "input": {"command": "cargo test", "description": "run the tests"}}),
        ),
        result("toolu_3", &"test frame::tests::lines_come_whole ... ok\n".repeat(40)),
    ];
    let mut lines = Vec::new();
    for line in &turn {
        lines.extend(line.to_string().into_bytes());
        lines.push(b'\n');
    }
    let times = at_least_bytes / lines.len() + 1;
    lines.repeat(times)
}
