#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use std::collections::BTreeMap;
use std::fs;

use proptest::prelude::*;

use super::*;
use crate::ssh_config::Disk;

/// Files in memory; a pattern ends in `*` at most.
#[derive(Default)]
struct Memory(BTreeMap<PathBuf, String>);

impl Memory {
    fn with(mut self, path: &str, text: &str) -> Self {
        self.0.insert(path.into(), text.into());
        self
    }
}

impl ConfigFiles for Memory {
    fn read(&self, path: &Path) -> io::Result<String> {
        match self.0.get(path) {
            Some(text) if text == "DENIED" => Err(io::ErrorKind::PermissionDenied.into()),
            Some(text) => Ok(text.clone()),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn glob(&self, pattern: &str) -> io::Result<Vec<PathBuf>> {
        let fits = |path: &&PathBuf| {
            let path = path.to_str().unwrap_or_default();
            match pattern.strip_suffix('*') {
                Some(start) => path.strip_prefix(start).is_some_and(|rest| !rest.contains('/')),
                None => path == pattern,
            }
        };
        Ok(self.0.keys().filter(fits).cloned().collect())
    }
}

fn sources() -> ConfigSources {
    ConfigSources {
        user: "/home/ada/.ssh/config".into(),
        system: Some("/etc/ssh/ssh_config".into()),
        home: "/home/ada".into(),
    }
}

fn list(files: &Memory) -> Aliases {
    aliases(&sources(), files)
}

fn names(found: &Aliases) -> Vec<&str> {
    found.aliases.iter().map(|alias| alias.name.as_str()).collect()
}

fn user(text: &str) -> Memory {
    Memory::default().with("/home/ada/.ssh/config", text)
}

#[test]
fn the_names_of_one_file_are_those_that_ssh_would_answer_to() {
    for (config, expected) in [
        ("", vec![]),
        ("Host a\n", vec!["a"]),
        ("Host a", vec!["a"]),
        ("Host a b c\n HostName x\n", vec!["a", "b", "c"]),
        ("Host a !b *.c d\n", vec!["a", "d"]),
        ("Host *\n User x\n", vec![]),
        ("Host dev-? web\n", vec!["web"]),
        ("host a\nHOST b\nhOsT c\n", vec!["a", "b", "c"]),
        ("Host=a\n", vec!["a"]),
        ("Host = a b\n", vec!["a", "b"]),
        ("Host \"a\" \"b\"\n", vec!["a", "b"]),
        ("\"Host\" a\n", vec!["a"]),
        ("Host 'a'\n", vec!["a"]),
        ("Host\ta\t\tb\t\n", vec!["a", "b"]),
        ("   Host a\n\tHost b\n", vec!["a", "b"]),
        ("Host a\r\n  HostName x\r\nHost b\r\n", vec!["a", "b"]),
        ("Host a # b\n", vec!["a"]),
        ("Host a #b c\n#Host d\n  # Host e\n", vec!["a"]),
        ("Host a#b\n", vec!["a#b"]),
        ("Host a\nHost b a\n", vec!["a", "b"]),
        ("User x\nHost a\n", vec!["a"]),
        ("Match host m\n User x\nHost a\n", vec!["a"]),
        ("Match exec \"Host x\"\n Hostname y\nHost a\n", vec!["a"]),
        ("HostName a\nHostKeyAlias b\nHostbasedAuthentication c\n", vec![]),
        ("Host a\n HostName b\n ProxyJump c\n", vec!["a"]),
        ("Host\nHost a\n", vec!["a"]),
        ("Host 10.0.0.1 ::1 a.b\n", vec!["10.0.0.1", "::1", "a.b"]),
        ("Host A a\n", vec!["A", "a"]),
        ("Host größe\n", vec!["größe"]),
        ("Host a\u{c}\n\u{c}\nHost b\n", vec!["a", "b"]),
    ] {
        let found = list(&user(config));
        assert_eq!(names(&found), expected, "{config:?}");
        assert_eq!(found.findings, [], "{config:?}");
    }
}

#[test]
fn the_real_ssh_answers_to_exactly_the_names_that_are_listed() {
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join("config");
    let sources = ConfigSources { user: config.clone(), system: None, home: dir.path().into() };
    for line in [
        "Host a",
        "Host a b",
        "\"Host\" a",
        "Ho\"st\" a",
        "Host=a",
        "Host = a",
        "Host ==a",
        "Host a # b",
        "Host a #b",
        "Host a#b",
        "Host 'a' \"b\"",
        "Host a\"b\"",
        "\tHoSt\ta\tb\t",
        "Host a\r",
        "Host a\u{c}",
        "Host a !b",
    ] {
        fs::write(&config, format!("{line}\n User hit\n")).unwrap();
        let found = aliases(&sources, &Disk);
        for name in ["a", "b", "ab", "=a", "#b", "a#b", "#", "!b"] {
            let ssh = std::process::Command::new("ssh")
                .arg("-G")
                .arg("-F")
                .arg(&config)
                .args(["--", name])
                .output();
            let answer = String::from_utf8(ssh.unwrap().stdout).unwrap();
            let hit = answer.lines().any(|line| line == "user hit");
            assert_eq!(names(&found).contains(&name), hit, "{line:?} {name}: {answer}");
        }
    }
}

#[test]
fn each_alias_knows_where_it_stands_first() {
    let files =
        user("# me\nHost a b\nInclude more\nHost a\n").with("/home/ada/.ssh/more", "\nHost c b\n");
    let found = list(&files);
    let places: Vec<_> = found
        .aliases
        .iter()
        .map(|alias| (alias.name.as_str(), alias.file.to_str().unwrap(), alias.line))
        .collect();
    // `Include` stands below `Host a b`, so `c` can't apply there.
    assert_eq!(places, [("a", "/home/ada/.ssh/config", 2), ("b", "/home/ada/.ssh/config", 2)]);
    assert_eq!(found.findings.len(), 1);
    assert!(found.findings[0].to_string().starts_with("/home/ada/.ssh/more:2: c never applies"));
}

#[test]
fn includes_are_followed_with_globs_tilde_and_relative_paths() {
    let files =
        user("Include conf.d/* ~/more /abs/file\nINCLUDE = \"conf with space\"\nHost last\n")
            .with("/home/ada/.ssh/conf.d/2", "Host two\n")
            .with("/home/ada/.ssh/conf.d/1", "Include nested\nHost one\n")
            .with("/home/ada/.ssh/nested", "Host nested\n")
            .with("/home/ada/more", "Host more\n")
            .with("/abs/file", "Host abs\n")
            .with("/home/ada/.ssh/conf with space", "Host spaced\n")
            .with("/etc/ssh/ssh_config", "Include ssh_config.d/*\n")
            .with("/etc/ssh/ssh_config.d/x", "Host system\n");
    let found = list(&files);
    assert_eq!(names(&found), ["nested", "one", "two", "more", "abs", "spaced", "last", "system"]);
    assert_eq!(found.findings, []);
}

#[test]
fn an_include_for_some_hosts_lists_those_and_one_for_all_lists_all() {
    let files = user("Host *\n Include all\nHost work-* !work-x\n Include work\nMatch user ada\n Include matched\n")
        .with("/home/ada/.ssh/all", "Host a\n")
        .with("/home/ada/.ssh/work", "Host work-1\nHost work-x\nHost b\n")
        .with("/home/ada/.ssh/matched", "Host c\n");
    let found = list(&files);
    assert_eq!(names(&found), ["a", "work-1", "c"]);
    assert_eq!(found.findings.len(), 2);
    assert_eq!(found.patterns, ["work-*"]);
}

#[test]
fn a_loop_ends_and_is_a_finding() {
    let files = user("Host a\nMatch all\nInclude other\n")
        .with("/home/ada/.ssh/other", "Host b\nMatch all\nInclude config\n");
    let found = list(&files);
    assert_eq!(names(&found), ["a", "b"]);
    assert_eq!(found.findings.len(), 1);
    assert!(found.findings[0].message.contains("includes itself"));
}

#[test]
fn a_chain_is_followed_as_deep_as_ssh_does() {
    let mut files = user("Include 1\n");
    for depth in 1..=20 {
        let text = format!("Include {}\nHost h{depth}\n", depth + 1);
        files = files.with(&format!("/home/ada/.ssh/{depth}"), &text);
    }
    let found = list(&files);
    assert_eq!(found.aliases.len(), DEEPEST_INCLUDE);
    assert!(found.findings[0].message.contains("too deep"), "{:?}", found.findings);
}

#[test]
fn what_cannot_be_read_is_a_finding_and_the_rest_is_listed() {
    let files = user("Include gone secret\nInclude ~bob/x %d/y\nHost \"open\nHost -x \"a b\" ok\n")
        .with("/home/ada/.ssh/secret", "DENIED")
        .with("/etc/ssh/ssh_config", "DENIED");
    let found = list(&files);
    assert_eq!(names(&found), ["ok"]);
    let lines: Vec<_> = found.findings.iter().map(|finding| finding.line).collect();
    assert_eq!(
        lines,
        [Some(1), Some(2), Some(2), Some(3), Some(4), Some(4), None],
        "{:?}",
        found.findings
    );
}

#[test]
fn the_real_file_system_is_read_the_same_way() {
    let home = tempfile::tempdir().unwrap();
    // A name that would be a pattern if it weren't taken literally.
    let home = home.path().join("a[b]");
    let ssh = home.join(".ssh");
    fs::create_dir_all(ssh.join("conf.d")).unwrap();
    fs::write(ssh.join("config"), "Include conf.d/*.conf ~/.ssh/extra\nInclude conf.d\nHost z\n")
        .unwrap();
    fs::write(ssh.join("conf.d/b.conf"), "Host b\n").unwrap();
    fs::write(ssh.join("conf.d/a.conf"), b"Host a \xff\n").unwrap();
    fs::write(ssh.join("conf.d/.hidden.conf"), "Host hidden\n").unwrap();
    fs::write(ssh.join("conf.d/c.txt"), "Host no\n").unwrap();
    fs::write(ssh.join("extra"), "Host e\n").unwrap();
    let sources = ConfigSources { user: ssh.join("config"), system: None, home };
    let found = aliases(&sources, &Disk);
    assert_eq!(names(&found), ["a", "b", "e", "z"]);
    // The name that isn't UTF-8, and the directory.
    assert_eq!(found.findings.len(), 2, "{:?}", found.findings);
}

#[test]
fn nobody_must_have_a_config_but_one_that_is_named_must_be_there() {
    assert_eq!(list(&Memory::default()), Aliases::default());
    let named = ConfigSources { system: None, ..sources() };
    let found = aliases(&named, &Memory::default());
    assert_eq!(found.findings[0].to_string(), "/home/ada/.ssh/config: there is no such file");
}

/// A `Host` line in one of the ways in which people write it, and the names on it.
fn host_line() -> impl Strategy<Value = (String, Vec<String>)> {
    let word = prop_oneof![
        3 => "[a-z][a-z0-9._-]{0,6}".prop_map(|word| (word, true)),
        1 => "[a-z]{0,3}[*?][a-z]{0,2}".prop_map(|word| (word, false)),
        1 => "![a-z]{1,3}".prop_map(|word| (word, false)),
    ];
    (
        "[ \t]{0,3}",
        prop_oneof![Just("Host"), Just("host"), Just("HOST"), Just("hOST")],
        prop_oneof![Just(" "), Just("\t"), Just("="), Just(" = "), Just("= "), Just("  ")],
        proptest::collection::vec(
            (word, any::<bool>(), prop_oneof![Just(" "), Just("\t"), Just("   ")]),
            1..5,
        ),
        prop_oneof![Just(""), Just(" # x y"), Just("  "), Just("\r"), Just(" #\r")],
    )
        .prop_map(|(indent, keyword, gap, words, end)| {
            let mut line = format!("{indent}{keyword}{gap}");
            let mut names = Vec::new();
            for ((word, is_name), quoted, space) in words {
                line +=
                    &if quoted { format!("\"{word}\"{space}") } else { format!("{word}{space}") };
                if is_name {
                    names.push(word);
                }
            }
            (line + end, names)
        })
}

fn other_line() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        Just("# Host no".into()),
        Just("  HostName no".into()),
        Just("\tIdentityFile \"~/a b\"".into()),
        Just("Match host no exec \"true # Host no\"".into()),
        Just("Port=22".into()),
    ]
}

