//! An approval as a question on the terminal: which key gives which answer. Pure.

use orchestrator::agent::ChoiceKind;
use orchestrator::seam::{Approval, Decision};

use crate::render::clean_line;

/// One answer and its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    pub key: char,
    /// What a person reads.
    pub name: String,
    pub decision: Decision,
}

/// What may be answered, each with a key of its own.
///
/// The first answer of each kind has a letter (allow, always, deny, never), further ones have digits.
pub fn choices(approval: &Approval) -> Vec<Choice> {
    if approval.options.is_empty() {
        return vec![
            Choice { key: 'a', name: "allow".into(), decision: Decision::Approve { option: None } },
            Choice { key: 'd', name: "deny".into(), decision: Decision::Deny { option: None } },
        ];
    }
    let mut taken = Vec::new();
    let mut digits = '1'..='9';
    let mut choices = Vec::new();
    for option in &approval.options {
        let letter = letter(option.kind);
        let key = if taken.contains(&letter) { digits.next() } else { Some(letter) };
        // More than thirteen answers are given by name: `baton approve ID --option O`.
        let Some(key) = key else { break };
        taken.push(key);
        let id = Some(option.id.clone());
        let decision = match option.kind {
            ChoiceKind::AllowOnce | ChoiceKind::AllowAlways => Decision::Approve { option: id },
            ChoiceKind::RejectOnce | ChoiceKind::RejectAlways => Decision::Deny { option: id },
        };
        choices.push(Choice { key, name: clean_line(&option.name), decision });
    }
    choices
}

fn letter(kind: ChoiceKind) -> char {
    match kind {
        ChoiceKind::AllowOnce => 'a',
        ChoiceKind::AllowAlways => 'l',
        ChoiceKind::RejectOnce => 'd',
        ChoiceKind::RejectAlways => 'n',
    }
}

/// `[a] Allow once  [l] Always allow  [d] Reject: `.
pub fn prompt(choices: &[Choice]) -> String {
    let all: Vec<String> =
        choices.iter().map(|choice| format!("[{}] {}", choice.key, choice.name)).collect();
    format!("  {}: ", all.join("  "))
}

/// What a key answers; none for any other key, so that nothing is allowed by mistake.
pub fn chosen(choices: &[Choice], key: u8) -> Option<&Choice> {
    let key = char::from(key.to_ascii_lowercase());
    choices.iter().find(|choice| choice.key == key)
}

#[cfg(test)]
mod tests {
    use orchestrator::agent::ApprovalChoice;

    use super::*;
    use crate::watch::fake;

    #[test]
    fn each_answer_has_a_key_and_no_other_key_answers() {
        let mut approval = fake::approval("q", "turn");
        let option =
            |id: &str, name: &str, kind| ApprovalChoice { id: id.into(), name: name.into(), kind };
        approval.options = vec![
            option("once", "Allow\x1b once", ChoiceKind::AllowOnce),
            option("file", "Allow for this file", ChoiceKind::AllowOnce),
            option("no", "Reject", ChoiceKind::RejectOnce),
        ];
        let choices = choices(&approval);
        assert_eq!(prompt(&choices), "  [a] Allow^[ once  [1] Allow for this file  [d] Reject: ");
        let decided = |key| chosen(&choices, key).map(|choice| choice.decision.clone());
        assert_eq!(decided(b'1'), Some(Decision::Approve { option: Some("file".into()) }));
        assert_eq!(decided(b'D'), Some(Decision::Deny { option: Some("no".into()) }));
        assert_eq!(decided(b'\n'), None);
        assert_eq!(decided(b'y'), None);
    }

    #[test]
    fn where_an_agent_offers_nothing_yes_and_no_are_there() {
        let mut approval = fake::approval("q", "turn");
        approval.options.clear();
        assert_eq!(prompt(&choices(&approval)), "  [a] allow  [d] deny: ");
    }
}
