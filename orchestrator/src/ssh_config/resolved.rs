use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What `ssh -G` says of a destination: every value after `Host`, `Match` and `Include` were applied.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resolved {
    /// The name or address that ssh connects to.
    pub hostname: String,
    /// The TCP port.
    pub port: u16,
    /// The account.
    pub user: String,
    /// In the order in which ssh tries them; `~` isn't expanded. ssh lists its standard names when none is set.
    pub identity_files: Vec<String>,
    /// Whether only those are tried, and not every key of the agent.
    pub identities_only: bool,
    /// Certificates for the keys.
    pub certificate_files: Vec<String>,
    /// Hosts in between, as written.
    pub proxy_jump: Option<String>,
    /// The program that carries the connection; it runs through a shell.
    pub proxy_command: Option<String>,
    /// `true`, `auto`, `ask` or `autoask`; absent for `false`.
    pub control_master: Option<String>,
    /// The socket of the person's own master.
    pub control_path: Option<String>,
    /// The person's `known_hosts` files.
    pub user_known_hosts_files: Vec<String>,
    /// The machine's.
    pub global_known_hosts_files: Vec<String>,
    /// The name under which the host's key is kept.
    pub host_key_alias: Option<String>,
    /// `ask`, `accept-new`, `true`, `false` …
    pub strict_host_key_checking: Option<String>,
    /// Everything that was printed, by keyword in lower case; a keyword may have come several times.
    ///
    /// Stays in the engine: `setenv` may hold secrets.
    #[serde(skip)]
    pub all: BTreeMap<String, Vec<String>>,
}

impl Resolved {
    /// Reads what `ssh -G` printed; `None` when it holds no `hostname`, and so isn't that.
    pub fn parse(output: &str) -> Option<Self> {
        let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for line in output.lines() {
            let (keyword, value) = line.split_once(' ').unwrap_or((line, ""));
            if !keyword.is_empty() {
                all.entry(keyword.to_ascii_lowercase()).or_default().push(value.into());
            }
        }
        let one = |keyword: &str| all.get(keyword).and_then(|values| values.first()).cloned();
        let set = |keyword: &str| one(keyword).filter(|value| !value.is_empty() && value != "none");
        let many = |keyword: &str| {
            let values = all.get(keyword).cloned().unwrap_or_default();
            values.into_iter().filter(|value| value != "none").collect::<Vec<_>>()
        };
        let words = |keyword: &str| -> Vec<String> {
            set(keyword)
                .map(|value| value.split(' ').map(ToOwned::to_owned).collect())
                .unwrap_or_default()
        };
        Some(Self {
            hostname: one("hostname")?,
            port: one("port").and_then(|port| port.parse().ok()).unwrap_or(22),
            user: one("user").unwrap_or_default(),
            identity_files: many("identityfile"),
            identities_only: one("identitiesonly").is_some_and(|value| value == "yes"),
            certificate_files: many("certificatefile"),
            proxy_jump: set("proxyjump"),
            proxy_command: set("proxycommand"),
            control_master: set("controlmaster").filter(|value| value != "false" && value != "no"),
            control_path: set("controlpath"),
            user_known_hosts_files: words("userknownhostsfile"),
            global_known_hosts_files: words("globalknownhostsfile"),
            host_key_alias: set("hostkeyalias"),
            strict_host_key_checking: set("stricthostkeychecking"),
            all,
        })
    }

    /// The same as `ssh -G` prints it, sorted by keyword.
    pub fn text(&self) -> String {
        let rows = self.all.iter().flat_map(|(keyword, values)| {
            values.iter().map(move |value| format!("{keyword} {value}\n"))
        });
        rows.collect()
    }

    /// The first value of a keyword, given in lower case.
    pub fn value(&self, keyword: &str) -> Option<&str> {
        self.all.get(keyword)?.first().map(String::as_str)
    }

