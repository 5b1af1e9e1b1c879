//! Who answers what reaching a host takes a person for: the front ends that follow connections, or else the one that hosts the
//! engine.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use tokio::sync::{oneshot, watch};

use crate::failure::{Code, Failure};
use crate::seam::{HostQuestion, HostQuestionKind, QuestionId, Secret};
use crate::transport::{Asker, Question, QuestionKind};

/// The questions that wait. Clones share them.
///
/// An answer goes from who gives it to who asked, and stays nowhere.
#[derive(Clone)]
pub(crate) struct QuestionDesk {
    inner: Arc<Inner>,
}

struct Inner {
    /// Who is asked while nobody follows.
    own: Option<Arc<dyn Asker>>,
    waiting: Mutex<Waiting>,
    /// All that wait, whenever they change.
    told: watch::Sender<Vec<HostQuestion>>,
}

#[derive(Default)]
struct Waiting {
    followers: usize,
    /// In the order of asking.
    open: Vec<Open>,
}

struct Open {
    question: HostQuestion,
    said: oneshot::Sender<Option<Secret>>,
}

impl fmt::Debug for QuestionDesk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QuestionDesk")
            .field("own", &self.inner.own)
            .field("told", &self.inner.told)
            .finish_non_exhaustive()
    }
}

/// Somebody who answers questions; when the last one goes, what waits is put to the front end that hosts the engine.
#[derive(Debug)]
pub(super) struct Following {
    desk: QuestionDesk,
    declines: bool,
    /// All that wait.
    pub(super) questions: watch::Receiver<Vec<HostQuestion>>,
}

impl QuestionDesk {
    /// One with `own` for as long as nobody follows.
    pub(crate) fn new(own: Option<Arc<dyn Asker>>) -> Self {
        let (told, _) = watch::channel(Vec::new());
        Self { inner: Arc::new(Inner { own, waiting: Mutex::default(), told }) }
    }

    /// Sees all questions and may answer them, until it is dropped.
    pub(super) fn follow(&self) -> Following {
        self.waiting().followers += 1;
        Following { desk: self.clone(), declines: false, questions: self.inner.told.subscribe() }
    }

    /// Answers a question; of two answers the first counts. `None`: the person declined.
    ///
    /// # Errors
    ///
    /// [`Code::NotFound`] when nobody waits for it any more.
    pub(crate) fn answer(&self, id: &QuestionId, answer: Option<Secret>) -> Result<(), Failure> {
        let gone = || {
            Failure::new(Code::NotFound, format!("nobody waits for an answer to question {id}"))
                .hint("It was answered already, or its connection was given up")
        };
        let open = self.take(id).ok_or_else(gone)?;
        open.said.send(answer).map_err(|_| gone())
    }

    /// Puts a question to those who follow; `None` where nobody does.
    fn put(&self, question: &Question) -> Option<Put> {
        let (said, answer) = oneshot::channel();
        let question = shown(question);
        let id = question.id.clone();
        let mut waiting = self.waiting();
        if waiting.followers == 0 {
            return None;
        }
        waiting.open.push(Open { question, said });
        self.tell(&waiting);
        Some(Put { desk: self.clone(), id, answer })
    }

    fn take(&self, id: &QuestionId) -> Option<Open> {
        let mut waiting = self.waiting();
        let at = waiting.open.iter().position(|open| open.question.id == *id)?;
        let open = waiting.open.remove(at);
        self.tell(&waiting);
        Some(open)
    }

    /// Under the lock, so that nobody hears of an older state last.
    fn tell(&self, waiting: &Waiting) {
        self.inner
            .told
            .send_replace(waiting.open.iter().map(|open| open.question.clone()).collect());
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.inner.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Following {
    /// When this was the last one to follow, what waits is asked nobody else.
    pub(super) fn decline(mut self) {
        self.declines = true;
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        let mut waiting = self.desk.waiting();
        waiting.followers -= 1;
        if waiting.followers == 0 && !waiting.open.is_empty() {
            for open in std::mem::take(&mut waiting.open) {
                // Without its sender, who waits asks elsewhere.
                if self.declines {
                    open.said.send(None).ok(); // Its attempt may just have been given up.
                }
            }
            self.desk.tell(&waiting);
        }
    }
}

/// A question that waits; it is taken away when nobody waits for its answer any more.
struct Put {
    desk: QuestionDesk,
    id: QuestionId,
    answer: oneshot::Receiver<Option<Secret>>,
}

impl Drop for Put {
    fn drop(&mut self) {
        drop(self.desk.take(&self.id));
    }
}

#[async_trait]
impl Asker for QuestionDesk {
    async fn ask(&self, question: Question) -> Option<String> {
        if let Some(mut put) = self.put(&question)
            && let Ok(answer) = (&mut put.answer).await
        {
            return answer.map(|Secret(answer)| answer);
        }
        self.inner.own.as_ref()?.ask(question).await
    }
}

fn shown(question: &Question) -> HostQuestion {
    let Question { host, kind, text, secret } = question;
    let kind = match kind.clone() {
        QuestionKind::HostKey { fingerprint } => HostQuestionKind::HostKey { fingerprint },
        QuestionKind::Passphrase { key } => HostQuestionKind::Passphrase { key },
        QuestionKind::Password => HostQuestionKind::Password,
        QuestionKind::Code => HostQuestionKind::Code,
        QuestionKind::Touch => HostQuestionKind::Touch,
        QuestionKind::Other => HostQuestionKind::Other,
    };
    HostQuestion {
        id: QuestionId::random(),
        host: host.to_string(),
        kind,
        text: text.clone(),
        secret: *secret,
    }
}

#[cfg(test)]
#[path = "questions_tests.rs"]
mod tests;
