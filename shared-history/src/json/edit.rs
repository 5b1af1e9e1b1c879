//! Changing single members of an object and leaving every other byte as it stands.

use super::object::Object;

/// What is to become of a key's value.
#[derive(Debug)]
pub(crate) enum Change {
    /// It is this, as it is written. A key that isn't there is added behind the others.
    Set(Vec<u8>),
    /// It goes.
    Remove,
}

/// Writes the object anew with `changes`, one for a key at most; additions come in the order of `changes`.
///
/// Of a key that is there twice the last value counts, as for `JSON.parse`: that one is changed, and removing takes all.
pub(crate) fn edit(object: &Object<'_>, changes: &[(&str, Change)]) -> Vec<u8> {
    let text = object.text();
    let members = &object.members;
    let change = |key: &str| changes.iter().find(|(name, _)| *name == key).map(|(_, what)| what);
    let mut out = Vec::with_capacity(text.len() + 256);
    out.extend_from_slice(&text[..=object.opening]);

    let mut is_first = true;
    let mut end = object.opening + 1;
    for (index, member) in members.iter().enumerate() {
        let change = change(&member.key);
        // What stands between two members goes with the later one; before the first there is no comma.
        let between = end..member.whole.start;
        end = member.whole.end;
        if matches!(change, Some(Change::Remove)) {
            continue;
        }
        if is_first {
            let start = members.first().map_or(object.closing, |first| first.whole.start);
            out.extend_from_slice(&text[object.opening + 1..start]);
        } else {
            out.extend_from_slice(&text[between]);
        }
        is_first = false;
        let is_last_of_key = || members[index + 1..].iter().all(|later| later.key != member.key);
        match change {
            Some(Change::Set(value)) if is_last_of_key() => {
                out.extend_from_slice(&text[member.whole.start..member.value.start]);
                out.extend_from_slice(value);
            }
            Some(Change::Set(_) | Change::Remove) | None => {
                out.extend_from_slice(&text[member.whole.clone()]);
            }
        }
    }

    for (key, change) in changes {
        let Change::Set(value) = change else { continue };
        if members.iter().any(|member| member.key == *key) {
            continue;
        }
        if !is_first {
            out.push(b',');
        }
        is_first = false;
        super::write(super::Value::Text(key), &mut out);
        out.push(b':');
        out.extend_from_slice(value);
    }
    out.extend_from_slice(&text[end..]);
    out
}
