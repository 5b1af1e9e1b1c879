//! What a Tab offers: the host's files, commands and branches, as words that a shell reads back.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command as Program;

use baton_tests::{LoginShells, TestSshd};
use orchestrator::failure::Code;
use orchestrator::seam::{
    At, Command, Completion, CompletionKind, Completions, FilePath, OperationCommand,
    OperationQuery, OperationReply, Query, Reply, Request, Seam, Work,
};

use crate::desk::{Desk, Laptop};
use crate::support::{until, within};

/// Names that somebody has given to a file.
const NAMES: &[&[u8]] = &[
    b"plain",
    b"my file",
    b"it's",
    b"say \"hi\"",
    b"$HOME",
    b"`id`",
    b"$(id)",
    b"new\nline",
    b"ends\n",
    b"tab\there",
    b"\x1b[31mred",
    b"\xff\xfe bytes",
    b"-rf",
    b"~ada",
    b"#no comment",
    b"a;b|c&d",
    b"*?[x]",
    b"back\\slash",
    b" lead",
    b"trail ",
    "naïve ☃".as_bytes(),
    b"wow!",
    b"{a,b}",
    b"=zsh",
    b"a=b:c",
    b"(x)",
    b"<y>",
    b"\\",
    b"'",
    b"100%",
];

/// A server with an account for each of these shells.
fn server(shells: &[&str]) -> TestSshd {
    TestSshd::builder().login_shells(LoginShells::named(shells)).start()
}

fn laptop(sshd: &TestSshd, shell: &str, transport: &str) -> Laptop {
    Laptop::over(sshd.write_client_config_as(shell, "box", &[]), transport)
}

/// A file of an account, with the directories above it.
fn put(sshd: &TestSshd, shell: &str, path: &str, text: &str) {
    sshd.write_in_home(shell, path, text);
}

async fn try_complete(
    desk: &Desk,
    directory: &str,
    line: &str,
) -> Result<Completions, orchestrator::failure::Failure> {
    let at = At::Host { host: "box".into(), directory: Some(FilePath::from(directory)) };
    let query = Query::Operation(OperationQuery::Complete { at, line: line.into(), by_key: true });
    match within(desk.engine.call(Request::query(query))).await? {
        Reply::Operation(OperationReply::Completions(completions)) => Ok(completions),
        other => panic!("{other:?}"),
    }
}

async fn complete(desk: &Desk, directory: &str, line: &str) -> Vec<Completion> {
    try_complete(desk, directory, line).await.unwrap().offers
}

fn texts(offers: &[Completion]) -> Vec<(&str, CompletionKind)> {
    offers.iter().map(|one| (&*one.text, one.kind)).collect()
}

