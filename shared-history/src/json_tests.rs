use super::*;

fn written(value: Value<'_>) -> String {
    let mut out = Vec::new();
    write(value, &mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn numbers_are_written_as_javascript_writes_them() {
    for (number, text) in [
        (37.0, "37"),
        (48211.0, "48211"),
        (0.0831, "0.0831"),
        (-1.5, "-1.5"),
        (-0.0, "0"),
        (1e20, "100000000000000000000"),
        (1e21, "1e+21"),
        (-1.5e300, "-1.5e+300"),
        (1e-6, "0.000001"),
        (1e-7, "1e-7"),
        (1.25e-9, "1.25e-9"),
        (f64::NAN, "null"),
        (f64::INFINITY, "null"),
    ] {
        assert_eq!(written(Value::Number(number)), text);
    }
}

#[test]
fn text_is_written_as_javascript_writes_it() {
    let text = "a\"\\/\u{8}\u{c}\n\r\t\u{1}\u{1f}\u{7f}é日🦀\u{2028}";
    let json = "\"a\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\u{7f}é日🦀\u{2028}\"";
    assert_eq!(written(Value::Text(text)), json);
    assert_eq!(string(json.as_bytes()).as_deref(), Some(text));
}

#[test]
fn what_no_string_can_hold_becomes_one_sign_each() {
    for (raw, text) in [
        (&br#""a\ud83db""#[..], "a\u{FFFD}b"),
        (br#""\ude00\ud83d""#, "\u{FFFD}\u{FFFD}"),
        (br#""\ud83d\ude00""#, "😀"),
        (b"\"\xFF\\n\xC3\"", "\u{FFFD}\n\u{FFFD}"),
        (b"\"\xED\xA0\x80x\"", "\u{FFFD}x"),
    ] {
        assert_eq!(string(raw).as_deref(), Some(text));
    }
    assert_eq!(string(b"12"), None);
}

fn edited(text: &str, changes: &[(&str, Change)]) -> String {
    let object = Object::parse(text.as_bytes()).unwrap();
    String::from_utf8(edit(&object, changes)).unwrap()
}

fn set(value: &str) -> Change {
    Change::Set(value.as_bytes().to_vec())
}

#[test]
fn an_edit_changes_its_members_and_nothing_else() {
    let text = r#" { "a" : 1.0 ,"b":[1, 2],  "c":null } "#;
    assert_eq!(edited(text, &[]), text);
    assert_eq!(edited(text, &[("b", set("0"))]), r#" { "a" : 1.0 ,"b":0,  "c":null } "#);
    assert_eq!(edited(text, &[("a", Change::Remove)]), r#" { "b":[1, 2],  "c":null } "#);
    assert_eq!(edited(text, &[("c", Change::Remove)]), r#" { "a" : 1.0 ,"b":[1, 2] } "#);
    assert_eq!(
        edited(text, &[("x", set("1")), ("y", set("2"))]),
        r#" { "a" : 1.0 ,"b":[1, 2],  "c":null,"x":1,"y":2 } "#
    );
    assert_eq!(edited("{ }", &[("x", set("1"))]), r#"{"x":1 }"#);
    assert_eq!(edited(r#"{"a":1}"#, &[("a", Change::Remove)]), "{}");
    assert_eq!(edited(r#"{"a":1}"#, &[("a", Change::Remove), ("b", set("2"))]), r#"{"b":2}"#);
}

#[test]
fn of_a_key_that_comes_twice_the_last_one_is_changed_and_both_are_removed() {
    let text = r#"{"a":1,"b":2,"\u0061":3}"#;
    assert_eq!(edited(text, &[("a", set("0"))]), r#"{"a":1,"b":2,"\u0061":0}"#);
    assert_eq!(edited(text, &[("a", Change::Remove)]), r#"{"b":2}"#);
}
