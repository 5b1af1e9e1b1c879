//! What shells make of quoted text.

#![allow(clippy::unwrap_used)]

use std::process::Command;

use proptest::prelude::*;

use super::*;

/// What a shell makes of a line: the arguments of `printf '%s\0'`.
fn read_back(shell: &[&str], words: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let quoted: Vec<String> = words.iter().map(|bytes| word(bytes).unwrap()).collect();
    let text = line(&format!("printf '%s\\0' {}", quoted.join(" ")));
    assert!(text.bytes().all(|byte| matches!(byte, 0x20..=0x7e)), "{text:?}");
    let (program, first) = shell.split_first().unwrap();
    let mut child = Command::new(program)
        .args(first)
        .args(["-c", "IFS= read -r x; eval \"$x\""])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    std::io::Write::write_all(&mut stdin, format!("{text}\n").as_bytes()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let mut read: Vec<Vec<u8>> =
        output.stdout.split(|byte| *byte == 0).map(<[u8]>::to_vec).collect();
    assert_eq!(read.pop(), Some(Vec::new()));
    read
}

const SHELLS: [&[&str]; 4] = [&["dash"], &["bash"], &["busybox", "sh"], &["mksh"]];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_sh_reads_any_bytes_back_unchanged(
        words in prop::collection::vec(prop::collection::vec(1u8.., 0..40), 1..6),
    ) {
        for shell in SHELLS {
            prop_assert_eq!(&read_back(shell, &words), &words, "{:?}", shell);
        }
    }
}

#[test]
fn newlines_at_the_end_and_hyphens_in_front_are_kept() {
    let words: Vec<Vec<u8>> =
        ["", "\n", "a\n\n", "\n\na", "it's", "$(x) `y` \\ !", "-n", "%s", "-\x01"]
            .iter()
            .map(|text| text.as_bytes().to_vec())
            .collect();
    for shell in SHELLS {
        assert_eq!(read_back(shell, &words), words, "{shell:?}");
    }
}

#[test]
fn a_folded_script_does_what_the_script_does() {
    let text =
        "a='it'\\''s \\n'\n# x\nif [ \"$a\" ]; then\n  printf '%s\\0' \"$a\" \"\\\\\" '%b'\nfi\n";
    let folded = folded(text).unwrap();
    assert!(folded.bytes().all(|byte| matches!(byte, 0x20..=0x7e)), "{folded:?}");
    for shell in SHELLS {
        let (program, first) = shell.split_first().unwrap();
        let run = |text: &str| {
            Command::new(program).args(first).args(["-c", text]).output().unwrap().stdout
        };
        assert_eq!(run(&folded), run(text), "{shell:?}");
        assert_eq!(run(text), b"it's \\n\0\\\0%b\0", "{shell:?}");
    }
}

#[test]
fn a_nul_is_refused() {
    assert!(matches!(word(b"a\0b"), Err(TransportError::Usage { .. })));
}

#[test]
fn a_tilde_is_left_to_the_host() {
    assert_eq!(path(b"~").unwrap(), "\"$HOME\"");
    assert_eq!(path(b"~/a b").unwrap(), "\"$HOME\"'/a b'");
    assert_eq!(path(b"~ann/x").unwrap(), "~ann/x");
    assert_eq!(path(b"~ann").unwrap(), "~ann");
    assert_eq!(path(b"~ann/").unwrap(), "~ann/");
    assert_eq!(path(b"~ann/my dir").unwrap(), "~ann/'my dir'");
    assert_eq!(path_text("~ann/größe".as_bytes()).unwrap(), "~ann/'größe'");
    assert_eq!(path(b"~$(x)/y").unwrap(), "'~$(x)/y'");
    assert_eq!(path(b"-x").unwrap(), "./-x");
    assert_eq!(path(b"/tmp/~").unwrap(), "'/tmp/~'");
}

#[test]
fn every_sh_finds_a_users_home_whatever_stands_behind_it() {
    for shell in SHELLS.iter().copied().chain([&["zsh"][..]]) {
        let (program, first) = shell.split_first().unwrap();
        let run = |text: &str| {
            let output = Command::new(program).args(first).args(["-c", text]).output().unwrap();
            String::from_utf8(output.stdout).unwrap()
        };
        let home = run("printf %s ~root");
        assert!(home.starts_with('/'), "{shell:?}: {home}");
        for tail in ["", "/", "/a", "/my dir", "/größe/$(x)", "/it's/b"] {
            let named = format!("~root{tail}");
            for quoted in [path(named.as_bytes()).unwrap(), path_text(named.as_bytes()).unwrap()] {
                let expected = format!("{home}{tail}");
                assert_eq!(run(&format!("printf %s {quoted}")), expected, "{shell:?}: {quoted}");
                let set = run(&format!("p={quoted}; printf %s \"$p\""));
                assert_eq!(set, expected, "{shell:?}: {quoted}");
            }
        }
    }
}

#[test]
fn environment_names_follow_posix() {
    assert!(is_env_name("_A1") && is_env_name("path"));
    assert!(!is_env_name("") && !is_env_name("1A") && !is_env_name("A-B") && !is_env_name("Ä"));
}

