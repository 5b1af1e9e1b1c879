//! What `@` offers among many paths, letter by letter.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use orchestrator::seam::{At, FilePath, FileQuery, FileReply, FoundFiles, Query, Reply};

use crate::bed::{ALIAS, Bed};
use crate::desk::Desk;
use crate::table::Row;
use crate::window::{self, Costs};
use crate::{Outcome, Scale};

/// Paths that are looked through.
pub const PATHS: usize = 100_000;
/// What a letter may take, in ms.
const MARK_MS: f64 = 8.0;
/// What the composer offers.
const OFFERED: u32 = 8;
/// What the dialog that goes to a file offers.
const LISTED: u32 = 200;
/// Between two letters, so that the list is fetched anew behind the answers, as it is for who types.
const PAUSE: Duration = Duration::from_millis(25);
/// How long the first list may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// What somebody types; each letter is asked for, and then they are taken away again.
pub const TYPED: [&str; 6] =
    ["button", "src/comp/index", "useEffect", "p12modal.test", "e", "zzzznothing"];

/// Measures it.
pub async fn measure(bed: &Bed, scale: Scale) -> Outcome<Vec<Row>> {
    let dir = tempfile::tempdir()?;
    let count = if scale.quick { PATHS / 10 } else { PATHS };
    fill(dir.path(), count)?;
    let desk = Desk::new(bed.config(), &[ALIAS]).await?;
    let directory = Some(FilePath::from(dir.path().display().to_string()));
    let at = At::Host { host: ALIAS.into(), directory };
    whole(&desk, &at, count).await?;
    let mut rows = Vec::new();
    let mut made = 0;
    for (what, limit) in [("`@`", OFFERED), ("the dialog that goes to a file", LISTED)] {
        let mut times = Vec::new();
        for _ in 0..scale.share(4) {
            for typed in prefixes() {
                if typed.len() == 1 {
                    // An agent works there: a list that is fetched anew is another one.
                    made += 1;
                    fs::File::create(dir.path().join(format!("made {made}.rs")))?;
                }
                tokio::time::sleep(PAUSE).await; // wait: a person's pause between two letters
                let start = Instant::now();
                find(&desk, &at, &typed, limit).await?;
                times.push(start.elapsed());
            }
        }
        let costs = Costs::of(times);
        rows.push(Row {
            what: format!("{what} over {count} paths, from a letter to its answer"),
            ours: costs.words(),
            ssh: String::new(),
            ratio: None,
            mark: Some((format!("each ≤ {MARK_MS} ms"), costs.quantile(1.0) <= MARK_MS)),
        });
    }
    desk.stop().await;
    rows.extend(window::mentions(bed, scale, dir.path(), count).await?);
    Ok(rows)
}

/// All that is typed on the way, there and back.
fn prefixes() -> Vec<String> {
    let mut all = Vec::new();
    for word in TYPED {
        let mut way: Vec<String> = (1..=word.len()).map(|end| word[..end].to_owned()).collect();
        let back: Vec<String> = way.iter().rev().skip(1).cloned().collect();
        way.extend(back);
        all.append(&mut way);
    }
    all
}

async fn find(desk: &Desk, at: &At, typed: &str, limit: u32) -> Outcome<FoundFiles> {
    let (at, typed) = (at.clone(), typed.to_owned());
    let find = FileQuery::Find { at, typed, limit, behind: None };
    match desk.query(Query::File(find)).await? {
        Reply::File(FileReply::Found(found)) => Ok(found),
        other => Err(format!("nothing found but {other:?}").into()),
    }
}

/// Waits until all paths are known.
async fn whole(desk: &Desk, at: &At, count: usize) -> Outcome<()> {
    let start = Instant::now();
    loop {
        let found = find(desk, at, "", 1).await?;
        if found.whole && found.looked_at as usize == count {
            return Ok(());
        }
        if start.elapsed() > PATIENCE {
            return Err(format!("{} of {count} paths were listed", found.looked_at).into());
        }
    }
}

/// Makes so many files, in directories as projects have them.
fn fill(dir: &Path, count: usize) -> Outcome<()> {
    const FOLDERS: [&str; 5] =
        ["src/components/button", "src/components/modal", "src/hooks", "test/unit", "docs"];
    const NAMES: [&str; 5] =
        ["index.tsx", "useEffectOnce.ts", "modal.test.tsx", "main.rs", "README.md"];
    let each = FOLDERS.len() * NAMES.len();
    for package in 0..count / each {
        for folder in FOLDERS {
            let folder = dir.join(format!("packages/p{package}/{folder}"));
            fs::create_dir_all(&folder)?;
            for name in NAMES {
                fs::File::create(folder.join(name))?;
            }
        }
    }
    Ok(())
}