    /// One line for a list: `ada@10.0.0.1, port 2222, key: id_work, via jump`.
    ///
    /// A key is only named when the config chose it: ssh prints its standard names otherwise.
    pub fn summary(&self) -> String {
        let mut parts = vec![match (self.user.as_str(), self.hostname.as_str()) {
            ("", host) => host.to_owned(),
            (user, "") => format!("{user}@…"),
            (user, host) => format!("{user}@{host}"),
        }];
        if self.port != 22 {
            parts.push(format!("port {}", self.port));
        }
        if let Some(key) = self.chosen_key() {
            parts.push(format!("key: {key}"));
        }
        if let Some(jump) = &self.proxy_jump {
            parts.push(format!("via {jump}"));
        } else if self.proxy_command.is_some() {
            parts.push("via a proxy command".into());
        }
        parts.join(", ")
    }

    fn chosen_key(&self) -> Option<&str> {
        let base = |path: &'_ str| path.rsplit('/').next().unwrap_or_default().to_owned();
        let standard = self.identity_files.len() > 1
            && self
                .identity_files
                .iter()
                .all(|path| path.starts_with("~/.ssh/id_") && !base(path).contains('.'));
        if standard {
            return None;
        }
        self.identity_files.first().and_then(|path| path.rsplit('/').next())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    /// From OpenSSH 9.2, shortened.
    const OUTPUT: &str = "\
user ada
hostname 10.0.0.1
port 2222
clearallforwardings no
controlmaster auto
identitiesonly yes
stricthostkeychecking accept-new
userknownhostsfile /home/ada/.ssh/known_hosts /home/ada/.ssh/known_hosts2
globalknownhostsfile /etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2
identityfile ~/.ssh/id_work
identityfile ~/keys/my second key
certificatefile ~/.ssh/id_work-cert.pub
controlpath /tmp/cm-%C
proxyjump jump
hostkeyalias farm
sendenv LANG
sendenv LC_*
";

    #[test]
    fn the_output_of_ssh_is_read_with_its_lists_and_spaces() {
        let resolved = Resolved::parse(OUTPUT).unwrap();
        assert_eq!((resolved.user.as_str(), resolved.hostname.as_str()), ("ada", "10.0.0.1"));
        assert_eq!(resolved.port, 2222);
        assert_eq!(resolved.identity_files, ["~/.ssh/id_work", "~/keys/my second key"]);
        assert!(resolved.identities_only);
        assert_eq!(resolved.certificate_files, ["~/.ssh/id_work-cert.pub"]);
        assert_eq!(resolved.proxy_jump.as_deref(), Some("jump"));
        assert_eq!(resolved.proxy_command, None);
        assert_eq!(resolved.control_master.as_deref(), Some("auto"));
        assert_eq!(resolved.control_path.as_deref(), Some("/tmp/cm-%C"));
        assert_eq!(resolved.user_known_hosts_files.len(), 2);
        assert_eq!(resolved.host_key_alias.as_deref(), Some("farm"));
        assert_eq!(resolved.strict_host_key_checking.as_deref(), Some("accept-new"));
        assert_eq!(resolved.all["sendenv"], ["LANG", "LC_*"]);
        assert_eq!(resolved.value("clearallforwardings"), Some("no"));
        assert_eq!(resolved.summary(), "ada@10.0.0.1, port 2222, key: id_work, via jump");
    }

    #[test]
    fn none_and_false_are_nothing() {
        let text = "hostname x\nuser \nport 22\nproxyjump none\nproxycommand none\ncontrolpath none\ncontrolmaster false\nidentityfile none\n";
        let resolved = Resolved::parse(text).unwrap();
        assert_eq!(resolved.proxy_jump, None);
        assert_eq!(resolved.proxy_command, None);
        assert_eq!(resolved.control_path, None);
        assert_eq!(resolved.control_master, None);
        assert_eq!(resolved.identity_files, Vec::<String>::new());
        assert_eq!(resolved.summary(), "x");
    }

    #[test]
    fn the_standard_keys_are_not_worth_a_word() {
        let text = "hostname x\nuser u\nport 22\nidentityfile ~/.ssh/id_rsa\nidentityfile ~/.ssh/id_ed25519\nproxycommand nc %h %p\n";
        assert_eq!(Resolved::parse(text).unwrap().summary(), "u@x, via a proxy command");
    }

    #[test]
    fn something_else_is_not_taken_for_it() {
        assert_eq!(Resolved::parse("Usage: ssh [-46]\n"), None);
        assert_eq!(Resolved::parse(""), None);
    }
}
