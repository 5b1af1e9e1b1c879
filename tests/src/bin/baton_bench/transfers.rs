//! A large file to a host and back, beside scp.
//!
//! What arrives by ours is written out and then takes its name, whole; scp leaves it to the system when it is written. So scp is shown
//! also with a sync of the file behind it.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Instant;

use futures::FutureExt;
use orchestrator::seam::{
    Command, Delivery, FilePath, OperationCommand, OperationReply, OperationState, Reply,
    Subscribe, Watch, Work,
};

use crate::bed::{ALIAS, Bed};
use crate::desk::Desk;
use crate::files::at;
use crate::plain::PlainMaster;
use crate::rounds::{Method, take_turns};
use crate::table::Row;
use crate::{Outcome, Scale};

/// What is carried, in MiB.
const MIB: u64 = 256;
/// What ours must carry at least of what scp carries.
const MARK: f64 = 0.9;

/// Where it comes from and where it goes to; the host is this machine.
struct Place {
    dir: tempfile::TempDir,
    mib: u64,
}

/// Measures both directions.
pub async fn measure(bed: &Bed, scale: Scale) -> Outcome<Vec<Row>> {
    let mib = match (bed.is_far(), scale.quick) {
        (_, false) => MIB,
        (false, true) => MIB / 4,
        (true, true) => MIB / 16,
    };
    let place = &Place::new(mib)?;
    let desk = &Desk::new(bed.config(), &[ALIAS]).await?;
    let plain = &PlainMaster::start(bed.config()).await?;
    let mut rows = Vec::new();
    for (what, up) in [("to the host", true), ("from the host", false)] {
        let methods = [
            Method::new("ours", move || ours(desk, place, up).boxed()),
            Method::new("scp", move || scp(plain, place, up, false).boxed()),
            Method::new("scp, then sync", move || scp(plain, place, up, true).boxed()),
        ];
        let samples = take_turns(scale.share(8), &methods).await?;
        let [ours, scp, synced] = &samples[..] else { return Err("a method is missing".into()) };
        let ratio = ours.ratio_to(scp);
        rows.push(Row {
            what: format!("{mib} MiB {what}"),
            ours: ours.spread("MiB/s"),
            ssh: format!("{} (scp)", scp.spread("MiB/s")),
            ratio: Some(ratio),
            mark: Some((format!("≥ {MARK}"), ratio >= MARK)),
        });
        rows.push(Row {
            what: "the same, where scp's file is written out, too".into(),
            ours: String::new(),
            ssh: format!("{} (scp, sync)", synced.spread("MiB/s")),
            ratio: Some(ours.ratio_to(synced)),
            mark: None,
        });
    }
    desk.stop().await;
    Ok(rows)
}

impl Place {
    fn new(mib: u64) -> Outcome<Self> {
        let dir = tempfile::tempdir()?;
        let mut file = File::create(dir.path().join("from"))?;
        let mut random = fastrand::Rng::with_seed(6);
        let mut piece = vec![0; 1 << 20];
        for _ in 0..mib {
            random.fill(&mut piece);
            file.write_all(&piece)?;
        }
        file.sync_all()?;
        Ok(Self { dir, mib })
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.dir.path().join(name)
    }

    /// Nothing is there, and no disk is busy with what somebody else has left to be written.
    async fn begin(&self) -> Outcome<Instant> {
        let to = self.path("to");
        let cleared = tokio::task::spawn_blocking(move || {
            let removed = fs::remove_file(to);
            rustix::fs::sync();
            removed
        });
        match cleared.await? {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
            Ok(()) | Err(_) => Ok(Instant::now()),
        }
    }

    /// How quick it was, in MiB/s.
    fn end(&self, start: Instant) -> Outcome<f64> {
        let took = start.elapsed().as_secs_f64();
        let came = self.path("to").metadata()?.len();
        if came != self.mib << 20 {
            return Err(format!("{came} bytes came of {} MiB", self.mib).into());
        }
        Ok(self.mib as f64 / took)
    }
}

/// As a person begins it, from the wish to its end.
async fn ours(desk: &Desk, place: &Place, up: bool) -> Outcome<f64> {
    let path = |name| FilePath(place.path(name).as_os_str().as_bytes().to_vec());
    let (from, to) = (path("from"), path("to"));
    let work = if up {
        Work::Upload { at: at(), local: from, remote: to, replace: false, outside: true }
    } else {
        Work::Download { at: at(), remote: from, local: to, replace: false }
    };
    let wanted = Subscribe { watch: Some(Watch::Operations), ..Subscribe::default() };
    let mut news = desk.subscribe(wanted).await?;
    let start = place.begin().await?;
    let begun = desk.command(Command::Operation(OperationCommand::Start(work))).await?;
    let Reply::Operation(OperationReply::Operation(begun)) = begun else {
        return Err("the transfer was not begun".into());
    };
    loop {
        match news.next().await {
            Some(Ok(Delivery::Operation(now))) if now.id == begun.id => match now.state {
                OperationState::Done { .. } => return place.end(start),
                OperationState::Failed { why } => return Err(why.into()),
                OperationState::Waiting
                | OperationState::Running
                | OperationState::Away { .. }
                | OperationState::Stopped => {}
            },
            Some(Ok(_)) => {}
            Some(Err(failure)) => return Err(failure.into()),
            None => return Err("the engine has ended".into()),
        }
    }
}

async fn scp(plain: &PlainMaster, place: &Place, up: bool, sync: bool) -> Outcome<f64> {
    let there = |path: &Path| format!("{ALIAS}:{}", path.display());
    let here = |path: &Path| path.display().to_string();
    let (from, to) = (place.path("from"), place.path("to"));
    let (from, to_word) = if up { (here(&from), there(&to)) } else { (there(&from), here(&to)) };
    let start = place.begin().await?;
    let status = plain.scp().args([from, to_word]).status().await?;
    if !status.success() {
        return Err(format!("scp ended with {status}").into());
    }
    if sync {
        tokio::task::spawn_blocking(move || File::open(to)?.sync_all()).await??;
    }
    place.end(start)
}
