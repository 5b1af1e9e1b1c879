//! Stages, unstages or discards single lines: out of a fresh diff, and only where that still is the one they were chosen from.

use super::call::{HOOK_PATIENCE, Site, Words};
use super::choose::{self, Target};
use super::{diff, patch};
use crate::failure::{Code, Failure};
use crate::seam::{ChosenLines, DiffOf, FilePath, GitReply, LinesHow};

/// The scripts' word for a file that isn't what it was.
const CHANGED: u8 = 92;

/// Modes of what has no lines: a link, and a submodule.
const NO_LINES: [u32; 2] = [0o120_000, 0o160_000];

/// Two round trips: what differs now, and the change, which looks again whether that still counts.
pub(super) async fn carry_out(
    site: &Site,
    how: LinesHow,
    lines: &ChosenLines,
) -> Result<GitReply, Failure> {
    let of = match how {
        LinesHow::Stage | LinesHow::Discard => DiffOf::Unstaged,
        LinesHow::Unstage => DiffOf::Staged,
    };
    let path = lines.path.bytes();
    if path.is_empty() {
        return Err(Failure::new(Code::Usage, "no file is named"));
    }
    let fetched = diff::fetch(site, &of, std::slice::from_ref(&lines.path), lines.context).await?;
    let files = patch::read(&fetched.bytes, fetched.whole);
    let Some(file) = files.iter().find(|file| file.path == path) else {
        return Err(changed(&lines.path));
    };
    if file.conflicted {
        return Err(Failure::new(Code::Conflict, format!("{} is in conflict", lines.path))
            .hint("Mend it, and stage it whole"));
    }
    if file.binary
        || NO_LINES.contains(&(file.modes.0 & 0o170_000))
        || NO_LINES.contains(&(file.modes.1 & 0o170_000))
    {
        let message = format!("{} has no lines that could be chosen", lines.path);
        return Err(Failure::new(Code::Unsupported, message).hint("Take the file as a whole"));
    }
    let seen = file.told();
    if seen.new_blob != lines.new_blob {
        return Err(changed(&lines.path));
    }
    // Of a renamed file, which alone looks like a new one, both contents are known.
    let renamed;
    let mut former = None;
    if seen.old_blob != lines.old_blob {
        let stored = |id: &str| id.len() >= 40 && id.bytes().all(|digit| digit.is_ascii_hexdigit());
        let is_renamed = how == LinesHow::Unstage && seen.old_blob.is_empty();
        if !is_renamed || !stored(&lines.old_blob) || !stored(&lines.new_blob) {
            return Err(changed(&lines.path));
        }
        renamed = diff::fetch_blobs(site, &lines.old_blob, &lines.new_blob, lines.context).await?;
        former = Some(patch::read_hunks(&renamed.bytes));
    }
    let hunks = former.as_ref().unwrap_or(&file.hunks);
    let (old, new) = file.modes;
    let target = match (how, former.is_some()) {
        (LinesHow::Stage, _) => Target { mode: old.max(new), is_there: old != 0, stays: new != 0 },
        (_, true) => Target { mode: new, is_there: true, stays: true },
        // Out of a file that isn't there, lines are taken back into an empty one.
        (LinesHow::Discard, _) => Target { mode: old.max(new), is_there: true, stays: old != 0 },
        (LinesHow::Unstage, _) => {
            Target { mode: old.max(new), is_there: new != 0, stays: old != 0 }
        }
    };
    let is_back = how != LinesHow::Stage;
    let Some(text) = choose::patch(hunks, &lines.lines, is_back, path, target) else {
        return Err(Failure::new(Code::Usage, "none of the chosen lines was changed"));
    };
    let (old, new) = file.ids;
    let function = match how {
        LinesHow::Stage => "bg_lines unstaged",
        LinesHow::Unstage => "bg_lines staged",
        LinesHow::Discard => "bg_lines_back",
    };
    let words = Words::change(function).word(path)?.word([old, b"..", new].concat())?;
    let mode = format!("{:o}", target.mode);
    let words = words.word(if lines.context == 0 { "--unidiff-zero" } else { "" })?.word(mode)?;
    let words = words.word(text.len().to_string())?;
    let inline = words.clone().word(&text).ok().filter(|words| !words.is_long());
    let answer = match inline {
        Some(words) => site.run(&words).await?,
        None => site.stream(&words.patience(HOOK_PATIENCE), &text).await?,
    };
    if answer.status == CHANGED {
        return Err(changed(&lines.path));
    }
    site.checked(answer)?;
    Ok(GitReply::Done)
}

fn changed(path: &FilePath) -> Failure {
    Failure::new(Code::Conflict, format!("{path} was changed since its lines were chosen"))
        .hint("Look at the difference again, and choose anew")
}
