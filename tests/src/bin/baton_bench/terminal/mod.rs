//! Terminals: from a key to its echo, a flood, and the view's frames.

mod echo;
mod flood;
mod frames;
mod shell;

use crate::bed::Bed;
use crate::desk::Desk;
use crate::table::Row;
use crate::{Outcome, Scale};

/// Measures all of it.
pub async fn measure(bed: &Bed, scale: Scale) -> Outcome<Vec<Row>> {
    let desk = Desk::new(bed.config(), &["dev"]).await?;
    let mut rows = echo::measure(bed, &desk, scale).await?;
    rows.extend(flood::measure(bed, &desk, scale).await?);
    if !bed.is_far() {
        rows.extend(frames::measure(scale)?);
    }
    desk.stop().await;
    Ok(rows)
}
