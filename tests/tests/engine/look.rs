//! What a front end asks of a place: agents, directories, files.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command as Program;
use std::time::{Duration, Instant};

use baton_tests::{AgentHost, LoginShells, TestSshd};
use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{
    At, DirectoryLook, FileQuery, FileReply, FoundFiles, GitGlance, KnownAgents, Query, Reply,
    Request, Seam, SessionId,
};

use crate::desk::{Desk, Laptop, new_session, until};

impl Desk {
    async fn try_query(&self, query: Query) -> Result<Reply, Failure> {
        self.engine.call(Request::query(query)).await
    }

    async fn typed(&self, host: &str, typed: &str) -> DirectoryLook {
        let query = Query::Directory { host: host.into(), typed: typed.into() };
        match self.query(query).await {
            Reply::Directory(look) => look,
            other => panic!("{other:?}"),
        }
    }

    async fn try_find(
        &self,
        session: &SessionId,
        typed: &str,
        limit: u32,
        behind: Option<u64>,
    ) -> Result<Option<FoundFiles>, Failure> {
        let (at, typed) = (At::Session(session.clone()), typed.to_owned());
        let find = FileQuery::Find { at, typed, limit, behind };
        match self.try_query(Query::File(find)).await? {
            Reply::File(FileReply::Found(found)) => Ok(Some(found)),
            Reply::File(FileReply::Unchanged) => Ok(None),
            other => panic!("{other:?}"),
        }
    }

    /// Paths in a session's directory as they are now, and whether there are more: what isn't there is looked for, which has the
    /// list fetched anew.
    async fn files(&self, session: &SessionId, limit: u32) -> (Vec<String>, bool) {
        let mut behind = None;
        loop {
            let missed = self.try_find(session, "\u{2603}", 1, behind).await.unwrap();
            match missed.filter(|missed| missed.coming) {
                Some(missed) => behind = Some(missed.list),
                None => break,
            }
        }
        let found = self.try_find(session, "", limit, None).await.unwrap().unwrap();
        let more = !found.whole || found.looked_at as usize > found.files.len();
        (found.files.into_iter().map(|file| file.path).collect(), more)
    }

    async fn agents(&self, host: Option<&str>, refresh: bool) -> KnownAgents {
        match self.query(Query::Agents { host: host.map(str::to_owned), refresh }).await {
            Reply::Agents(known) => *known,
            other => panic!("{other:?}"),
        }
    }
}

fn completions<const N: usize>(parent: &str, names: [&str; N]) -> Vec<String> {
    names.map(|name| format!("{parent}{name}/")).to_vec()
}

/// Directories with names of every kind.
fn fill(root: &Path) {
    let names: [&[u8]; 12] = [
        b"projects",
        b"pro tem",
        b"pro'\"`$x",
        b"pro*[a]?",
        b"prop\\n",
        b"-pro",
        b".hidden",
        b"gr\xc3\xb6\xc3\x9fe",
        b"pro\xff",
        b"pro\nnewline",
        b"other",
        b"~tilde",
    ];
    for name in names {
        fs::create_dir(root.join(OsStr::from_bytes(name))).unwrap();
    }
    fs::write(root.join("profile"), "no directory").unwrap();
    symlink(root.join("other"), root.join("prolink")).unwrap();
    symlink(root.join("nowhere"), root.join("prodangling")).unwrap();
    fs::create_dir_all(root.join("projects/app/src")).unwrap();
    fs::create_dir_all(root.join("projects/app/.git")).unwrap();
}

