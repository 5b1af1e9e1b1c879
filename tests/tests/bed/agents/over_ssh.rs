use std::fs;

use baton_tests::{AgentHost, MockModel};

use crate::support::{run, stderr, stdout};

#[test]
fn real_agents_of_a_host_work_in_its_directories_and_share_its_model() {
    let host = AgentHost::start().with_codex().with_opencode().with_gemini();
    let config = host.sshd().write_client_config("box", &[]);
    let turns = [
        ("codex", "codex exec --json --skip-git-repo-check"),
        ("opencode", "opencode run --format json"),
        ("gemini", "gemini -m gemini-2.5-flash -y --skip-trust --output-format stream-json"),
    ];
    for (name, command) in turns {
        let project = host.project().join(name);
        fs::create_dir(&project).unwrap();
        // The prompt on stdin, and the profile of a login shell in between.
        let line = format!("cd {} && echo Create hello.txt | {command}", project.display());
        let output = run(&config, &["box", &format!("exec bash -lc '{line}'")]);
        assert!(output.status.success(), "{name}: {}{}", stdout(&output), stderr(&output));
        let file = fs::read_to_string(project.join(MockModel::FILE_NAME)).unwrap();
        assert_eq!(file, MockModel::FILE_TEXT, "{name}: {}", stdout(&output));
    }
    let paths: Vec<_> = host.model().requests().into_iter().map(|request| request.path).collect();
    for path in ["/v1/responses", "/v1/chat/completions"] {
        assert!(paths.iter().any(|have| have == path), "{path}: {paths:?}");
    }
    assert!(paths.iter().any(|path| path.ends_with(":streamGenerateContent")), "{paths:?}");
}