/// What the loop of a control shell makes of lines with [`text`]: it reads and evaluates each one.
fn read_by_the_loop(shell: &[&str], locale: &str, words: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let (program, first) = shell.split_first().unwrap();
    let mut child = Command::new(program)
        .args(first)
        .args(["-c", &format!("{PRINTF}while IFS= read -r c; do (eval \"$c\") </dev/null; done")])
        .env("LC_ALL", locale)
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    // mksh would hand the words to a program; print is its own.
    let put = "case ${KSH_VERSION-} in ?*) print -r -- \"$t\";; *) printf '%s\\n' \"$t\";; esac; echo .end";
    let lines: String = words
        .iter()
        .map(|bytes| script(&format!("t={}; {put}", text(bytes).unwrap())).unwrap() + "\n")
        .map(|text| line(text.trim_end_matches('\n')) + "\n")
        .collect();
    let mut stdin = child.stdin.take().unwrap();
    let writing = std::thread::spawn(move || {
        std::io::Write::write_all(&mut stdin, lines.as_bytes()).unwrap();
    });
    let output = child.wait_with_output().unwrap();
    writing.join().unwrap();
    let mut read = Vec::new();
    let mut at = 0;
    for end in memchr::memmem::find_iter(&output.stdout, b"\n.end\n") {
        read.push(output.stdout[at..end].to_vec());
        at = end + b"\n.end\n".len();
    }
    assert_eq!(at, output.stdout.len(), "{shell:?}");
    read
}

/// Those, and what else `sh` may be.
const LOOPS: [&[&str]; 6] = [
    &["dash"],
    &["bash"],
    &["bash", "--posix"],
    &["busybox", "sh"],
    &["mksh"],
    &["zsh", "--emulate", "sh"],
];

const LOCALES: [&str; 3] = ["C", "C.UTF-8", "POSIX"];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn a_control_shell_reads_text_back_byte_for_byte_whatever_its_locale(
        texts in prop::collection::vec(".{0,60}", 1..20),
        json in "[{}\"\\\\':,%$`!~a-zäß€😀\u{80}-\u{9f}\u{2028}\u{feff} ]{0,200}",
        odd in prop::collection::vec(1_u8.., 0..40),
    ) {
        let mut words: Vec<Vec<u8>> = texts.into_iter().map(String::into_bytes).collect();
        words.push(json.into_bytes());
        words.push([&odd[..], b"."].concat());
        for word in &mut words {
            word.retain(|byte| *byte != 0);
        }
        for shell in LOOPS {
            for locale in LOCALES {
                prop_assert_eq!(&read_by_the_loop(shell, locale, &words), &words, "{:?} {}", shell, locale);
            }
        }
    }
}

#[test]
fn every_character_is_text_or_a_word_and_arrives() {
    let all: Vec<char> = ('\u{1}'..='\u{2fff}').chain('\u{1f300}'..='\u{1f6ff}').collect();
    let words: Vec<Vec<u8>> = all
        .chunks(2000)
        .map(|some| some.iter().collect::<String>() + ".")
        .map(String::into_bytes)
        .collect();
    for shell in LOOPS {
        for locale in LOCALES {
            assert!(read_by_the_loop(shell, locale, &words) == words, "{shell:?} {locale}");
        }
    }
}

#[test]
fn text_is_as_long_as_what_it_says() {
    let entry = "{\"summary\":\"größer — ✓ 😀\"}";
    assert_eq!(text(entry.as_bytes()).unwrap(), format!("'{entry}'"));
    assert_eq!(script(&format!("x '{entry}'")).unwrap(), format!("x '{entry}'"));
    assert_eq!(text("it’s 'so'.".as_bytes()).unwrap(), "'it’s '\\''so'\\''.'");
    assert_eq!(text(b"a\x7fb").unwrap(), word(b"a\x7fb").unwrap());
    assert_eq!(text(b"\xff").unwrap(), word(b"\xff").unwrap());
    assert_eq!(path_text("~/größe".as_bytes()).unwrap(), "\"$HOME\"'/größe'");
}

#[test]
fn what_is_left_out_of_a_script_is_for_readers() {
    assert_eq!(bare("# a\n\n  b # c\n    # d\nx='#'\n"), "b # c\nx='#'\n");
}

#[test]
#[allow(clippy::disallowed_methods)] // there is no runtime here
fn a_git_that_is_ended_leaves_no_lock() {
    use std::os::unix::process::CommandExt;
    let dir = tempfile::tempdir().unwrap();
    let git = |words: &[&str]| {
        let mut git = Command::new("git");
        git.args(["-c", "user.name=Ada", "-c", "user.email=a@b"])
            .args(words)
            .current_dir(dir.path());
        git.env("GIT_CONFIG_GLOBAL", "/dev/null").stderr(std::process::Stdio::null());
        git
    };
    assert!(git(&["init", "-q"]).status().unwrap().success());
    std::fs::write(dir.path().join("f"), "x").unwrap();
    assert!(git(&["add", "f"]).status().unwrap().success());
    let hook = dir.path().join(".git/hooks/pre-commit");
    std::fs::create_dir_all(hook.parent().unwrap()).unwrap();
    std::fs::write(&hook, "#!/bin/sh\n: >begun\nsleep 60\n").unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&hook, mode).unwrap();
    // One that isn't there yet is what this waits for.
    let mut commit = git(&["commit", "-q", "-a", "-m", "x"]).process_group(0).spawn().unwrap();
    while !dir.path().join("begun").exists() {
        std::thread::sleep(std::time::Duration::from_millis(5)); // wait: for the hook
    }
    assert!(dir.path().join(".git/index.lock").exists());
    Command::new("sh").args(["-c", &end_group(commit.id())]).status().unwrap();
    assert!(!commit.wait().unwrap().success());
    assert!(!dir.path().join(".git/index.lock").exists());
}
