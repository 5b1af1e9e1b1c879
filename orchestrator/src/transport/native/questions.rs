//! Puts questions to a person, and lets the server's time limits rest while they think.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use crate::host::HostId;
use crate::transport::{Asker, Question, QuestionKind};

/// The way to the person, for one connection that is being made. Clones share the time limit.
#[derive(Clone, Debug)]
pub(super) struct Questions {
    host: HostId,
    asker: Option<Arc<dyn Asker>>,
    patience: Arc<watch::Sender<Patience>>,
}

#[derive(Clone, Copy, Debug)]
struct Patience {
    /// How long the server may take.
    allowed: Duration,
    /// Until when; `None` while a person thinks.
    until: Option<Instant>,
    /// Nobody wants the connection any more.
    given_up: bool,
}

impl Questions {
    /// Without an `asker` every question goes unanswered. The server has `allowed` from now on.
    pub(super) fn new(host: HostId, asker: Option<Arc<dyn Asker>>, allowed: Duration) -> Self {
        let until = Some(Instant::now() + allowed);
        let patience = Patience { allowed, until, given_up: false };
        Self { host, asker, patience: Arc::new(watch::Sender::new(patience)) }
    }

    /// Gives the server that long, from now on and again after each answer.
    pub(super) fn allow(&self, allowed: Duration) {
        self.patience.send_modify(|patience| {
            patience.allowed = allowed;
            patience.until = Some(Instant::now() + allowed);
        });
    }

    /// Ends every question that is open. russh's session would wait for the answer for ever.
    pub(super) fn give_up(&self) {
        self.patience.send_modify(|patience| patience.given_up = true);
    }

    /// Waits until the server has used up its time.
    pub(super) async fn patience_ends(&self) {
        let mut changes = self.patience.subscribe();
        loop {
            let until = changes.borrow_and_update().until;
            let changed = async {
                // The sender lives as long as `self`.
                if changes.changed().await.is_err() {
                    std::future::pending::<()>().await;
                }
            };
            match until {
                None => changed.await,
                Some(until) => tokio::select! {
                    () = changed => {}
                    () = sleep_until(until) => return,
                },
            }
        }
    }

    /// Asks; `None` when nobody is there or the person declined.
    pub(super) async fn ask(
        &self,
        kind: QuestionKind,
        text: String,
        secret: bool,
    ) -> Option<String> {
        let asker = self.asker.as_ref()?;
        self.patience.send_modify(|patience| patience.until = None);
        let question = Question { host: self.host.clone(), kind, text, secret };
        let mut changes = self.patience.subscribe();
        let answer = tokio::select! {
            answer = asker.ask(question) => answer,
            _ = changes.wait_for(|patience| patience.given_up) => None,
        };
        self.patience
            .send_modify(|patience| patience.until = Some(Instant::now() + patience.allowed));
        answer
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use async_trait::async_trait;

    use super::*;

    #[derive(Debug)]
    struct Slow(Duration);

    #[async_trait]
    impl Asker for Slow {
        async fn ask(&self, question: Question) -> Option<String> {
            tokio::time::sleep(self.0).await;
            Some(question.text)
        }
    }

    #[tokio::test(flavor = "current_thread", start_paused = true)]
    async fn a_person_who_thinks_for_long_uses_up_nobodys_time() {
        let slow = Arc::new(Slow(Duration::from_secs(3600)));
        let questions = Questions::new(HostId::new("box"), Some(slow), Duration::from_secs(10));
        let begun = Instant::now();
        let thinking = tokio::select! {
            answer = questions.ask(QuestionKind::Code, "q".into(), true) => answer,
            () = questions.patience_ends() => None,
        };
        assert_eq!(thinking.as_deref(), Some("q"));
        questions.patience_ends().await;
        assert_eq!(begun.elapsed().as_secs(), 3610);
    }
}
