//! One operation as it is watched: how it stands, and what it prints.

use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{
    Delivery, Operation, OperationOutput, Seam, Subscribe, Subscription, Watch,
};

/// What is new.
#[derive(Debug)]
pub enum News {
    /// It has printed something.
    Printed(OperationOutput),
    /// It stands otherwise, and isn't over.
    Stands(Box<Operation>),
    /// It is over, and all that it printed was told.
    Over(Box<Operation>),
    /// Somebody had it forgotten.
    Forgotten,
    /// What it prints can't be told; how it stands still is.
    Unreadable(Failure),
}

/// A watched operation.
#[derive(Debug)]
pub struct Watched {
    id: String,
    states: Subscription,
    /// Ends with the operation's end, behind the last piece.
    printed: Option<Subscription>,
}

impl Watched {
    /// Watches it, from the first byte of its output that is kept.
    ///
    /// # Errors
    ///
    /// When there is none, or no engine.
    pub async fn new(seam: &dyn Seam, id: &str) -> Result<Self, Failure> {
        let watch = |watch| Subscribe { watch: Some(watch), ..Subscribe::default() };
        let states = seam.subscribe(watch(Watch::Operations)).await?;
        let output = Watch::Output { id: id.to_owned(), offset: 0 };
        let printed = Some(seam.subscribe(watch(output)).await?);
        Ok(Self { id: id.to_owned(), states, printed })
    }

    /// Waits for what is new. Nothing is lost where it isn't waited for to the end.
    ///
    /// # Errors
    ///
    /// When the engine is gone: the operation goes on.
    pub async fn next(&mut self) -> Result<News, Failure> {
        let Self { id, states, printed } = self;
        loop {
            let has_output = printed.is_some();
            let piece = async {
                match printed.as_mut() {
                    Some(printed) => printed.next().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                delivery = piece => match delivery {
                    Some(Ok(Delivery::Output(piece))) => return Ok(News::Printed(piece)),
                    Some(Ok(Delivery::Operation(over))) => return Ok(News::Over(over)),
                    Some(Ok(Delivery::Forgotten { .. })) => return Ok(News::Forgotten),
                    Some(Ok(_)) => {}
                    Some(Err(failure)) => {
                        *printed = None;
                        return Ok(News::Unreadable(failure));
                    }
                    None => *printed = None,
                },
                delivery = states.next() => match delivery {
                    Some(Ok(Delivery::Operation(now))) if now.id == *id => {
                        if !now.state.is_over() {
                            return Ok(News::Stands(now));
                        }
                        // Its end comes once more, behind the last piece of its output.
                        if !has_output {
                            return Ok(News::Over(now));
                        }
                    }
                    Some(Ok(Delivery::Forgotten { operation })) if operation == *id => {
                        return Ok(News::Forgotten);
                    }
                    Some(Ok(_)) => {}
                    Some(Err(failure)) => return Err(failure),
                    None => return Err(Failure::new(Code::Internal, "the engine has ended")),
                },
            }
        }
    }
}
