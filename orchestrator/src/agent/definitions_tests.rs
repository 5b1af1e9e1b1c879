#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;

use super::*;
use crate::agent::ParserKind;

const OWN: &str = r#"
id = "mine"
name = "Mine"
program = "mine"
[batch]
output = "plain"
prompt = "stdin"
"#;

fn load(files: &[(&str, &str)]) -> (Definitions, Vec<Failure>) {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(dir.path().join(name), text).unwrap();
    }
    Definitions::load(dir.path())
}

fn fault(text: &str) -> String {
    let failure = parse("a.toml", text).unwrap_err();
    assert_eq!(failure.code, Code::InvalidConfig);
    assert!(failure.hint.is_some());
    failure.message
}

#[test]
fn seven_agents_come_with_baton() {
    let (all, failures) = Definitions::embedded();
    assert_eq!(failures, []);
    let ids: Vec<&str> = all.iter().map(|definition| definition.id.as_str()).collect();
    let want =
        ["claude-code", "codex", "copilot-cli", "factory-droid", "gemini-cli", "opencode", "shell"];
    assert_eq!(ids, want);
    // Each of them says how to log in and how to install it, but for the shell.
    for definition in all.iter().filter(|definition| definition.id != "shell") {
        assert!(definition.install.is_some() && definition.login.hint.is_some());
        assert!(definition.context_window.is_some());
        assert!(definition.batch.as_ref().unwrap().read_only.is_some(), "{}", definition.id);
    }
}

#[test]
fn a_definition_of_ones_own_adds_or_replaces() {
    let codex = OWN.replace("\"mine\"", "\"codex\"");
    let (all, failures) = load(&[("a.toml", OWN), ("b.toml", &codex), ("notes.txt", "no toml")]);
    assert_eq!(failures, []);
    assert_eq!(all.get("mine").unwrap().name, "Mine");
    let batch = all.get("codex").unwrap().batch.clone().unwrap();
    assert_eq!(batch.output, ParserKind::Plain);
    assert_eq!(all.iter().count(), 8);
}

#[test]
fn a_faulty_definition_is_named_with_its_line_and_the_others_work() {
    let broken = format!("{}promt = 3\n", OWN.replace("\"mine\"", "\"other\""));
    let (all, failures) = load(&[("a.toml", "id = "), ("b.toml", &broken), ("c.toml", OWN)]);
    assert!(all.get("mine").is_ok() && all.get("codex").is_ok());
    let messages: Vec<&str> = failures.iter().map(|failure| failure.message.as_str()).collect();
    assert!(messages[0].contains("a.toml:1:"), "{messages:?}");
    assert!(messages[1].contains("b.toml:8:1: unknown field `promt`"), "{messages:?}");
    assert_eq!(failures.len(), 2);
}

#[test]
fn nobody_works_with_an_agent_whose_own_file_is_faulty() {
    let mistyped = "id = \"codex\"\nnmae = \"My codex\"\n";
    let broken = "id = 'gemini-cli'\nname = \n";
    let (all, failures) = load(&[
        ("a.toml", mistyped),
        ("b.toml", broken),
        ("shell.toml", "no toml"),
        ("new.toml", &OWN.replace("\"mine\"", "\"mine\"\nprompt = 3")),
        ("opencode.toml", OWN),
    ]);
    assert_eq!(failures.len(), 4);
    for (id, place) in [
        ("codex", "a.toml:2:1: "),
        ("gemini-cli", "b.toml:2:"),
        ("shell", "shell.toml:1:"),
        ("mine", "new.toml:"),
        ("new", "new.toml:"),
    ] {
        let failure = all.get(id).unwrap_err();
        assert_eq!(failure.code, Code::InvalidConfig, "{failure}");
        assert!(failure.message.contains(place) && failure.hint.is_some(), "{failure}");
        assert!(all.iter().all(|definition| definition.id != id), "{id}");
    }
    // A file may be called like an agent that it doesn't stand for.
    assert_eq!(all.get("opencode").unwrap().program, "opencode");
    assert_eq!(all.get("claude-code").unwrap().name, "Claude Code");
    assert_eq!(all.get("nobody").unwrap_err().code, Code::NotFound);
}

#[test]
fn while_ones_own_agents_cannot_be_read_none_is_used_in_their_place() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("agents"), "no directory").unwrap();
    let (all, failures) = Definitions::load(&dir.path().join("agents"));
    assert_eq!(failures.len(), 1);
    assert_eq!(all.get("codex").unwrap_err(), failures[0]);
}

#[test]
fn two_files_of_one_id_are_said() {
    let (all, failures) = load(&[("a.toml", OWN), ("b.toml", &OWN.replace("Mine", "Other"))]);
    assert_eq!(all.get("mine").unwrap_err(), failures[0]);
    assert!(failures[0].message.contains("b.toml"), "{failures:?}");
    assert!(failures[0].message.contains("a.toml"), "{failures:?}");
}

#[test]
fn without_a_directory_there_are_the_embedded_ones() {
    let dir = tempfile::tempdir().unwrap();
    let (all, failures) = Definitions::load(&dir.path().join("none"));
    assert_eq!((all.iter().count(), failures.len()), (7, 0));
}

#[test]
fn what_cant_be_right_is_named_with_its_place() {
    let with = |line: &str| fault(&format!("{OWN}{line}\n"));
    assert!(with("resume = [\"--resume\"]").starts_with("a.toml:8:10: {id} must stand here once"));
    assert!(with("model = [\"{model}\", \"{id}\"]").contains("{id} means nothing here"));
    assert!(with("images = { arguments = [\"-i\"] }").contains("`{image}`"));
    assert!(with("arguments = [\"a\\u0000b\"]").contains("NUL"));
    assert!(with("env = { \"A-B\" = \"x\" }").contains("`A-B`"));
    assert!(with("read_only = { strips = [\"yolo\"] }").contains("begin with `-`"));
    assert!(with("[login]\nfiles = [\"auth.json\"]").contains("`auth.json`"));
    assert!(fault(&OWN.replace("id = \"mine\"", "id = \"a b\"")).starts_with("a.toml:2:6: `id`"));
    assert!(fault(&OWN.replace("program = \"mine\"", "program = \"\"")).contains("`program`"));
    let nothing = "id = \"a\"\nname = \"A\"\nprogram = \"a\"\n";
    assert!(fault(nothing).contains("[batch], [talk]"));
    let last = OWN.replace("prompt = \"stdin\"", "prompt = \"last_argument\"");
    assert!(fault(&format!("{last}images = {{ claude_json = [] }}\n")).contains("claude_json"));
}

#[test]
fn a_name_that_is_nearly_right_is_suggested() {
    let (all, _) = Definitions::embedded();
    let hint = |id| all.get(id).unwrap_err().hint.unwrap();
    assert_eq!(hint("claude"), "Did you mean claude-code?");
    assert_eq!(hint("codx"), "Did you mean codex?");
    assert!(hint("nothing-like-it").contains("claude-code, codex"));
}

#[test]
fn values_of_the_environment_dont_show_in_debug_output() {
    let own = format!("{OWN}env = {{ KEY = \"secret\" }}\n");
    let shown = format!("{:?}", parse("a.toml", &own).unwrap());
    assert!(shown.contains("KEY") && !shown.contains("secret"));
}
