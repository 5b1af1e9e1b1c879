//! The engine: opened, told of, and opened again when it ends.

use std::sync::Arc;
use std::time::Duration;

use orchestrator::seam::{EngineHandle, Program};
use orchestrator::transport::Asker;

use super::room::{Room, Standing};
use super::{EngineState, News, world};

/// Between two attempts after an engine has ended by itself.
const AGAIN: Duration = Duration::from_millis(500);

/// Opens the engine and follows what happens in it, for as long as the window is there.
///
/// An engine that can't be opened is not tried again by itself: a person has to mend what is wrong first.
pub(super) async fn keep_open(room: Arc<Room>, program: Program) {
    let mut wanted = room.standing.subscribe();
    loop {
        room.teller.tell(News::Engine(EngineState::Opening)).await;
        let asker = Arc::clone(&room.questions) as Arc<dyn Asker>;
        let opened = room.setup.open_engine(program.clone(), Some(asker)).await;
        match opened {
            Ok(engine) => {
                room.standing.send_replace(Standing::Open(engine.clone()));
                follow(&room, &engine).await;
                if room.teller.is_over() {
                    return;
                }
                room.standing.send_replace(Standing::Opening);
                room.teller.tell(News::Engine(EngineState::Gone)).await;
                // What is left of it gives its lock back first.
                engine.shutdown().await;
                tokio::time::sleep(AGAIN).await; // wait: an engine that dies at once must not spin
            }
            Err(failure) => {
                room.standing.send_replace(Standing::Failed(failure.clone()));
                room.teller.tell(News::Engine(EngineState::Failed(failure))).await;
                wanted.mark_unchanged();
                let again = wanted.wait_for(|standing| matches!(standing, Standing::Opening)).await;
                if again.is_err() {
                    return;
                }
            }
        }
    }
}

/// Follows sessions, connections and questions until the engine ends.
async fn follow(room: &Arc<Room>, engine: &EngineHandle) {
    let mut moves = engine.moves();
    room.teller.tell(News::Engine(EngineState::Open(engine.whereabouts()))).await;
    let moving = async {
        while let Some(now) = moves.next().await {
            room.teller.tell(News::Engine(EngineState::Open(now))).await;
        }
        // It moves no more: the others say when it has ended.
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = moving => {}
        ended = world::follow(room, engine) => tell(room, "sessions", ended).await,
        ended = world::follow_connections(room, engine) => tell(room, "connections", ended).await,
        ended = world::follow_operations(room, engine) => tell(room, "operations", ended).await,
    }
}

async fn tell(room: &Room, what: &str, ended: Result<(), orchestrator::failure::Failure>) {
    match ended {
        Ok(()) => tracing::warn!("the engine has ended: its {what} are told no more"),
        Err(failure) => {
            tracing::error!("the engine tells of its {what} no more: {failure}");
            room.teller.tell(News::Trouble(failure)).await;
        }
    }
}
