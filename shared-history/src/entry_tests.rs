use proptest::prelude::*;

use super::*;
use crate::Head;
use crate::generated;

/// The lines that Maestro's documentation gives as examples: a turn, a task, and the least that is valid.
pub(crate) const EXAMPLES: [&str; 3] = [
    r#"{"id":"7d1b0a5e-4a0c-4c7e-9a51-0f4d3b1e2c11","type":"USER","timestamp":1767225600123,"summary":"Fixed the retry loop in the uploader.","fullResponse":"**Summary:** Fixed the retry loop…","agentSessionId":"0b8f2f0e-7d0b-4c55-8a3b-1f0d7f7a9f10","sessionId":"2f6f5d1c-1111-4222-8333-444455556666","sessionName":"api-fix","projectPath":"/srv/app","contextUsage":37,"usageStats":{"inputTokens":5120,"outputTokens":811,"cacheReadInputTokens":40112,"cacheCreationInputTokens":2210,"totalCostUsd":0.0831,"contextWindow":200000},"success":true,"elapsedTimeMs":48211,"hostname":"pedbook"}"#,
    r#"{"type":"AUTO","timestamp":1767229200456,"summary":"Added unit tests for the parser","fullResponse":"…","projectPath":"/srv/app","sessionId":"2f6f5d1c-1111-4222-8333-444455556666","success":true,"elapsedTimeMs":182000,"id":"c3f0a8c2-5b9f-4f7a-8f60-6a1c3b5f9d21","hostname":"pedopswat.local"}"#,
    r#"{"id":"a1","type":"USER","timestamp":1767229300000,"summary":"minimal valid entry","projectPath":"/srv/app"}"#,
];

#[test]
fn maestros_entries_are_read_whole() {
    let [turn, task, least] = EXAMPLES.map(|line| Entry::parse(line.as_bytes()).unwrap());
    assert_eq!(turn.id, "7d1b0a5e-4a0c-4c7e-9a51-0f4d3b1e2c11");
    assert_eq!((turn.kind, turn.timestamp), (EntryKind::User, 1_767_225_600_123));
    assert_eq!(turn.full_response.as_deref(), Some("**Summary:** Fixed the retry loop…"));
    assert_eq!(turn.agent_session_id.as_deref(), Some("0b8f2f0e-7d0b-4c55-8a3b-1f0d7f7a9f10"));
    assert_eq!(turn.session_id.as_deref(), Some("2f6f5d1c-1111-4222-8333-444455556666"));
    assert_eq!(turn.session_name.as_deref(), Some("api-fix"));
    assert_eq!((turn.context_usage, turn.success), (Some(37.0), Some(true)));
    assert_eq!((turn.elapsed_time_ms, turn.hostname.as_deref()), (Some(48211.0), Some("pedbook")));
    let usage = turn.usage_stats.unwrap();
    assert_eq!((usage.input_tokens, usage.output_tokens), (Some(5120.0), Some(811.0)));
    assert_eq!(usage.cache_read_input_tokens, Some(40112.0));
    assert_eq!(usage.cache_creation_input_tokens, Some(2210.0));
    assert_eq!((usage.total_cost_usd, usage.context_window), (Some(0.0831), Some(200_000.0)));
    assert_eq!(usage.reasoning_tokens, None);
    assert_eq!(
        (task.kind, task.summary.as_str()),
        (EntryKind::Auto, "Added unit tests for the parser")
    );
    assert_eq!((least.project_path.as_str(), least.hostname), ("/srv/app", None));
}

#[test]
fn a_value_of_a_wrong_type_counts_as_none() {
    let line = br#"{"id":"a","timestamp":1.7e12,"type":null,"summary":5,"success":"yes","contextUsage":null,"usageStats":[],"elapsedTimeMs":"1","hostname":{}}"#;
    let entry = Entry::parse(line).unwrap();
    assert_eq!(entry.timestamp, 1_700_000_000_000);
    assert_eq!(entry.kind, EntryKind::Other(String::new()));
    assert_eq!((entry.summary.as_str(), entry.success, entry.context_usage), ("", None, None));
    assert_eq!((&entry.usage_stats, entry.elapsed_time_ms, &entry.hostname), (&None, None, &None));
    assert_eq!(entry.to_line(), line);
}

