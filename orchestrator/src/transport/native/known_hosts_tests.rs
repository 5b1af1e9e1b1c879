#![allow(clippy::unwrap_used)]

use super::*;

const A: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ";
const B: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIILIG2T/B0l0gaqj3puu510tu9N1OkQ4znY3LYuEm5zF";

fn key(line: &str) -> KeyData {
    parse_public_key_base64(line.split(' ').nth(1).unwrap()).unwrap().key_data().clone()
}

fn verdict_on(text: &str, host: &str, port: u16, shown: &str) -> Verdict {
    let known = KnownHosts::parse([(Path::new("/k"), text)]);
    known.verdict(&KnownName::new(host, port, None), &key(shown))
}

#[test]
fn a_key_on_record_is_known_whatever_its_comment_and_blanks() {
    for line in [
        format!("box {A}"),
        format!("box {A} somebody@somewhere else"),
        format!("box\t{}", A.replace(' ', "\t")),
        format!("  box   {}  c\r", A.replace(' ', "   ")),
        format!("# a comment\r\n\r\nother,box,third {A}\r\n"),
        format!("BOX {A}"),
        format!("b?x,*.org {A}"),
        format!("box {B}\nbox {A}"),
    ] {
        assert_eq!(verdict_on(&line, "Box", 22, A), Verdict::Known, "{line:?}");
    }
}

#[test]
fn a_host_without_a_line_is_unknown() {
    for line in [
        String::new(),
        format!("# box {A}"),
        format!("boxer {A}"),
        format!("*,!box {A}"),
        format!("[box]:2222 {A}"),
        "box ssh-ed25519 AAAA".to_owned(),
        format!("@something box {A}"),
        "|1|broken box".to_owned(),
    ] {
        assert_eq!(verdict_on(&line, "box", 22, A), Verdict::Unknown, "{line:?}");
    }
}

#[test]
fn another_key_on_record_is_a_change_with_its_place() {
    let text = format!("other {A}\n# about box\nbox {B}\n");
    let changed = Verdict::Changed { file: "/k".into(), line: 3 };
    assert_eq!(verdict_on(&text, "box", 22, A), changed);
}

#[test]
fn a_revoked_key_loses_wherever_the_line_stands() {
    let revoked = |line| Verdict::Revoked { file: "/k".into(), line };
    assert_eq!(verdict_on(&format!("@revoked * {A}\nbox {A}"), "box", 22, A), revoked(1));
    assert_eq!(verdict_on(&format!("box {A}\n@revoked\tbox\t{A}"), "box", 22, A), revoked(2));
    assert_eq!(verdict_on(&format!("box {A}\n@revoked box {A}"), "box", 2222, A), revoked(2));
    assert_eq!(verdict_on(&format!("@revoked * {B}\nbox {A}"), "box", 22, A), Verdict::Known);
    assert_eq!(verdict_on(&format!("@revoked * {B}"), "box", 22, A), Verdict::Unknown);
}

#[test]
fn another_port_is_another_name_but_lends_a_known_key() {
    assert_eq!(verdict_on(&format!("[box]:2222 {A}"), "box", 2222, A), Verdict::Known);
    assert_eq!(verdict_on(&format!("[box]:22?2 {A}"), "box", 2222, A), Verdict::Known);
    assert_eq!(verdict_on(&format!("box {A}"), "box", 2222, A), Verdict::Known);
    assert_eq!(verdict_on(&format!("box {B}"), "box", 2222, A), Verdict::Unknown);
    let changed = Verdict::Changed { file: "/k".into(), line: 2 };
    assert_eq!(verdict_on(&format!("box {A}\n[box]:2222 {B}"), "box", 2222, A), changed);
}

#[test]
fn an_authority_alone_is_told_apart_from_an_unknown_host() {
    let only = Verdict::OnlyAuthority { file: "/k".into(), line: 1 };
    assert_eq!(verdict_on(&format!("@cert-authority *.org {B}"), "box.org", 22, A), only);
    let both = format!("@cert-authority *.org {B}\nbox.org {A}");
    assert_eq!(verdict_on(&both, "box.org", 22, A), Verdict::Known);
    // An authority's own key doesn't make it the host's key.
    assert_eq!(verdict_on(&format!("@cert-authority box {A}"), "box", 22, A), only);
}

#[test]
fn an_alias_stands_without_the_port() {
    let known = KnownHosts::parse([(Path::new("/k"), format!("cluster {A}").as_str())]);
    let name = KnownName::new("10.0.0.3", 2222, Some("cluster"));
    assert_eq!(known.verdict(&name, &key(A)), Verdict::Known);
    assert_eq!(name.as_str(), "cluster");
}

#[test]
fn the_kinds_on_record_come_in_the_order_of_the_files() {
    let ecdsa = "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBEmKSENjQEezOmxkZMy7opKgwFB9nkt5YRrYMjNuG5N87uRgg6CLrbo5wAdT/y6v0mKV0U2w0WZ2YB/++Tpockg=";
    let (one, two) = (format!("box {ecdsa}\n*.org {A}"), format!("box {A}\nbox {B}"));
    let known =
        KnownHosts::parse([(Path::new("/1"), one.as_str()), (Path::new("/2"), two.as_str())]);
    let names: Vec<String> = known
        .algorithms(&KnownName::new("box", 22, None))
        .iter()
        .map(|algorithm| algorithm.as_str().to_owned())
        .collect();
    assert_eq!(names, ["ecdsa-sha2-nistp256", "ssh-ed25519"]);
    assert!(known.algorithms(&KnownName::new("new", 22, None)).is_empty());
}