/// What is looked at in such a directory.
async fn looks_around(desk: &Desk, host: &str, root: &Path, of: &str) {
    let root = root.canonicalize().unwrap();
    let parent = format!("{}/", root.display());
    let look = desk.typed(host, &format!("{parent}pro")).await;
    let wanted = ["pro tem", "pro'\"`$x", "pro*[a]?", "projects", "prolink", "prop\\n"];
    assert_eq!(look.completions, completions(&parent, wanted), "{of}");
    assert_eq!((look.directory, look.repository, look.more), (None, false, false), "{of}");
    let hidden = desk.typed(host, &format!("{parent}.")).await;
    assert_eq!(hidden.completions, completions(&parent, [".hidden"]), "{of}");
    let odd = desk.typed(host, &format!("{parent}pro*")).await;
    assert_eq!(odd.completions, completions(&parent, ["pro*[a]?"]), "{of}");
    let all = desk.typed(host, &parent).await;
    assert_eq!(all.directory.as_deref(), root.to_str(), "{of}");
    assert!(all.completions.contains(&format!("{parent}-pro/")), "{of}: {all:?}");
    assert!(all.completions.contains(&format!("{parent}größe/")), "{of}: {all:?}");
    assert_eq!(all.completions.len(), 10, "{of}: {all:?}");
    let link = desk.typed(host, &format!("{parent}prolink")).await;
    assert_eq!(link.directory, Some(format!("{parent}other")), "{of}");
    let app = desk.typed(host, &format!("{parent}projects/app/src")).await;
    assert!(app.repository && app.directory.is_some(), "{of}: {app:?}");
    assert!(!desk.typed(host, &format!("{parent}projects")).await.repository, "{of}");
    let file = desk.typed(host, &format!("{parent}profile")).await;
    assert!(file.file && file.directory.is_none(), "{of}: {file:?}");
    let gone = desk.typed(host, &format!("{parent}nothing/here")).await;
    assert_eq!(gone, DirectoryLook::default(), "{of}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_is_completed_as_it_is_typed() {
    let machine = AgentHost::start();
    let laptop = Laptop::new(&machine);
    let home = machine.home();
    fill(&home);
    let desk = laptop.engine().await;
    looks_around(&desk, "box", &home, "box").await;
    let real = home.canonicalize().unwrap().display().to_string();
    // The home itself, and what begins there.
    for typed in ["~", "~/", "", ".", "projects/.."] {
        assert_eq!(desk.typed("box", typed).await.directory.as_ref(), Some(&real), "{typed}");
    }
    assert_eq!(desk.typed("box", "~").await.completions, ["~/"]);
    assert_eq!(desk.typed("box", "~/proj").await.completions, ["~/projects/"]);
    assert_eq!(desk.typed("box", "proj").await.completions, ["projects/"]);
    assert!(desk.typed("box", "profile").await.file && !desk.typed("box", "proj").await.file);
    assert_eq!(desk.typed("box", "-p").await.completions, ["-pro/"]);
    assert_eq!(desk.typed("box", "-pro").await.directory, Some(format!("{real}/-pro")));
    assert_eq!(desk.typed("box", "~nobody-of-that-name/x").await, DirectoryLook::default());
    assert_eq!(desk.typed("box", "projects/app/").await.completions, ["projects/app/src/"]);
    let nul = Query::Directory { host: "box".into(), typed: "a\0b".into() };
    assert_eq!(desk.try_query(nul).await.unwrap_err().code, Code::Usage);

    // A relative path begins at the host's directory, and nowhere where that isn't there.
    laptop.write_hosts("[host.box]\nssh_config = \"box\"\nremote_dir = \"~/projects\"\n");
    let app = desk.typed("box", "ap").await;
    assert_eq!((app.completions, app.directory), (vec!["app/".to_owned()], None));
    assert_eq!(desk.typed("box", "").await.directory, Some(format!("{real}/projects")));
    laptop.write_hosts("[host.box]\nssh_config = \"box\"\nremote_dir = \"~/gone\"\n");
    assert_eq!(desk.typed("box", "").await, DirectoryLook::default());
    assert_eq!(desk.typed("box", "~/proj").await.completions, ["~/projects/"]);

    laptop.write_hosts("[host.box]\nssh_config = \"box\"\nenabled = false\n");
    let off = Query::Directory { host: "box".into(), typed: String::new() };
    let off = desk.try_query(off).await.unwrap_err();
    assert_eq!((off.code, off.host.as_deref()), (Code::HostDisabled, Some("box")));
    let nowhere = Query::Directory { host: "nowhere".into(), typed: String::new() };
    assert_eq!(desk.try_query(nowhere).await.unwrap_err().code, Code::HostUnknown);
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn this_machine_is_looked_at_like_any_other_and_of_many_directories_two_hundred_are_told() {
    let machine = AgentHost::start();
    let laptop = Laptop::new(&machine);
    let home = laptop.path("home");
    fill(&home);
    let desk = laptop.engine().await;
    looks_around(&desk, "local", &home, "local").await;
    for number in 0..1_200 {
        fs::create_dir_all(home.join(format!("many/{number:04}"))).unwrap();
    }
    let many = desk.typed("local", "~/many/").await;
    assert_eq!((many.completions.len(), many.more), (200, true));
    assert_eq!((&*many.completions[0], &*many.completions[199]), ("~/many/0000/", "~/many/0199/"));
    let some = desk.typed("local", "~/many/000").await;
    assert_eq!((some.completions.len(), some.more), (10, false));
    desk.stop().await;
}

/// A laptop that knows each account of a server by the name of its login shell.
fn laptop_of_shells(sshd: &TestSshd) -> Laptop {
    let mut config = String::new();
    let mut hosts = String::new();
    for shell in LoginShells::usable_names() {
        config
            .push_str(&fs::read_to_string(sshd.write_client_config_as(shell, shell, &[])).unwrap());
        hosts.push_str(&format!("[host.{shell}]\nssh_config = \"{shell}\"\n"));
    }
    let path = sshd.dir().join("shells.conf");
    fs::write(&path, config).unwrap();
    let laptop = Laptop::over(path, "openssh");
    laptop.write_hosts(&hosts);
    laptop
}

#[tokio::test(flavor = "multi_thread")]
async fn directories_and_files_are_told_under_every_login_shell() {
    let sshd = TestSshd::builder().login_shells(LoginShells::usable()).start();
    let laptop = laptop_of_shells(&sshd);
    let root = tempfile::tempdir().unwrap();
    fs::set_permissions(root.path(), fs::Permissions::from_mode(0o755)).unwrap();
    fill(root.path());
    let plain = root.path().join("other");
    fs::write(plain.join("it's \"$a\" file"), "").unwrap();
    let machine = AgentHost::start();
    let desk = laptop.engine().await;
    for shell in LoginShells::usable_names() {
        looks_around(&desk, shell, root.path(), shell).await;
        let new = orchestrator::seam::NewSession {
            host: shell.into(),
            cwd: Some(plain.display().to_string()),
            ..new_session("codex", &machine)
        };
        let session = desk.try_session(new).await.unwrap();
        let files = desk.files(&session.id, 10).await;
        assert_eq!(files, (vec!["it's \"$a\" file".to_owned()], false), "{shell}");
    }
    desk.stop().await;
}

/// This machine, as one whose `sh` is that: with the tools of busybox, or with the usual ones.
pub fn laptop_with(sh: &str, machine: &AgentHost) -> Laptop {
    let laptop = Laptop::new(machine);
    let bin = laptop.path("home/bin");
    fs::create_dir(&bin).unwrap();
    let mut path = bin.display().to_string();
    if sh == "busybox" {
        let applets = Program::new("busybox").arg("--list").output().unwrap();
        for applet in String::from_utf8(applets.stdout).unwrap().lines() {
            symlink("/usr/bin/busybox", bin.join(applet)).unwrap();
        }
    } else {
        symlink(format!("/usr/bin/{sh}"), bin.join("sh")).unwrap();
        path.push_str(":/usr/bin:/bin");
    }
    fs::write(laptop.path("home/.profile"), format!("PATH={path}\nexport PATH\n")).unwrap();
    laptop
}

#[tokio::test(flavor = "multi_thread")]
async fn directories_and_files_are_told_by_every_sh_and_in_time() {
    let all = ["dash", "bash", "mksh", "busybox"].map(|sh| {
        tokio::spawn(async move {
            let machine = AgentHost::start();
            let laptop = laptop_with(sh, &machine);
            let root = tempfile::tempdir().unwrap();
            fill(root.path());
            fs::write(root.path().join("other/a \"b\""), "").unwrap();
            let desk = laptop.engine().await;
            looks_around(&desk, "local", root.path(), sh).await;
            let new = orchestrator::seam::NewSession {
                host: "local".into(),
                cwd: Some(root.path().join("other").display().to_string()),
                ..new_session("codex", &machine)
            };
            let session = desk.try_session(new).await.unwrap();
            let files = desk.files(&session.id, 10).await;
            assert_eq!(files, (vec!["a \"b\"".to_owned()], false), "{sh}");
            fs::write(root.path().join("other/new"), "").unwrap();
            let files = desk.files(&session.id, 10).await;
            assert_eq!(files, (vec!["a \"b\"".to_owned(), "new".to_owned()], false), "{sh}");
            // One that says a little and then no more.
            let (git, pid) = (laptop.path("home/bin/git"), laptop.path("pid"));
            let text = format!(
                "#!/bin/sh\necho $$ >{}\necho '# branch.head one'\nexec sleep 61\n",
                pid.display()
            );
            fs::write(&git, text).unwrap();
            fs::set_permissions(&git, fs::Permissions::from_mode(0o755)).unwrap();
            let slow = desk.query(Query::Git { session: session.id.clone() }).await;
            let Reply::Git(slow) = slow else { panic!("{slow:?}") };
            assert_eq!(slow.branch.as_deref(), Some("one"), "{sh}");
            let pid = fs::read_to_string(&pid).unwrap();
            let process = Path::new("/proc").join(pid.trim());
            until("it is gone", || !process.exists()).await;
            desk.stop().await;
        })
    });
    for one in all {
        one.await.unwrap();
    }
}

fn git(dir: &Path, words: &[&str]) {
    let mut git = Program::new("git");
    git.arg("-C").arg(dir).args(words).env("GIT_CONFIG_GLOBAL", "/dev/null");
    assert!(git.output().unwrap().status.success(), "{words:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_those_that_git_knows_or_would_add_and_else_all_that_are_not_hidden() {
    let machine = AgentHost::start().with_scripted("codex");
    let laptop = Laptop::new(&machine);
    let desk = laptop.engine().await;
    let session = desk.session("codex", &machine).await;
    let project = machine.project();
    fs::create_dir_all(project.join("src/deep")).unwrap();
    fs::create_dir_all(project.join(".hidden")).unwrap();
    let far = project.join("1/2/3/4/5/6/7/8/9");
    fs::create_dir_all(&far).unwrap();
    let files: [&[u8]; 8] = [
        b"src/main.rs",
        b"src/deep/a b'\"*.rs",
        b"-x",
        b".hidden/f",
        b"build.log",
        b"bad\xff",
        b"new\nline",
        b"1/2/3/4/5/6/7/at eight",
    ];
    for name in files {
        fs::write(project.join(OsStr::from_bytes(name)), "").unwrap();
    }
    fs::write(far.join("too deep"), "").unwrap();
    let (plain, more) = desk.files(&session.id, 100).await;
    let wanted =
        ["-x", "1/2/3/4/5/6/7/at eight", "build.log", "src/deep/a b'\"*.rs", "src/main.rs"];
    assert_eq!((plain, more), (wanted.map(str::to_owned).to_vec(), false));

    fs::write(project.join(".gitignore"), "*.log\n/1\n").unwrap();
    git(&project, &["init", "-q"]);
    git(&project, &["add", "src/main.rs", ".hidden"]);
    let (known, more) = desk.files(&session.id, 100).await;
    let mut wanted = [".gitignore", ".hidden/f", "-x", "src/deep/a b'\"*.rs", "src/main.rs"];
    wanted.sort_unstable();
    assert_eq!((known, more), (wanted.map(str::to_owned).to_vec(), false));
    let (few, more) = desk.files(&session.id, 2).await;
    assert_eq!((few.len(), more), (2, true));
    desk.stop().await;

    fs::rename(&project, machine.home().join("away")).unwrap();
    let desk = laptop.engine().await;
    let gone = desk.try_find(&session.id, "", 9, None).await.unwrap_err();
    assert_eq!((gone.code, gone.host.as_deref()), (Code::DirMissing, Some("box")));
    let nobody = desk.try_find(&SessionId::new("nobody"), "", 9, None).await;
    assert_eq!(nobody.unwrap_err().code, Code::NotFound);
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_tree_is_told_in_part_and_in_time() {
    let machine = AgentHost::start().with_scripted("codex");
    let laptop = Laptop::new(&machine);
    let desk = laptop.engine().await;
    let session = desk.session("codex", &machine).await;
    // One that says a little and then no more.
    machine.write_program("git", "printf 'one\\0two\\0'; exec sleep 61\n");
    let began = Instant::now();
    let mut found = FoundFiles { coming: true, ..FoundFiles::default() };
    while found.list == 0 {
        assert!(found.coming, "{found:?}");
        assert!(began.elapsed() < Duration::from_secs(50), "{:?}", began.elapsed());
        found = desk.try_find(&session.id, "", 9, Some(0)).await.unwrap().unwrap();
        if !found.coming && found.list == 0 {
            found = desk.try_find(&session.id, "", 9, None).await.unwrap().unwrap();
        }
    }
    let paths: Vec<_> = found.files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!((paths, found.whole), (vec!["one", "two"], false));
    until("nothing goes on there", || {
        crate::desk::processes_of(&machine, "sleep\x0061").is_empty()
    })
    .await;
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn agents_are_told_with_what_a_host_has_of_them_over_the_connection_that_is_there() {
    let machine = AgentHost::start().with_scripted("codex");
    let laptop = Laptop::new(&machine);
    laptop.write_agent(
        "mine.toml",
        "id = \"mine\"\nname = \"Mine\"\nprogram = \"mine\"\n\
        install = \"get mine\"\n[batch]\noutput = \"plain\"\nprompt = \"stdin\"\n",
    );
    let desk = laptop.engine().await;
    let known = desk.agents(None, false).await;
    assert_eq!((known.looked_at, known.agents.len(), known.problems), (None, 8, vec![]));
    assert!(known.agents.iter().all(|agent| agent.there.is_none()));
    let mine = known.agents.iter().find(|agent| agent.id == "mine").unwrap();
    assert_eq!((mine.install.as_deref(), mine.batch, mine.talks), (Some("get mine"), true, None));
    assert!(!mine.read_only && !mine.images && mine.login_hint.contains("mine"), "{mine:?}");

    // An engine's connection is used, not a second one.
    let session = desk.session("codex", &machine).await;
    desk.turn(&session.id, "print x").await.is_done();
    let there = desk.agents(Some("box"), false).await;
    assert_eq!(machine.sshd().connections(), 1);
    let is_there = |known: &KnownAgents, id: &str| {
        let agent = known.agents.iter().find(|agent| agent.id == id).unwrap();
        let found = agent.there.as_ref().unwrap();
        assert_eq!(found.agent, id);
        found.path.is_some()
    };
    assert!(is_there(&there, "codex") && !is_there(&there, "mine"));
    // It is kept for a day, and looked for anew when that is wanted: with a login of today.
    machine.write_program("mine", "echo mine 1.0\n");
    let kept = desk.agents(Some("box"), false).await;
    assert_eq!((kept.looked_at, is_there(&kept, "mine")), (there.looked_at, false));
    let fresh = desk.agents(Some("box"), true).await;
    assert!(fresh.looked_at > there.looked_at && is_there(&fresh, "mine"));

    laptop.write_hosts("[host.box]\nssh_config = \"box\"\nenabled = false\n");
    let off = Query::Agents { host: Some("box".into()), refresh: false };
    assert_eq!(desk.try_query(off).await.unwrap_err().code, Code::HostDisabled);
    let nowhere = Query::Agents { host: Some("nowhere".into()), refresh: false };
    assert_eq!(desk.try_query(nowhere).await.unwrap_err().code, Code::HostUnknown);
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_glance_at_git_tells_the_branch_and_how_many_files_differ() {
    let machine = AgentHost::start().with_scripted("codex");
    let laptop = Laptop::new(&machine);
    let desk = laptop.engine().await;
    let session = desk.session("codex", &machine).await;
    let project = machine.project();
    let glance = async || match desk.query(Query::Git { session: session.id.clone() }).await {
        Reply::Git(glance) => glance,
        other => panic!("{other:?}"),
    };
    assert_eq!(glance().await, GitGlance::default());

    fs::write(project.join("a b'\"\n.rs"), "").unwrap();
    git(&project, &["init", "-q", "-b", "trunk"]);
    let begun = glance().await;
    assert_eq!(
        (begun.repository, begun.branch.as_deref(), begun.changed),
        (true, Some("trunk"), 1)
    );
    git(&project, &["add", "."]);
    git(&project, &["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "one"]);
    assert_eq!(glance().await.changed, 0);
    fs::create_dir(project.join("new")).unwrap();
    fs::write(project.join("new/1"), "").unwrap();
    fs::write(project.join("new/2"), "").unwrap();
    git(&project, &["checkout", "-q", "--detach"]);
    let detached = glance().await;
    // A directory that git doesn't know counts once, as in git status.
    assert_eq!((detached.changed, detached.branch.map(|name| name.len())), (1, Some(7)));
    desk.stop().await;
}