#[test]
fn a_time_that_is_no_plain_integer_is_the_nearest_one() {
    for (text, timestamp) in [
        ("1767225600123.0", 1_767_225_600_123),
        ("1767225600123.9", 1_767_225_600_123),
        ("-5", -5),
        ("1e400", i64::MAX),
        ("-1e400", i64::MIN),
        ("99999999999999999999", i64::MAX),
    ] {
        let line = format!(r#"{{"id":"a","timestamp":{text}}}"#);
        assert_eq!(Entry::parse(line.as_bytes()).unwrap().timestamp, timestamp, "{text}");
    }
}

#[test]
fn what_is_no_entry_says_why() {
    for (line, reason) in [
        ("42", Malformed::NotAnObject),
        ("null", Malformed::NotAnObject),
        ("[]", Malformed::NotAnObject),
        ("\"{}\"", Malformed::NotAnObject),
        ("", Malformed::NotJson),
        ("{", Malformed::NotJson),
        (r#"{"id":"a","timestamp":1"#, Malformed::NotJson),
        (r#"{"id":"a","timestamp":1} x"#, Malformed::NotJson),
        (r#"{"id":"a","timestamp":01}"#, Malformed::NotJson),
        (r#"{"id":"a","timestamp":1,}"#, Malformed::NotJson),
        ("{\"id\":\"a\tb\",\"timestamp\":1}", Malformed::NotJson),
        ("{\"id\":\"a\",\"timestamp\":1,\"x\ty\":1}", Malformed::NotJson),
        ("{}", Malformed::NoId),
        (r#"{"id":5,"timestamp":1}"#, Malformed::NoId),
        (r#"{"id":"a","timestamp":1,"id":null}"#, Malformed::NoId),
        (r#"{"id":"a"}"#, Malformed::NoTimestamp),
        (r#"{"id":"a","timestamp":"1"}"#, Malformed::NoTimestamp),
        (r#"{"id":"a","timestamp":null}"#, Malformed::NoTimestamp),
    ] {
        assert_eq!(Entry::parse(line.as_bytes()).unwrap_err(), reason, "{line}");
        assert_eq!(Head::parse(line.as_bytes()).unwrap_err(), reason, "{line}");
    }
    let outside = b"{\"id\":\"a\",\"timestamp\":1\xFF}";
    assert_eq!(Entry::parse(outside).unwrap_err(), Malformed::NotJson);
    assert_eq!(Head::parse(outside).unwrap_err(), Malformed::NotJson);
}

#[test]
fn the_last_one_of_equal_keys_counts() {
    let line = br#"{"id":"a","timestamp":1,"id":"b","timestamp":2,"\u0069d":"c"}"#;
    let entry = Entry::parse(line).unwrap();
    assert_eq!((entry.id.as_str(), entry.timestamp), ("c", 2));
    assert_eq!(Head::parse(line).unwrap().id, "c");
    assert_eq!(entry.to_line(), line);
}

#[test]
fn an_entry_of_several_lines_is_written_as_one() {
    let entry = Entry::parse(b"{\n\"id\":\"a\",\r\n\"timestamp\":1}\r\n").unwrap();
    assert_eq!(entry.to_line(), b"{ \"id\":\"a\",\r \"timestamp\":1}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn whatever_was_not_changed_is_written_byte_for_byte(line in generated::line()) {
        let entry = Entry::parse(&line).unwrap();
        prop_assert_eq!(entry.to_line(), line.clone());
        prop_assert_eq!(Entry::parse(&entry.to_line()).unwrap(), entry);
    }

    #[test]
    fn the_cheap_view_agrees_with_the_whole_one(line in generated::line(), cut in any::<prop::sample::Index>()) {
        let entry = Entry::parse(&line).unwrap();
        let head = Head::parse(&line).unwrap();
        prop_assert_eq!((head.id.as_ref(), head.timestamp), (entry.id.as_str(), entry.timestamp));
        let torn = &line[..cut.index(line.len())];
        prop_assert!(Head::parse(torn).is_err());
    }

    #[test]
    fn a_damaged_line_is_the_same_to_both_views(
        line in generated::line(),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let mut line = line;
        let at = at.index(line.len());
        line[at] = byte;
        let head = Head::parse(&line).map(|head| (head.id.into_owned(), head.timestamp));
        let entry = Entry::parse(&line).map(|entry| (entry.id, entry.timestamp));
        prop_assert_eq!(head, entry);
    }
}
