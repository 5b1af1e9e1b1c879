//! Lines as they may come: of Maestro, of newer programs, of people with an editor.

use proptest::prelude::*;

/// Something between quotes, as it stands in a text: also what no string of ours can hold.
fn text() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        6 => "[a-zA-Z0-9 .,:{}\\[\\]/-]{0,12}".prop_map(String::into_bytes),
        2 => "\\PC{0,4}".prop_filter("is a mark", |text| !text.contains(['"', '\\'])).prop_map(String::into_bytes),
        2 => prop::sample::select(vec![
            "\\n", "\\\"", "\\\\", "\\/", "\\t", "\\b", "\\f", "\\r", "\\u0000", "\\u00e9", "\\u00E9",
            "\\ud83d\\ude00", "\\ud83d", "\\uDE00", "\\ude00\\ud83d", "\\ud83dx", "\u{2028}", "\u{7f}",
            "日本語", "🦀", "\u{FEFF}",
        ])
        .prop_map(|piece| piece.as_bytes().to_vec()),
        1 => prop::sample::select(vec![&b"\xFF"[..], b"\xC3", b"\xED\xA0\x80", b"\xF0\x9F"])
            .prop_map(<[u8]>::to_vec),
    ];
    prop::collection::vec(piece, 0..5).prop_map(|pieces| {
        let mut text = vec![b'"'];
        text.extend(pieces.concat());
        text.push(b'"');
        text
    })
}

fn number() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        any::<i64>().prop_map(|number| number.to_string()),
        (0..2_000_000_000_000_i64).prop_map(|number| number.to_string()),
        any::<f64>()
            .prop_filter("is no number", |number| number.is_finite())
            .prop_map(|number| format!("{number:e}")),
        prop::sample::select(vec![
            "0",
            "-0",
            "0.0",
            "1.0",
            "1e3",
            "1E+3",
            "37.50",
            "1767225600123.0",
            "1.7e12",
            "1e400",
            "-1e400",
            "99999999999999999999999",
            "0.0831",
        ])
        .prop_map(str::to_owned),
    ]
    .prop_map(String::into_bytes)
}

fn plain() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        3 => text(),
        3 => number(),
        1 => prop::sample::select(vec!["null", "true", "false"]).prop_map(|word| word.as_bytes().to_vec()),
    ]
}

fn space() -> impl Strategy<Value = Vec<u8>> {
    prop::sample::select(vec!["", "", "", "", " ", "\t", "  "])
        .prop_map(|space| space.as_bytes().to_vec())
}

fn object(
    members: impl Strategy<Value = Vec<(Vec<u8>, Vec<u8>)>>,
) -> impl Strategy<Value = Vec<u8>> {
    (members, prop::collection::vec(space(), 5)).prop_map(|(members, space)| {
        let mut text = [&b"{"[..], &space[0]].concat();
        for (index, (key, value)) in members.iter().enumerate() {
            let comma: &[u8] = if index > 0 { b"," } else { b"" };
            for part in [comma, &space[1], key, &space[2], b":", &space[3], value] {
                text.extend_from_slice(part);
            }
        }
        text.extend_from_slice(&space[4]);
        text.push(b'}');
        text
    })
}

fn value() -> impl Strategy<Value = Vec<u8>> {
    let inner = prop::collection::vec(
        (
            prop::sample::select(vec![
                &b"\"inputTokens\""[..],
                b"\"outputTokens\"",
                b"\"totalCostUsd\"",
                b"\"contextWindow\"",
                b"\"futureTokens\"",
            ])
            .prop_map(<[u8]>::to_vec),
            plain(),
        ),
        0..4,
    );
    prop_oneof![
        8 => plain(),
        2 => object(inner),
        1 => prop::collection::vec(plain(), 0..3).prop_map(|values| {
            [&b"["[..], &values.join(&b','), b"]"].concat()
        }),
    ]
}

const KEYS: [&str; 24] = [
    "type",
    "summary",
    "fullResponse",
    "agentSessionId",
    "sessionName",
    "projectPath",
    "sessionId",
    "contextUsage",
    "usageStats",
    "success",
    "elapsedTimeMs",
    "validated",
    "cueTriggerName",
    "cueEventType",
    "cueSourceSession",
    "tokenSource",
    "tokenSourceReason",
    "achievementAction",
    "hostname",
    "future",
    "another one",
    "x",
    "",
    "usagestats",
];

/// A line that is an entry, of every kind that there may be.
pub(crate) fn line() -> impl Strategy<Value = Vec<u8>> {
    let key = prop_oneof![
        12 => prop::sample::select(KEYS.to_vec()).prop_map(|key| format!("\"{key}\"").into_bytes()),
        1 => text(),
        1 => Just(b"\"\\u0074ype\"".to_vec()),
    ];
    let others = prop::collection::vec((key, value()), 0..14);
    let members = (others, text(), number(), any::<u8>(), any::<u8>()).prop_map(
        |(mut members, id, timestamp, one, other)| {
            let at = usize::from(one) % (members.len() + 1);
            members.insert(at, (b"\"id\"".to_vec(), id));
            let at = usize::from(other) % (members.len() + 1);
            members.insert(at, (b"\"timestamp\"".to_vec(), timestamp));
            members
        },
    );
    object(members)
}