/// What a shell makes of a word.
fn read_back(shell: &str, word: &str) -> Vec<u8> {
    let output = Program::new(shell).arg("-c").arg(format!("printf %s {word}")).output().unwrap();
    assert!(
        output.stderr.is_empty(),
        "{shell}: {word}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    output.stdout
}

/// Readable and writable for the account, whoever made it.
fn open(path: &Path) {
    fs::set_permissions(path, fs::Permissions::from_mode(0o777)).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn every_name_completes_to_a_word_that_is_that_name() {
    let shells = ["bash", "zsh", "fish", "dash", "busybox"];
    let sshd = server(&shells);
    for (shell, transport) in
        shells.into_iter().zip(["openssh", "native", "openssh", "native", "openssh"])
    {
        let directory = sshd.home_of(shell).join("odd names");
        fs::create_dir(&directory).unwrap();
        open(&directory);
        for name in NAMES {
            fs::write(directory.join(OsStr::from_bytes(name)), "").unwrap();
        }
        let laptop = laptop(&sshd, shell, transport);
        let desk = laptop.engine().await;
        for line in ["some-tool-of-nobodys ", "x >"] {
            let offers = complete(&desk, "~/odd names", line).await;
            let readers: &[&str] = match shell {
                "bash" => &["sh", "bash"],
                "zsh" => &["sh", "zsh"],
                "fish" => &["sh", "fish"],
                _ => &["sh"],
            };
            for reader in readers {
                let read: Vec<Vec<u8>> =
                    offers.iter().map(|one| read_back(reader, &one.text)).collect();
                for name in NAMES {
                    let here = [b"./", *name].concat();
                    assert!(
                        read.iter().any(|one| one == name || *one == here),
                        "{shell}, {reader}: {:?} of {offers:#?}",
                        FilePath(name.to_vec())
                    );
                }
            }
            assert!(
                offers.iter().all(|one| one.kind == CompletionKind::File),
                "{shell}: {offers:#?}"
            );
        }
        // And what is begun is gone on with, however it was quoted.
        for line in ["ls my", "ls 'my f", "ls my\\ f", "ls \"my f"] {
            let offers = complete(&desk, "~/odd names", line).await;
            assert_eq!(texts(&offers), [("my\\ file", CompletionKind::File)], "{shell}: {line}");
        }
        let offers = complete(&desk, "~", "cat ~/odd\\ names/pl").await;
        assert_eq!(texts(&offers), [("~/odd\\ names/plain", CompletionKind::File)], "{shell}");
        let offers = complete(&desk, "~", "cd odd").await;
        assert_eq!(texts(&offers), [("odd\\ names/", CompletionKind::Directory)], "{shell}");
        desk.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_come_from_the_path_and_from_the_login_shell() {
    let shells = ["bash", "zsh", "fish", "dash"];
    let sshd = server(&shells);
    put(&sshd, "bash", ".bash_profile", "echo welcome\nmkf_of_mine() { :; }\n");
    put(&sshd, "zsh", ".zprofile", "echo welcome\nmkf_of_mine() { :; }\nalias mkf_alias=ls\n");
    put(&sshd, "fish", ".config/fish/config.fish", "echo welcome\nfunction mkf_of_mine; end\n");
    for shell in shells {
        let laptop = laptop(&sshd, shell, "openssh");
        let desk = laptop.engine().await;
        let offers = complete(&desk, "~", "cd /; mkf").await;
        let offers = texts(&offers);
        assert!(offers.contains(&("mkfifo", CompletionKind::Command)), "{shell}: {offers:?}");
        let has_function = offers.contains(&("mkf_of_mine", CompletionKind::Command));
        assert_eq!(has_function, shell != "dash", "{shell}: {offers:?}");
        assert_eq!(
            offers.contains(&("mkf_alias", CompletionKind::Command)),
            shell == "zsh",
            "{offers:?}"
        );
        let offers = complete(&desk, "~", "unal").await;
        assert!(
            shell == "fish" || texts(&offers).contains(&("unalias", CompletionKind::Command)),
            "{shell}: {offers:?}"
        );
        desk.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_accounts_own_completions_are_asked_where_that_needs_no_terminal() {
    let sshd = server(&["bash", "fish", "zsh"]);
    put(&sshd, "zsh", ".zprofile", "echo welcome\nfpath=(~/functions $fpath)\n");
    put(&sshd, "zsh", "functions/_mytool", "#compdef mytool\ncompadd alpha alpine --beta=1\n");
    put(&sshd, "zsh", "functions/_other", "#compdef other\ncompadd one two\n");
    let bash = "_mine() { COMPREPLY=($(compgen -W 'alpha alpine --beta=1' -- \"$2\")); }\ncomplete -F _mine mytool\n\
        complete -W 'one two' other\n";
    put(&sshd, "bash", ".bash_profile", bash);
    // What bash-completion does where it is: a command's completions are read when they are asked for.
    let lazy = ".local/share/bash-completion/completions";
    let loader = format!(
        "_completion_loader() {{ . ~/{lazy}/\"$1\" && return 124; }}\ncomplete -D -F _completion_loader\n"
    );
    put(&sshd, "bash", ".nix-profile/etc/profile.d/bash_completion.sh", &loader);
    put(&sshd, "bash", &format!("{lazy}/lazytool"), "complete -W 'late later' lazytool\n");
    put(
        &sshd,
        "fish",
        ".config/fish/config.fish",
        "complete -c mytool -f -a 'alpha\\tFirst alpine'\ncomplete -c other -f -a 'one two'\n",
    );
    for shell in ["bash", "fish", "zsh"] {
        put(&sshd, shell, "alps", "");
        let laptop = laptop(&sshd, shell, "openssh");
        let desk = laptop.engine().await;
        let offers = complete(&desk, "~", "x && sudo mytool al").await;
        let word = CompletionKind::Word;
        assert_eq!(texts(&offers), [("alpha", word), ("alpine", word)], "{shell}");
        assert_eq!(texts(&complete(&desk, "~", "other t").await), [("two", word)], "{shell}");
        if shell == "bash" {
            let offers = complete(&desk, "~", "lazytool la").await;
            assert_eq!(texts(&offers), [("late", word), ("later", word)]);
        }
        if shell == "zsh" {
            // Options come from its own functions.
            let offers = complete(&desk, "~", "git commit --am").await;
            assert_eq!(texts(&offers), [("--amend", word)], "{offers:?}");
        }
        desk.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_project_brings_runs_only_where_a_key_has_asked() {
    let sshd = server(&["bash"]);
    let bash = "_mine() { echo ran >~/ran; COMPREPLY=(theirs); }\ncomplete -F _mine mytool\n";
    put(&sshd, "bash", ".bash_profile", bash);
    put(&sshd, "bash", "here/file", "");
    let laptop = laptop(&sshd, "bash", "openssh");
    let desk = laptop.engine().await;
    let ran = sshd.home_of("bash").join("ran");
    let ask = async |by_key| {
        let at = At::Host { host: "box".into(), directory: Some(FilePath::from("here")) };
        let query =
            Query::Operation(OperationQuery::Complete { at, line: "mytool ".into(), by_key });
        match within(desk.engine.call(Request::query(query))).await.unwrap() {
            Reply::Operation(OperationReply::Completions(completions)) => completions.offers,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(texts(&ask(false).await), [("file", CompletionKind::File)]);
    assert!(!ran.exists());
    assert!(texts(&ask(true).await).contains(&("theirs", CompletionKind::Word)));
    assert!(ran.exists());
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_completion_that_hangs_is_ended_with_all_it_started_and_files_come_all_the_same() {
    let sshd = server(&["bash", "zsh"]);
    let bash = "_hang() { sleep 4251 & sleep 4251; }\ncomplete -F _hang mytool\n";
    put(&sshd, "bash", ".bash_profile", bash);
    put(&sshd, "zsh", ".zprofile", "fpath=(~/functions $fpath)\n");
    put(&sshd, "zsh", "functions/_mytool", "#compdef mytool\nsleep 4251 & sleep 4251\n");
    for shell in ["bash", "zsh"] {
        hangs(&sshd, shell).await;
    }
}

async fn hangs(sshd: &TestSshd, shell: &'static str) {
    put(sshd, shell, "alps", "");
    let laptop = laptop(sshd, shell, "openssh");
    let desk = laptop.engine().await;
    let start = std::time::Instant::now();
    let offers = complete(&desk, "~", "mytool al").await;
    assert_eq!(texts(&offers), [("alps", CompletionKind::File)]);
    assert!(start.elapsed() < std::time::Duration::from_secs(20), "{:?}", start.elapsed());
    until("nothing is left", async || {
        baton_tests::processes(|words| words.iter().any(|word| word == "4251")).is_empty()
    })
    .await;
    // The shell that asked is as good as before.
    assert_eq!(texts(&complete(&desk, "~", "cat al").await), [("alps", CompletionKind::File)]);
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn branches_and_tags_are_offered_where_git_takes_them() {
    let sshd = server(&["dash"]);
    let repository = sshd.home_of("dash").join("repo");
    let git = "git init -q -b main repo && cd repo && git config user.email a@b && git config user.name n && \
        git commit -q --allow-empty -m first && git branch feature/one && git tag feel-1 && \
        git remote add origin /nowhere && git update-ref refs/remotes/origin/fence HEAD && touch feather";
    let made =
        Program::new("sh").current_dir(sshd.home_of("dash")).args(["-c", git]).status().unwrap();
    assert!(made.success());
    // The account's, or git would refuse it.
    let owner = fs::metadata(sshd.home_of("dash")).unwrap();
    let (uid, gid) =
        (std::os::unix::fs::MetadataExt::uid(&owner), std::os::unix::fs::MetadataExt::gid(&owner));
    let chown = Program::new("chown")
        .arg("-R")
        .arg(format!("{uid}:{gid}"))
        .arg(&repository)
        .status()
        .unwrap();
    assert!(chown.success());
    let laptop = laptop(&sshd, "dash", "native");
    let desk = laptop.engine().await;
    let (branch, tag, file) = (CompletionKind::Branch, CompletionKind::Tag, CompletionKind::File);
    let mut offers = complete(&desk, "~/repo", "git checkout fe").await;
    offers.sort_by(|one, other| one.text.cmp(&other.text));
    assert_eq!(texts(&offers), [("feather", file), ("feature/one", branch), ("feel-1", tag)]);
    assert_eq!(
        texts(&complete(&desk, "~/repo", "git log main..origin/f").await),
        [("main..origin/fence", branch)]
    );
    assert_eq!(
        texts(&complete(&desk, "~/repo", "git push or").await),
        [("origin", CompletionKind::Word)]
    );
    assert_eq!(texts(&complete(&desk, "~/repo", "git add fe").await), [("feather", file)]);
    let gone = try_complete(&desk, "~/no such", "ls ").await.unwrap_err();
    assert_eq!(gone.code, Code::DirMissing, "{gone:?}");
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_that_were_run_come_first_and_those_that_begin_with_a_blank_were_not_kept() {
    let sshd = server(&["dash"]);
    put(&sshd, "dash", "echoes", "");
    let laptop = laptop(&sshd, "dash", "openssh");
    let desk = laptop.engine().await;
    for line in ["echo one", " echo secret", "cat echoes"] {
        let at = At::Host { host: "box".into(), directory: None };
        let start = OperationCommand::Start(Work::Line { at, line: line.into() });
        desk.command(Command::Operation(start)).await.unwrap();
    }
    let completions = try_complete(&desk, "~", "cat ec").await.unwrap();
    assert_eq!(completions.from, 4);
    let offers = texts(&completions.offers);
    assert_eq!(offers, [("echoes", CompletionKind::Line), ("echoes", CompletionKind::File)]);
    assert_eq!(completions.offers[0].shown, "cat echoes");
    let offers = complete(&desk, "~", "echo ").await;
    assert_eq!(texts(&offers)[0], ("one", CompletionKind::Line));
    assert!(offers.iter().all(|one| !one.shown.contains("secret")), "{offers:?}");
    desk.stop().await;
}

#[test]
fn the_names_are_all_different() {
    let mut names: Vec<_> =
        NAMES.iter().map(|name| std::ffi::OsString::from_vec(name.to_vec())).collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), NAMES.len());
}
