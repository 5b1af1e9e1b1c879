use proptest::prelude::*;

use super::*;
use crate::entry::tests::EXAMPLES;
use crate::generated;

fn line_of(entry: &Entry) -> String {
    String::from_utf8(entry.to_line()).unwrap()
}

/// The same entry, as if it had been made here.
fn made(entry: &Entry) -> Entry {
    Entry { source: None, ..entry.clone() }
}

#[test]
fn maestros_lines_are_written_back_byte_for_byte() {
    for example in EXAMPLES {
        let entry = Entry::parse(example.as_bytes()).unwrap();
        assert_eq!(line_of(&entry), example);
        assert_eq!(
            line_of(&made(&entry)),
            example,
            "made here, it is written as Maestro writes it"
        );
    }
}

#[test]
fn a_change_touches_its_own_value_only() {
    let line = r#"{"z":1.0, "id":"a","timestamp":1767225600123.0,"summary":"\u0061","contextUsage":null,"usageStats":{"inputTokens":5.0,"new":[1e3],"outputTokens":7},"y":null}"#;
    let mut entry = Entry::parse(line.as_bytes()).unwrap();

    entry.hostname = Some("box".to_owned());
    let shared = line.replace(r#""y":null}"#, r#""y":null,"hostname":"box"}"#);
    assert_eq!(line_of(&entry), shared);

    if let Some(usage) = &mut entry.usage_stats {
        usage.output_tokens = Some(8.0);
        usage.total_cost_usd = Some(0.5);
    }
    let counted = shared.replace(r#""outputTokens":7}"#, r#""outputTokens":8,"totalCostUsd":0.5}"#);
    assert_eq!(line_of(&entry), counted);

    entry.usage_stats = None;
    entry.context_usage = Some(12.0);
    entry.timestamp += 1;
    assert_eq!(
        line_of(&entry),
        r#"{"z":1.0, "id":"a","timestamp":1767225600124,"summary":"\u0061","contextUsage":12,"y":null,"hostname":"box"}"#
    );
}

#[test]
fn what_is_added_comes_in_maestros_order() {
    let mut entry = Entry::parse(br#"{"id":"a","timestamp":1}"#).unwrap();
    entry.hostname = Some("box".to_owned());
    entry.success = Some(false);
    entry.project_path = "/srv".to_owned();
    entry.kind = EntryKind::User;
    assert_eq!(
        line_of(&entry),
        r#"{"id":"a","timestamp":1,"type":"USER","projectPath":"/srv","success":false,"hostname":"box"}"#
    );
}

#[test]
fn every_field_that_is_set_is_written_and_read() {
    let text = |text: &str| Some(text.to_owned());
    let entry = Entry {
        full_response: text("line\n\"two\""),
        agent_session_id: text("agent"),
        session_name: text("name"),
        session_id: text("session"),
        context_usage: Some(12.5),
        usage_stats: Some(UsageStats { reasoning_tokens: Some(3.0), ..UsageStats::default() }),
        success: Some(false),
        elapsed_time_ms: Some(1.0),
        validated: Some(true),
        cue_trigger_name: text("nightly"),
        cue_event_type: text("time"),
        cue_source_session: text("source"),
        token_source: text("api"),
        token_source_reason: text("limit"),
        achievement_action: text("openAbout"),
        hostname: text("büro 🦀"),
        ..Entry::new("a", EntryKind::Cue, -1, "summary", "/srv")
    };
    let read = Entry::parse(&entry.to_line()).unwrap();
    assert_eq!(made(&read), entry);
    assert_eq!(USER_ORDER.len(), AUTO_ORDER.len());
    for kind in [EntryKind::Auto, EntryKind::User, EntryKind::from("NEW")] {
        let entry = Entry { kind, ..entry.clone() };
        assert_eq!(made(&Entry::parse(&entry.to_line()).unwrap()), entry);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_change_of_any_line_leaves_everything_else(
        line in generated::line(),
        hostname in prop::option::of("\\PC{0,8}"),
        elapsed in prop::option::of(any::<u32>()),
        tokens in prop::option::of(any::<u32>()),
    ) {
        let mut entry = Entry::parse(&line).unwrap();
        let was = entry.clone();
        entry.hostname = hostname;
        entry.elapsed_time_ms = elapsed.map(f64::from);
        if let Some(usage) = &mut entry.usage_stats {
            usage.input_tokens = tokens.map(f64::from);
        }
        let written = entry.to_line();
        let read = Entry::parse(&written).unwrap();
        prop_assert_eq!(made(&read), made(&entry));

        // Every member but those three stands as it stood.
        let others = |text: &[u8]| -> Vec<Vec<u8>> {
            let object = Object::parse(text).unwrap();
            let changed = ["hostname", "elapsedTimeMs", "usageStats"];
            let others = object.members.iter().filter(|member| !changed.contains(&member.key.as_str()));
            others.map(|member| text[member.whole.clone()].to_vec()).collect()
        };
        prop_assert_eq!(others(&written), others(&line));

        // And changed back, nothing has happened but that a member that was not there before came and went.
        let back = Entry {
            hostname: was.hostname.clone(),
            elapsed_time_ms: was.elapsed_time_ms,
            usage_stats: was.usage_stats.clone(),
            ..read
        };
        prop_assert_eq!(made(&Entry::parse(&back.to_line()).unwrap()), made(&was));
    }
}