proptest! {
    #[test]
    fn exactly_the_names_on_the_host_lines_are_listed(
        blocks in proptest::collection::vec((host_line(), proptest::collection::vec(other_line(), 0..3)), 0..8),
        included in proptest::collection::vec(host_line(), 0..4),
    ) {
        let mut config = "Include more\n".to_owned();
        let mut expected: Vec<String> = Vec::new();
        let mut more = String::new();
        for (line, names) in included {
            more += &format!("{line}\n");
            expected.extend(names);
        }
        for ((line, names), others) in blocks {
            config += &format!("{line}\n{}\n", others.join("\n"));
            expected.extend(names);
        }
        let mut seen = BTreeSet::new();
        expected.retain(|name| seen.insert(name.clone()));

        let found = list(&user(&config).with("/home/ada/.ssh/more", &more));

        prop_assert_eq!(names(&found), expected, "{:?} {:?}", config, more);
        prop_assert_eq!(found.findings, vec![]);
    }

    #[test]
    fn no_config_makes_it_fall_over_and_every_name_may_be_given_to_ssh(config in "(Host|Include|[ \t=\"'#!*\\\\a-c-]|\n|\r){0,60}") {
        for alias in list(&user(&config)).aliases {
            prop_assert!(!alias.name.starts_with('-') && !alias.name.is_empty());
            prop_assert!(!alias.name.chars().any(|c| c.is_control() || c.is_whitespace()));
        }
    }
}
