//! Accounts with odd login shells, without touching those of the machine.

use std::{
    fmt::Write as _,
    fs,
    os::unix::fs::{PermissionsExt, chown, symlink},
    path::{Path, PathBuf},
    process::Command,
};

use rustix::process::{getegid, geteuid};

use crate::process::program;

/// The first uid and gid of our accounts, at the end of what Debian gives to people (policy, 9.2.2).
const FIRST_ID: u32 = 59_001;

/// A login shell that Baton has to get along with.
#[derive(Clone, Copy, Debug)]
struct Shell {
    name: &'static str,
    places: &'static [&'static str],
    package: &'static str,
}

const SHELLS: [Shell; 9] = [
    Shell { name: "dash", places: &["/usr/bin/dash", "/bin/dash"], package: "dash" },
    Shell { name: "bash", places: &["/usr/bin/bash", "/bin/bash"], package: "bash" },
    Shell { name: "zsh", places: &["/usr/bin/zsh", "/bin/zsh"], package: "zsh" },
    Shell { name: "fish", places: &["/usr/bin/fish"], package: "fish" },
    Shell { name: "tcsh", places: &["/usr/bin/tcsh", "/bin/tcsh"], package: "tcsh" },
    Shell { name: "busybox", places: &["/usr/bin/busybox", "/bin/busybox"], package: "busybox" },
    Shell { name: "mksh", places: &["/usr/bin/mksh", "/bin/mksh"], package: "mksh" },
    Shell { name: "rbash", places: &["/usr/bin/rbash", "/bin/rbash"], package: "bash" },
    Shell { name: "nologin", places: &["/usr/sbin/nologin", "/sbin/nologin"], package: "login" },
];

/// Which login shells a test's server has accounts for.
#[derive(Clone, Debug)]
pub struct LoginShells(Vec<Shell>);

impl LoginShells {
    /// Those that Baton works with: dash, bash, zsh, fish, tcsh, busybox, and mksh where it is installed.
    #[must_use]
    pub fn usable() -> Self {
        Self::named(&Self::usable_names())
    }

    /// The names in [`usable`](Self::usable), for a loop over them.
    #[must_use]
    pub fn usable_names() -> Vec<&'static str> {
        let is_usable = |shell: &&Shell| match shell.name {
            "rbash" | "nologin" => false,
            "mksh" => shell.places.iter().any(|place| Path::new(place).exists()),
            _ => true,
        };
        SHELLS.iter().filter(is_usable).map(|shell| shell.name).collect()
    }

    /// Some of dash, bash, zsh, fish, tcsh, busybox, mksh, rbash and nologin.
    ///
    /// # Panics
    ///
    /// With another name.
    #[must_use]
    pub fn named(names: &[&str]) -> Self {
        let find = |name: &&str| {
            let found = SHELLS.iter().find(|shell| shell.name == *name);
            *found.unwrap_or_else(|| panic!("the test bed has no login shell {name}"))
        };
        Self(names.iter().map(find).collect())
    }

    /// Makes homes and account files in `dir`.
    pub(crate) fn set_up(&self, dir: &Path) -> Accounts {
        let folder = dir.join("accounts");
        fs::create_dir(&folder).expect("our own directory");
        let is_root = geteuid().is_root();
        let accounts = Accounts {
            list: (FIRST_ID..)
                .zip(&self.0)
                .map(|(id, shell)| {
                    // Who isn't root can let in nobody but himself, under whatever name.
                    let ids =
                        if is_root { (id, id) } else { (geteuid().as_raw(), getegid().as_raw()) };
                    Account::set_up(*shell, ids, &folder)
                })
                .collect(),
            folder,
            is_root,
        };
        accounts.write_files();
        accounts
    }
}

#[derive(Debug)]
struct Account {
    shell: &'static str,
    user: String,
    ids: (u32, u32),
    home: PathBuf,
    program: PathBuf,
}

impl Account {
    fn set_up(shell: Shell, ids: (u32, u32), folder: &Path) -> Self {
        let install = format!("apt-get install -y {}", shell.package);
        let mut program = program(shell.places, &install).to_owned();
        if shell.name == "busybox" {
            // busybox is what its name says, so it has to be called sh.
            let link = folder.join("busybox").join("sh");
            fs::create_dir(folder.join("busybox")).expect("our own directory");
            symlink(&program, &link).expect("our own directory");
            program = link;
        }
        let home = folder.join(format!("home-{}", shell.name));
        fs::create_dir(&home).expect("our own directory");
        fs::set_permissions(&home, fs::Permissions::from_mode(0o700)).expect("our own directory");
        chown(&home, Some(ids.0), Some(ids.1)).expect("root may, and others keep their own");
        Self { shell: shell.name, user: format!("baton-{}", shell.name), ids, home, program }
    }

