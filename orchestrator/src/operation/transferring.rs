//! Transfers: they go on in this process, and after a restart where they were.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;

use super::drive::{Driver, Ending};
use super::follow::is_asked_to_stop;
use crate::failure::{Code, Failure};
use crate::host::Reached;
use crate::seam::{FilePath, OperationState, Work};
use crate::store::OperationRecord;
use crate::transfer::{self, Cancel, News, Report, Terms};

/// Whether a transfer can be begun.
///
/// # Errors
///
/// `usage` for a path of this machine that isn't absolute: the engine's process is nobody's place.
pub(super) fn check(work: &Work) -> Result<(), Failure> {
    let Some(Ends { local, .. }) = Ends::of(work) else { return Ok(()) };
    if local.bytes().starts_with(b"/") {
        return Ok(());
    }
    Err(Failure::new(Code::Usage, format!("{local} is no absolute path of this machine"))
        .hint("Begin it with /"))
}

/// A transfer's ends.
struct Ends<'a> {
    local: &'a FilePath,
    remote: &'a FilePath,
    replace: bool,
    outside: bool,
    is_upload: bool,
}

impl<'a> Ends<'a> {
    fn of(work: &'a Work) -> Option<Self> {
        match work {
            Work::Upload { local, remote, replace, outside, .. } => {
                let (replace, outside) = (*replace, *outside);
                Some(Self { local, remote, replace, outside, is_upload: true })
            }
            // Whoever may read it may fetch it.
            Work::Download { local, remote, replace, .. } => {
                let replace = *replace;
                Some(Self { local, remote, replace, outside: true, is_upload: false })
            }
            Work::Push { .. }
            | Work::Pull { .. }
            | Work::Fetch { .. }
            | Work::AddWorktree(_)
            | Work::PullRequest { .. }
            | Work::Line { .. } => None,
        }
    }
}

impl Driver<'_> {
    /// Carries a transfer to its end.
    pub(super) async fn transfer(
        &mut self,
        record: OperationRecord,
        reached: &Reached,
    ) -> Result<Result<OperationState, Failure>, Ending> {
        if self.is_stopping() {
            return Ok(Ok(OperationState::Stopped));
        }
        let ends = Ends::of(&record.operation.work);
        let Some(Ends { local, remote, replace, outside, is_upload }) = ends else {
            return Ok(Err(Failure::new(Code::Internal, "this is no transfer")));
        };
        // One that a former engine has begun waits for its host, as one does whose link was lost.
        let patient = record.operation.state != OperationState::Waiting;
        if let Err(why) =
            self.shop.change(self.id, |one| one.operation.state = OperationState::Running).await
        {
            return Ok(Err(why));
        }
        let cancel = Cancel::default();
        let (shop, id) = (Arc::clone(self.shop), self.id.to_owned());
        let report = Report::to(move |news| match news {
            News::Progress(progress) => shop.board.progress(&id, progress),
            News::Away(why) => shop.away(&id, &why),
            News::Back => shop.back(&id),
        });
        let terms = Terms { replace, outside, patient, report, cancel: cancel.clone() };
        let local = Path::new(std::ffi::OsStr::from_bytes(local.bytes()));
        let carried = async {
            if is_upload {
                transfer::upload(reached, local, remote, &terms).await
            } else {
                transfer::download(reached, remote, local, &terms).await
            }
        };
        let mut carried = Box::pin(carried);
        let (mut stop, mut may_be_stopped) = (self.stop.clone(), true);
        let ended = loop {
            tokio::select! {
                ended = &mut carried => break ended,
                is_asked = is_asked_to_stop(&mut stop), if may_be_stopped => {
                    may_be_stopped = false;
                    if is_asked {
                        cancel.cancel();
                    }
                }
                // What has arrived stays: the next engine goes on from there.
                () = self.shop.ended() => return Err(Ending),
            }
        };
        Ok(match ended {
            Ok(outcome) => Ok(OperationState::Done { outcome }),
            Err(why) if why.code == Code::Cancelled && self.is_stopping() => {
                Ok(OperationState::Stopped)
            }
            Err(why) => Err(why),
        })
    }
}
