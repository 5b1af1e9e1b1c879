use std::{
    fs,
    path::Path,
    process::{Command, Output, Stdio},
};

use baton_tests::{MockModel, gemini_environment, install_gemini, write_gemini_config};
use serde_json::Value;

use crate::support::{json_lines, stderr, stdout};

/// Runs gemini in a throw-away home and directory.
fn gemini(home: &Path, dir: &Path, port: u16, arguments: &[&str]) -> Output {
    let mut gemini = Command::new(install_gemini());
    gemini.args(["-m", "gemini-2.5-flash", "--output-format", "stream-json"]);
    gemini.args(["--approval-mode", "yolo", "--skip-trust"]).args(arguments).current_dir(dir);
    gemini.env("HOME", home).envs(gemini_environment(port)).stdin(Stdio::null());
    gemini.output().unwrap()
}

/// The pieces of text that the agent said, put together.
fn said(lines: &[Value]) -> String {
    let mine = lines.iter().filter(|line| line["role"] == "assistant");
    mine.map(|line| line["content"].as_str().unwrap()).collect()
}

#[test]
fn gemini_finishes_a_turn_with_the_mock_model_and_goes_on_with_its_session() {
    let model = MockModel::start();
    let (home, dir) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    write_gemini_config(home.path());
    let output = gemini(home.path(), dir.path(), model.port(), &["-p", "Create hello.txt"]);
    assert!(output.status.success(), "{}{}", stdout(&output), stderr(&output));
    let lines = json_lines(&output);
    let result = lines.iter().find(|line| line["type"] == "tool_result").unwrap();
    assert_eq!(result["output"], MockModel::COMMAND_OUTPUT);
    assert!(said(&lines).ends_with(MockModel::FINAL_TEXT), "{lines:?}");
    let end = lines.last().unwrap();
    assert_eq!((&end["type"], &end["status"]), (&"result".into(), &"success".into()));
    assert_eq!(end["stats"]["tool_calls"], 2);
    let file = fs::read_to_string(dir.path().join(MockModel::FILE_NAME)).unwrap();
    assert_eq!(file, MockModel::FILE_TEXT);
    let asked = model.requests();
    assert_eq!(asked.len(), 3, "a command, a file, the end");
    assert_eq!(asked[0].header("x-goog-api-key"), Some("(left out)"));

    let session = lines[0]["session_id"].as_str().unwrap();
    let again =
        gemini(home.path(), dir.path(), model.port(), &["--resume", session, "-p", "NOTOOLS"]);
    let lines = json_lines(&again);
    assert_eq!(lines[0]["session_id"], session, "{}", stderr(&again));
    assert_eq!(said(&lines), MockModel::PLAIN_TEXT);
}
