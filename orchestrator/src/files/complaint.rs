//! What the system's programs complain of, in the C locale.

/// The names in those lines of `words` that say `reason` at their end: `rm: cannot remove './a': Permission denied`,
/// `tar: ./a: Cannot open: Permission denied`. As the program writes them, without a leading `./`.
pub(crate) fn complained_of<'a>(words: &'a str, reason: &str) -> Vec<&'a str> {
    words.lines().filter_map(|line| name(line.trim(), reason)).collect()
}

fn name<'a>(line: &'a str, reason: &str) -> Option<&'a str> {
    let (said, why) = line.rsplit_once(": ")?;
    if !why.contains(reason) {
        return None;
    }
    // Before it stands who complains.
    let (_, said) = said.split_once(": ")?;
    let quoted = said.strip_suffix('\'').and_then(|said| said.split_once(" '"));
    let name = match quoted {
        Some((_, name)) => name,
        None => {
            let done = [": Cannot ", ": Couldn't ", ": Can't "];
            let end = done.iter().filter_map(|verb| said.rfind(verb)).max();
            &said[..end.unwrap_or(said.len())]
        }
    };
    let name = name.strip_prefix("./").unwrap_or(name);
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_the_words_of_every_program() {
        let named = |line: &str| complained_of(line, "ermission denied").join("|");
        assert_eq!(named("rm: cannot remove './un/a/b': Permission denied"), "un/a/b");
        assert_eq!(named("rm: can't remove './un/it's': Permission denied"), "un/it's");
        assert_eq!(named("rm: ./un/a b: Permission denied\n"), "un/a b");
        assert_eq!(named("tar: ./a/x: y: Cannot open: Permission denied"), "a/x: y");
        assert_eq!(named("tar: can't open './b': Permission denied"), "b");
        assert_eq!(named("tar: ./a: Couldn't visit directory: Permission denied"), "a");
        assert_eq!(named("rm: ./a: No such file or directory\nrm: denied\n"), "");
        let two =
            "rm: cannot remove 'a': Permission denied\nrm: cannot remove 'b': Permission denied";
        assert_eq!(named(two), "a|b");
    }
}
