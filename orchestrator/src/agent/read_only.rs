//! Taking out of a person's arguments what would undo read-only.

/// The arguments that stay, and those that don't.
///
/// `strips` has the forms of [`ReadOnly::strips`](super::definition::ReadOnly). Options are compared as the
/// least strict of the CLIs' parsers does: case, `-` and `_` inside of a long name don't count (yargs takes
/// `--approvalMode` for `--approval-mode`), and a short one is also found in a cluster such as `-dy`.
pub(super) fn strip(arguments: &[String], strips: &[String]) -> (Vec<String>, Vec<String>) {
    let rules: Vec<Rule> = strips.iter().map(|strip| Rule::new(strip)).collect();
    let (mut kept, mut gone) = (Vec::new(), Vec::new());
    let mut rest = arguments.iter().peekable();
    while let Some(argument) = rest.next() {
        let next = rest.peek().map(|next| next.as_str());
        match rules.iter().find_map(|rule| rule.hits(argument, next)) {
            None => kept.push(argument.clone()),
            Some(takes) => {
                gone.push(argument.clone());
                match takes {
                    Takes::Nothing => {}
                    Takes::One => gone.extend(rest.next().cloned()),
                    Takes::Many => {
                        while let Some(value) = rest.next_if(|next| !next.starts_with('-')) {
                            gone.push(value.clone());
                        }
                    }
                }
            }
        }
    }
    (kept, gone)
}

/// How many of the arguments behind an option are its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Takes {
    Nothing,
    One,
    Many,
}

struct Rule {
    /// With its dashes, folded.
    flag: String,
    takes: Takes,
    /// What the value begins with.
    start: String,
}

impl Rule {
    fn new(strip: &str) -> Self {
        if let Some(flag) = strip.strip_suffix("...") {
            return Self { flag: folded(flag), takes: Takes::Many, start: String::new() };
        }
        match strip.split_once('=') {
            Some((flag, start)) => {
                Self { flag: folded(flag), takes: Takes::One, start: start.to_owned() }
            }
            None => Self { flag: folded(strip), takes: Takes::Nothing, start: String::new() },
        }
    }

    /// How many of the next arguments go with `argument`, if it has to go.
    fn hits(&self, argument: &str, next: Option<&str>) -> Option<Takes> {
        let (name, value) = match argument.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (argument, None),
        };
        if folded(name) == self.flag {
            return match (self.takes, value) {
                (Takes::Nothing, _) => Some(Takes::Nothing),
                (Takes::Many, Some(_)) => Some(Takes::Many),
                (_, Some(value)) => self.is_meant(value).then_some(Takes::Nothing),
                (takes, None) => self.is_meant(next.unwrap_or_default()).then_some(takes),
            };
        }
        let short = self.flag.strip_prefix('-').filter(|letter| letter.chars().count() == 1)?;
        let cluster = argument.strip_prefix('-').filter(|rest| !rest.starts_with('-'))?;
        match self.takes {
            Takes::Nothing => {
                let letters = cluster.chars().all(|letter| letter.is_ascii_alphabetic());
                (letters && cluster.contains(short)).then_some(Takes::Nothing)
            }
            Takes::One | Takes::Many => {
                let value = cluster.strip_prefix(short)?;
                (!value.is_empty() && self.is_meant(value)).then_some(Takes::Nothing)
            }
        }
    }

    fn is_meant(&self, value: &str) -> bool {
        value.trim_start().starts_with(&self.start)
    }
}

/// A long option without what doesn't count; a short one as it is.
fn folded(flag: &str) -> String {
    match flag.strip_prefix("--") {
        Some(name) => {
            let name: String = name.chars().filter(|c| !matches!(c, '-' | '_')).collect();
            format!("--{}", name.to_ascii_lowercase())
        }
        None => flag.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(arguments: &str, strips: &str) -> String {
        let words = |text: &str| text.split_whitespace().map(ToOwned::to_owned).collect::<Vec<_>>();
        let (kept, gone) = strip(&words(arguments), &words(strips));
        assert_eq!(kept.len() + gone.len(), words(arguments).len());
        kept.join(" ")
    }

    #[test]
    fn what_undoes_read_only_goes_in_every_spelling() {
        assert_eq!(left("-x --yolo z", "--yolo"), "-x z");
        assert_eq!(left("--approval-mode yolo z", "--approval-mode="), "z");
        assert_eq!(left("--approvalMode=yolo z", "--approval-mode="), "z");
        assert_eq!(left("--approval_mode yolo", "--approval-mode="), "");
        assert_eq!(left("-s danger -sdanger -s=danger z", "-s="), "z");
        assert_eq!(left("-y -dy -m pretty", "-y"), "-m pretty");
        assert_eq!(left("--allowed-tools Bash Edit --x y", "--allowedTools..."), "--x y");
        assert_eq!(left("--allowed-tools=Bash Edit", "--allowedTools..."), "");
    }

    #[test]
    fn what_does_not_undo_it_stays() {
        let codex = "-c=sandbox --config=approval";
        assert_eq!(left("-c model=x -c sandbox_mode=y z", codex), "-c model=x z");
        assert_eq!(left("-csandbox_mode=y -cmodel=x", codex), "-cmodel=x");
        assert_eq!(left("--config=approval_policy=n --config=a=b", codex), "--config=a=b");
        assert_eq!(left("--yolo-file x", "--yolo"), "--yolo-file x");
        assert_eq!(left("--model y", "-y"), "--model y");
    }
}
