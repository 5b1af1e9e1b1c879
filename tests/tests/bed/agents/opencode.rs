use std::{
    fs,
    path::Path,
    process::{Command, Output, Stdio},
};

use baton_tests::{MockModel, install_opencode, opencode_environment, write_opencode_config};
use serde_json::Value;

use crate::support::{json_lines, stderr, stdout};

/// Runs opencode in a throw-away home and directory.
fn opencode(home: &Path, dir: &Path, arguments: &[&str]) -> Output {
    let mut opencode = Command::new(install_opencode());
    opencode.args(["run", "--format", "json"]).args(arguments).current_dir(dir);
    for name in ["XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"] {
        opencode.env_remove(name);
    }
    // It believes the shell's variable more than the directory that it is in.
    opencode.env("PWD", dir);
    opencode.env("HOME", home).envs(opencode_environment()).stdin(Stdio::null());
    opencode.output().unwrap()
}

fn of_type<'a>(lines: &'a [Value], kind: &str) -> Vec<&'a Value> {
    lines.iter().filter(|line| line["type"] == kind).collect()
}

#[test]
fn opencode_finishes_a_turn_with_the_mock_model_and_goes_on_with_its_session() {
    let model = MockModel::start();
    let (home, dir) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    write_opencode_config(home.path(), model.port());
    let output = opencode(home.path(), dir.path(), &["Create hello.txt"]);
    assert!(output.status.success(), "{}{}", stdout(&output), stderr(&output));
    let lines = json_lines(&output);
    let tools = of_type(&lines, "tool_use");
    assert_eq!(tools.len(), 2, "{lines:?}");
    let said = tools[0]["part"]["state"]["output"].as_str().unwrap();
    assert_eq!(said.trim_end(), MockModel::COMMAND_OUTPUT);
    let texts = of_type(&lines, "text");
    assert_eq!(texts.last().unwrap()["part"]["text"], MockModel::FINAL_TEXT);
    let file = fs::read_to_string(dir.path().join(MockModel::FILE_NAME)).unwrap();
    assert_eq!(file, MockModel::FILE_TEXT);
    assert!(model.requests().iter().any(|request| request.path == "/v1/chat/completions"));

    let session = lines[0]["sessionID"].as_str().unwrap();
    let again = opencode(home.path(), dir.path(), &["--session", session, "NOTOOLS again"]);
    let lines = json_lines(&again);
    assert_eq!(lines[0]["sessionID"], session);
    assert_eq!(of_type(&lines, "text")[0]["part"]["text"], MockModel::PLAIN_TEXT);
    let asked = model.requests().into_iter().rfind(|r| r.body["tools"].is_array()).unwrap();
    assert!(asked.body["messages"].to_string().contains("Create hello.txt"), "it remembers");
}
