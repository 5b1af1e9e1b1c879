//! Telling that a script's interpreter isn't there, from the words of whoever misses it.

/// The name that `env` or the shell misses. What the words look like: coreutils (its quotes depend on the locale), BSD,
/// busybox; bash for a first line with a path.
pub(crate) fn missing_interpreter(words: &str) -> Option<String> {
    words.lines().find_map(|line| {
        if let Some((before, _)) = line.split_once(": bad interpreter") {
            return before.rsplit(": ").next().map(ToOwned::to_owned);
        }
        let (_, rest) = line.split_once("env: ")?;
        let (name, _) = rest.split_once(": No such file")?;
        let name = name.trim_start_matches("can't execute ");
        let name = name.trim_matches(['\'', '"', '`', '‘', '’']);
        (!name.is_empty()).then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_missing_interpreter_is_named_whoever_misses_it() {
        let name = |words| missing_interpreter(words).unwrap();
        assert_eq!(name("env: node: No such file or directory\n"), "node");
        assert_eq!(name("/usr/bin/env: ‘node’: No such file or directory\n"), "node");
        assert_eq!(name("/usr/bin/env: 'python3': No such file or directory\n"), "python3");
        assert_eq!(name("env: can't execute 'node': No such file or directory\n"), "node");
        let bash =
            "sh: line 1: /h/bin/claude: /opt/node: bad interpreter: No such file or directory\n";
        assert_eq!(name(bash), "/opt/node");
        assert_eq!(missing_interpreter("config.json: No such file or directory\n"), None);
    }
}
