//! `baton hosts`, run as a person or a script runs it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod home;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use home::{BATON, Home};
use serde_json::{Value, json};

impl Home {
    fn with_hosts(text: &str) -> Self {
        let home = Self::new();
        fs::create_dir_all(home.path("baton/config")).unwrap();
        fs::write(home.hosts_toml(), text).unwrap();
        home
    }

    fn hosts_toml(&self) -> PathBuf {
        self.path("baton/config/hosts.toml")
    }

    fn text(&self) -> String {
        fs::read_to_string(self.hosts_toml()).unwrap()
    }

    fn command(&self, words: &[&str]) -> Command {
        self.of(BATON, words)
    }

    fn baton(&self, line: &str) -> Run {
        let words: Vec<&str> = line.split_whitespace().collect();
        self.words(&words)
    }

    fn words(&self, words: &[&str]) -> Run {
        Run::of(self.command(words).output().unwrap())
    }
}

#[derive(Debug)]
struct Run {
    status: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Run {
    fn of(output: Output) -> Self {
        Self {
            status: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    #[track_caller]
    fn done(self) -> Self {
        assert_eq!(self.status, Some(0), "{self:?}");
        self
    }

    /// The one JSON document on stdout.
    #[track_caller]
    fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    #[track_caller]
    fn failed(&self, status: i32, code: &str) -> Value {
        assert_eq!(self.status, Some(status), "{self:?}");
        let error = self.json()["error"].clone();
        assert_eq!(error["code"], code, "{self:?}");
        assert_eq!(self.stderr, "", "{self:?}");
        error
    }
}

#[test]
fn a_host_is_added_listed_changed_and_removed() {
    let home = Home::new();
    let key = home.path("key");
    fs::write(&key, "").unwrap();
    home.words(&[
        "hosts",
        "add",
        "GPU box",
        "--host",
        "gpu.example",
        "--port",
        "2222",
        "--user",
        "ada",
        "--identity-file",
        "key",
        "--remote-dir",
        "~/work",
        "--env",
        "TOKEN=s3cret=x",
        "--env",
        "A=",
        "--transport",
        "native",
    ])
    .done();

    let expected = json!({
        "id": "gpu-box", "name": "GPU box", "host": "gpu.example", "port": 2222, "user": "ada",
        "identity_file": key, "remote_dir": "~/work", "env_names": ["A", "TOKEN"], "enabled": true,
        "ssh_config": null, "transport": "native", "is_default": false,
    });
    let listed = home.baton("hosts list --json").done();
    assert_eq!(listed.json(), json!({ "hosts": [expected] }));
    assert_eq!(home.baton("--json hosts show gpu-box").done().json(), expected);
    assert!(home.text().contains("s3cret=x"), "{}", home.text());

    let shown = home.words(&["hosts", "show", "gpu BOX"]).done();
    assert!(shown.stdout.contains("A TOKEN") && !shown.stdout.contains("s3cret"), "{shown:?}");

    let changed = home
        .words(&[
            "hosts",
            "edit",
            "gpu-box",
            "--json",
            "--name",
            "Big",
            "--user",
            "",
            "--port",
            "",
            "--identity-file",
            "",
            "--remote-dir=",
            "--env",
            "A=2",
            "--env-remove",
            "TOKEN",
            "--transport",
            "openssh",
        ])
        .done();
    let expected = json!({
        "id": "gpu-box", "name": "Big", "host": "gpu.example", "port": null, "user": null,
        "identity_file": null, "remote_dir": null, "env_names": ["A"], "enabled": true,
        "ssh_config": null, "transport": "openssh", "is_default": false,
    });
    assert_eq!(changed.json(), expected);

    assert_eq!(home.baton("hosts disable big --json").done().json()["enabled"], false);
    assert_eq!(home.baton("hosts enable big --json").done().json()["enabled"], true);
    assert_eq!(home.baton("hosts remove Big --json").done().json()["id"], "gpu-box");
    assert_eq!(home.baton("hosts list --json").done().json(), json!({ "hosts": [] }));
}

#[test]
fn the_list_is_a_table_that_needs_no_colour() {
    let home = Home::with_hosts(
        "default = \"gpu\"\n[host.gpu]\nhost = \"gpu.example\"\nuser = \"ada\"\nport = 7\n[host.laboratory]\nssh_config = \"lab\"\nenabled = false\n[host.six]\nhost = \"::1\"\nport = 8\n",
    );
    let listed = home.baton("hosts list").done();
    assert_eq!(
        listed.stdout,
        "ID          NAME        ADDRESS            NOTES\n\
         gpu         gpu         ada@gpu.example:7  default\n\
         laboratory  laboratory  lab                disabled, ssh config\n\
         six         six         [::1]:8\n"
    );
    assert_eq!(listed.stderr, "");
}

#[test]
fn twenty_who_add_at_once_lose_nothing() {
    let home = Home::new();
    let running: Vec<_> = (0..20)
        .map(|number| {
            let name = format!("host {number}");
            let mut command = home.command(&["hosts", "add", &name, "--host", "x.example"]);
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    for child in running {
        Run::of(child.wait_with_output().unwrap()).done();
    }
    let listed = home.baton("hosts list --json").done().json();
    assert_eq!(listed["hosts"].as_array().unwrap().len(), 20);
}

#[test]
fn twenty_with_the_same_name_leave_one_and_nineteen_conflicts() {
    let home = Home::new();
    let running: Vec<_> = (0..20)
        .map(|_| {
            let mut command =
                home.command(&["hosts", "add", "same", "--host", "x.example", "--json"]);
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    let mut statuses: Vec<_> =
        running.into_iter().map(|child| child.wait_with_output().unwrap().status.code()).collect();
    statuses.sort();
    assert_eq!(statuses[0], Some(0));
    assert!(statuses[1..].iter().all(|status| *status == Some(5)), "{statuses:?}");
}

#[test]
fn comments_and_order_survive_edits() {
    let by_hand = "# My machines\n\n# attic\n[host.b]  # fast\nhost = 'b.example'   # new\n\n[host.a]\nport =  22\nhost = \"a.example\"\n# end\n";
    let home = Home::with_hosts(by_hand);
    home.baton("hosts edit b --user ada").done();
    home.baton("hosts disable a").done();
    home.baton("hosts add c --host c.example").done();
    home.baton("hosts default a").done();
    assert_eq!(
        home.text(),
        "# My machines\n\ndefault = \"a\"\n\n# attic\n[host.b]  # fast\nhost = 'b.example'   # new\nuser = \"ada\"\n\n[host.a]\nport =  22\nhost = \"a.example\"\nenabled = false\n# end\n\n[host.c]\nhost = \"c.example\"\n"
    );
}

#[test]
fn a_broken_file_is_named_with_line_and_column_and_left_as_it_was() {
    let broken = "# mine\n[host.a]\nhost = \"a\"\n  prot = 22\nport = \"x\"\n";
    let home = Home::with_hosts(broken);
    for line in [
        "hosts list",
        "hosts add b --host b",
        "hosts edit a --user u",
        "hosts remove a",
        "hosts default --clear",
    ] {
        let error = home.baton(&format!("{line} --json")).failed(2, "invalid_config");
        let message = error["message"].as_str().unwrap();
        let file = home.hosts_toml();
        assert!(
            message.contains(&format!("{}:4:3: unknown key `prot`", file.display())),
            "{message}"
        );
        assert!(message.contains(&format!("{}:5:8: ", file.display())), "{message}");
    }
    assert_eq!(home.text(), broken);
    let told = home.baton("hosts list");
    assert_eq!(told.stdout, "");
    assert!(told.stderr.starts_with("error: ") && told.stderr.contains("\nhint: "), "{told:?}");
}

#[test]
fn a_full_disk_leaves_the_old_file_whole() {
    let home = Home::with_hosts("[host.a]\nhost = \"a.example\"\n");
    let before = home.text();
    // No file may grow. With the signal ignored, the write fails as it does on a full disk …
    let script = "trap '' XFSZ; ulimit -f 0; exec \"$0\" hosts add b --host b.example --json";
    let failed = Run::of(home.of("sh", &["-c", script, BATON]).output().unwrap());
    let error = failed.failed(1, "internal");
    assert!(error["hint"].as_str().unwrap().contains("space"), "{error}");
    assert_eq!(home.text(), before);
    let names: Vec<_> = fs::read_dir(home.path("baton/config"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "hosts.toml" && name != "hosts.toml.lock")
        .collect();
    assert_eq!(names, Vec::<String>::new(), "a temporary file was left");

    // … and without, the process dies in the middle of it.
    let script = "ulimit -f 0; exec \"$0\" hosts add b --host b.example";
    let killed = home.of("sh", &["-c", script, BATON]).output().unwrap();
    assert!(!killed.status.success());
    assert_eq!(home.text(), before);

    home.baton("hosts add b --host b.example").done();
    assert_eq!(home.baton("hosts list --json").json()["hosts"].as_array().unwrap().len(), 2);
}

#[test]
fn every_fault_is_said_at_once_and_nothing_is_saved() {
    let home = Home::new();
    let error = home
        .words(&[
            "hosts",
            "add",
            "x",
            "--host",
            "-oProxyCommand=true",
            "--user",
            "a b",
            "--env",
            "1A=x",
            "--identity-file",
            "/nowhere/key",
            "--json",
        ])
        .failed(2, "invalid_config");
    let message = error["message"].as_str().unwrap();
    for part in ["begins with `-`", "`user` holds a space", "/nowhere/key can't be read", "\"1A\""]
    {
        assert!(message.contains(part), "{part}: {message}");
    }
    assert!(!home.hosts_toml().exists());

    let error = home.baton("hosts add x --json").failed(2, "invalid_config");
    assert!(error["message"].as_str().unwrap().contains("no address"), "{error}");
}

#[test]
fn wrong_usage_is_json_where_json_was_asked_for() {
    let home = Home::new();
    for line in [
        "hosts list --json --frob",
        "--json hosts frob",
        "hosts add --json",
        "--json",
        "hosts --json",
        "hosts add x --host h --port 70000 --json",
        "hosts add x --host h --env NOVALUE --json",
        "hosts add x --host h --transport telnet --json",
        "hosts default x --clear --json",
        "hosts edit x --json",
    ] {
        let error = home.baton(line).failed(2, "usage");
        assert!(!error["message"].as_str().unwrap().is_empty(), "{line}");
        assert!(!error["message"].as_str().unwrap().contains('\n'), "{error}");
        assert!(!error["hint"].as_str().unwrap().is_empty(), "{line}");
    }
    let told = home.baton("hosts lst");
    assert_eq!(told.status, Some(2));
    assert_eq!(told.stdout, "");
    assert!(told.stderr.starts_with("error: unrecognized subcommand 'lst'\nhint: "), "{told:?}");
    assert!(told.stderr.contains("list"), "{told:?}");
    assert_eq!(home.baton("").status, Some(2));
    assert!(home.baton("--help").done().stdout.contains("hosts"));
    assert!(home.baton("--version").done().stdout.starts_with("baton "));
}

#[test]
fn a_host_that_is_not_there_is_4_and_names_the_nearest() {
    let home = Home::with_hosts("[host.gpu]\nhost = \"x\"\n");
    for line in
        ["show gup", "edit gup --user x", "remove gup", "enable gup", "disable gup", "default gup"]
    {
        let error = home.baton(&format!("hosts {line} --json")).failed(4, "host_unknown");
        assert_eq!(error["host"], "gup");
        assert!(error["hint"].as_str().unwrap().contains("Did you mean gpu?"), "{error}");
    }
    home.baton("hosts edit gpu --env-remove NOPE --json").failed(4, "not_found");
    home.baton("hosts add gpu --host y --json").failed(5, "conflict");
}

#[test]
fn the_default_is_a_marker_that_goes_with_its_host() {
    let home = Home::new();
    assert_eq!(home.baton("hosts default --json").done().json(), json!({ "default": null }));
    home.baton("hosts add a --host a.example --default").done();
    home.baton("hosts add b --host b.example").done();
    assert_eq!(home.baton("hosts default").done().stdout, "a\n");
    assert_eq!(home.baton("hosts default b --json").done().json(), json!({ "default": "b" }));
    assert_eq!(home.baton("hosts show b --json").done().json()["is_default"], true);
    home.baton("hosts remove b").done();
    assert_eq!(home.baton("hosts default --json").done().json(), json!({ "default": null }));
    home.baton("hosts default a").done();
    home.baton("hosts default --clear").done();
    assert_eq!(home.baton("hosts default --json").done().json(), json!({ "default": null }));
}

#[test]
fn candidates_come_from_the_ssh_config_and_known_hosts() {
    let home = Home::new();
    fs::create_dir_all(home.path(".ssh/conf.d")).unwrap();
    fs::write(home.path(".ssh/config"), "Include conf.d/*\nHost web \"db\" *.lan\n").unwrap();
    fs::write(home.path(".ssh/conf.d/a"), "Host early\n").unwrap();
    fs::write(
        home.path(".ssh/known_hosts"),
        "web ssh-rsa A\n[git.example]:2222 ssh-rsa A\n|1|x|y ssh-rsa A\n",
    )
    .unwrap();
    home.baton("hosts import web").done();

    let found = home.baton("hosts candidates --json").done().json();
    let all = found["candidates"].as_array().unwrap();
    let row = |name: &str| {
        all.iter().find(|row| row["name"] == name).unwrap_or_else(|| panic!("{found}"))
    };
    assert_eq!(row("early")["line"], 1);
    assert_eq!(row("early")["source"], "ssh_config");
    assert_eq!(row("web")["saved_as"], "web");
    assert_eq!(row("db")["saved_as"], Value::Null);
    assert_eq!(row("db")["resolved"], Value::Null);
    assert_eq!(
        (&row("git.example")["source"], &row("git.example")["port"]),
        (&json!("known_hosts"), &json!(2222))
    );
    assert_eq!(all.iter().filter(|row| row["name"] == "web").count(), 1);

    let table = home.baton("hosts candidates").done().stdout;
    assert!(table.contains("git.example:2222  known_hosts"), "{table}");
}

#[test]
fn resolving_asks_the_ssh_that_the_environment_names() {
    let home = Home::new();
    let config = home.path("my config");
    fs::write(
        &config,
        "Host box\n HostName 10.1.2.3\n User ada\n Port 2200\n SetEnv T=s3cret\nHost bad\n",
    )
    .unwrap();
    // The real ssh, with a note of what it was asked.
    let ssh = home.path("my-ssh");
    fs::write(&ssh, format!("#!/bin/sh\nprintf '%s\\n' \"$@\" >> '{}'\ncase \"$*\" in *bad) echo no >&2; exit 255;; esac\nexec ssh \"$@\"\n", home.path("asked").display())).unwrap();
    fs::set_permissions(&ssh, fs::Permissions::from_mode(0o755)).unwrap();
    let run = |words: &[&str]| {
        let mut command = home.command(words);
        command.env("BATON_SSH", &ssh).env("BATON_SSH_CONFIG", &config);
        Run::of(command.output().unwrap()).done()
    };

    run(&["hosts", "candidates", "--json"]);
    assert!(!home.path("asked").exists(), "asked without --resolve");

    let found = run(&["hosts", "candidates", "--resolve", "--json"]).json();
    assert!(!found.to_string().contains("s3cret"), "{found}");
    let first = &found["candidates"][0];
    assert_eq!(first["resolved"]["hostname"], "10.1.2.3");
    assert_eq!(first["resolved"]["user"], "ada");
    assert_eq!(first["resolved"]["port"], 2200);
    assert_eq!(found["candidates"][1]["error"]["code"], "invalid_config");
    let asked = fs::read_to_string(home.path("asked")).unwrap();
    assert!(asked.contains(&format!("-G\n-F\n{}\n", config.display())), "{asked}");

    let table = run(&["hosts", "candidates", "--resolve"]).stdout;
    assert!(table.contains("ada@10.1.2.3, port 2200"), "{table}");
}

#[test]
fn an_imported_host_inherits_everything() {
    let home = Home::new();
    fs::create_dir(home.path(".ssh")).unwrap();
    fs::write(home.path(".ssh/config"), "Host lab-* box\n User ada\n Port 2200\n").unwrap();

    let imported =
        home.words(&["hosts", "import", "box", "--name", "The Box", "--json"]).done().json();
    assert_eq!(imported["id"], "the-box");
    assert_eq!((&imported["host"], &imported["ssh_config"]), (&json!("box"), &json!("box")));
    assert_eq!((&imported["user"], &imported["port"]), (&Value::Null, &Value::Null));
    assert_eq!(home.text(), "[host.the-box]\nname = \"The Box\"\nssh_config = \"box\"\n");

    // A name that only a pattern covers is one that ssh knows.
    home.baton("hosts import lab-7").done();
    home.baton("hosts import bix --json").failed(4, "host_unknown");
    home.baton("hosts import lab-7 --json").failed(5, "conflict");

    // Out of the mode again, and back.
    home.words(&["hosts", "edit", "lab-7", "--ssh-config", "", "--host", "7.lab"]).done();
    let error = home
        .words(&["hosts", "edit", "the-box", "--host", "x", "--json"])
        .failed(2, "invalid_config");
    assert!(error["message"].as_str().unwrap().contains("`ssh_config`"), "{error}");
    let back = home.baton("hosts edit lab-7 --ssh-config lab-8 --json").done().json();
    assert_eq!((&back["host"], &back["ssh_config"]), (&json!("lab-8"), &json!("lab-8")));
}

#[test]
fn files_are_private_and_follow_xdg() {
    let home = Home::new();
    let mut command = home.command(&["hosts", "add", "a", "--host", "a.example"]);
    Run::of(command.env_remove("BATON_HOME").output().unwrap()).done();
    let mode = |path: &str| fs::metadata(home.path(path)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(".config/baton/hosts.toml"), 0o600);
    assert_eq!(mode(".config/baton"), 0o700);

    let mut command = home.command(&["hosts", "add", "a", "--host", "a.example"]);
    command.env_remove("BATON_HOME").env("XDG_CONFIG_HOME", home.path("xdg"));
    Run::of(command.output().unwrap()).done();
    assert_eq!(mode("xdg/baton/hosts.toml"), 0o600);
}

#[test]
fn a_reader_that_leaves_early_is_no_error() {
    let home = Home::with_hosts("[host.a]\nhost = \"a\"\n");
    for line in [&["hosts", "list"][..], &["hosts", "list", "--json"], &["--help"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let run = Run::of(home.command(line).stdout(writer).output().unwrap());
        assert_eq!((run.status, run.stderr.as_str()), (Some(0), ""), "{line:?}");
    }
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let run = Run::of(home.command(&["hosts", "list"]).stdout(full).output().unwrap());
    assert_eq!(run.status, Some(1));
    assert!(run.stderr.starts_with("error: could not write to stdout"), "{run:?}");
}