    fn passwd_line(&self) -> String {
        let (uid, gid) = self.ids;
        let (home, program) = (self.home.display(), self.program.display());
        format!("{}:x:{uid}:{gid}::{home}:{program}\n", self.user)
    }
}

/// The accounts of one server.
#[derive(Debug)]
pub(crate) struct Accounts {
    list: Vec<Account>,
    folder: PathBuf,
    is_root: bool,
}

impl Accounts {
    /// Writes `passwd`, `group` and `shadow`: the machine's, without its passwords, and ours.
    fn write_files(&self) {
        let mut passwd = fs::read_to_string("/etc/passwd").expect("a machine has accounts");
        let mut group = fs::read_to_string("/etc/group").expect("a machine has groups");
        for account in &self.list {
            passwd.push_str(&account.passwd_line());
            writeln!(group, "{}:x:{}:", account.user, account.ids.1)
                .expect("a string takes everything");
        }
        // `*` is no password that anybody could type; with `!` sshd would refuse keys, too.
        let names = passwd.lines().filter_map(|line| line.split(':').next());
        let shadow: String = names.map(|name| format!("{name}:*:19000:0:99999:7:::\n")).collect();
        for (name, text, mode) in
            [("passwd", &passwd, 0o644), ("group", &group, 0o644), ("shadow", &shadow, 0o600)]
        {
            let path = self.folder.join(name);
            fs::write(&path, text).expect("our own directory");
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("our own file");
        }
    }

    /// A command that starts `program` where these accounts exist, and only there.
    pub(crate) fn command(&self, program: &Path) -> Command {
        if self.is_root {
            let mut command = Command::new("unshare");
            command.args(["--mount", "--propagation", "private", "sh", "-c"]);
            command.arg(
                "for f in passwd group shadow; do mount --bind \"$0/$f\" \"/etc/$f\" || exit; done; exec \"$@\"",
            );
            command.arg(&self.folder).arg(program);
            return command;
        }
        let mut command = Command::new(program);
        command.env("LD_PRELOAD", nss_wrapper());
        command.env("NSS_WRAPPER_PASSWD", self.folder.join("passwd"));
        command.env("NSS_WRAPPER_GROUP", self.folder.join("group"));
        command
    }

    fn of(&self, shell: &str) -> &Account {
        let found = self.list.iter().find(|account| account.shell == shell);
        found.unwrap_or_else(|| {
            panic!("this server has no account with {shell}; see login_shells()")
        })
    }

    pub(crate) fn user_of(&self, shell: &str) -> &str {
        &self.of(shell).user
    }

    pub(crate) fn home_of(&self, shell: &str) -> &Path {
        &self.of(shell).home
    }

    /// Writes a file below the home, owned by the account, with the folders that lead to it.
    pub(crate) fn write_in_home(&self, shell: &str, path: &str, text: &str) -> PathBuf {
        let account = self.of(shell);
        let own = |path: &Path| {
            chown(path, Some(account.ids.0), Some(account.ids.1)).expect("our own file");
        };
        let mut place = account.home.clone();
        let parts: Vec<_> = path.split('/').collect();
        let (name, folders) = parts.split_last().expect("a split has a part");
        for folder in folders {
            place.push(folder);
            if !place.is_dir() {
                fs::create_dir(&place).expect("our own directory");
                own(&place);
            }
        }
        place.push(name);
        fs::write(&place, text).expect("our own directory");
        own(&place);
        place
    }
}

/// The library that shows accounts of its own to one process (cwrap.org); for those who can't mount.
fn nss_wrapper() -> PathBuf {
    let folders = fs::read_dir("/usr/lib").expect("a Linux machine").filter_map(Result::ok);
    let places = folders.map(|folder| folder.path().join("libnss_wrapper.so"));
    let mut places =
        places.chain(["/usr/lib/libnss_wrapper.so".into(), "/usr/lib64/libnss_wrapper.so".into()]);
    let found = places.find(|place| place.exists());
    found.unwrap_or_else(|| {
        panic!(
            "login shells need root or libnss_wrapper.so; try: apt-get install -y libnss-wrapper"
        )
    })
}
