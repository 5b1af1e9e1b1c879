//! Questions of tests that are made here, beside the engine.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use orchestrator::seam::{HostQuestion, HostQuestionKind, QuestionId, Secret};
use orchestrator::transport::{Asker, Question, QuestionKind};
use tokio::sync::oneshot;

use super::News;
use super::notices::{Notice, Notices};
use super::teller::Teller;

/// What waits for a person.
#[derive(Debug)]
pub(super) struct LocalQuestions {
    teller: Teller,
    notices: Arc<Notices>,
    waiting: Mutex<Vec<Waiting>>,
}

#[derive(Debug)]
struct Waiting {
    question: HostQuestion,
    answer: Option<oneshot::Sender<Option<String>>>,
}

impl LocalQuestions {
    pub fn new(teller: Teller, notices: Arc<Notices>) -> Self {
        Self { teller, notices, waiting: Mutex::default() }
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, Vec<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn tell(&self) {
        let all = self.waiting().iter().map(|waiting| waiting.question.clone()).collect();
        self.teller.tell(News::Questions { local: true, all }).await;
    }

    /// Answers one of ours; `false` when it is none.
    pub async fn answer(&self, id: &QuestionId, answer: Option<&Secret>) -> bool {
        let found = {
            let mut waiting = self.waiting();
            let at = waiting.iter().position(|waiting| waiting.question.id == *id);
            at.map(|at| waiting.remove(at))
        };
        let Some(found) = found else { return false };
        if let Some(sender) = found.answer {
            let said = answer.map(|answer| answer.0.clone());
            // Who asked may have given up.
            sender.send(said).ok(); // Nobody waits: nothing is lost.
        }
        self.tell().await;
        true
    }
}

/// Takes the question away when whoever asked has given up.
struct Asked<'a> {
    of: &'a LocalQuestions,
    id: QuestionId,
}

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        self.of.waiting().retain(|waiting| waiting.question.id != self.id);
        let teller = self.of.teller.clone();
        let all = self.of.waiting().iter().map(|waiting| waiting.question.clone()).collect();
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move { teller.tell(News::Questions { local: true, all }).await });
        }
    }
}

#[async_trait]
impl Asker for LocalQuestions {
    async fn ask(&self, question: Question) -> Option<String> {
        let (sender, answer) = oneshot::channel();
        let id = QuestionId::random();
        let Question { host, kind, text, secret } = question;
        let question = HostQuestion {
            id: id.clone(),
            host: host.to_string(),
            kind: shown(kind),
            text,
            secret,
        };
        self.notices.tell(Notice::of_question(&question));
        self.waiting().push(Waiting { question, answer: Some(sender) });
        let asked = Asked { of: self, id };
        self.tell().await;
        let said = answer.await.ok().flatten(); // Its sender is gone: the window is being closed.
        drop(asked);
        said
    }
}

fn shown(kind: QuestionKind) -> HostQuestionKind {
    match kind {
        QuestionKind::HostKey { fingerprint } => HostQuestionKind::HostKey { fingerprint },
        QuestionKind::Passphrase { key } => HostQuestionKind::Passphrase { key },
        QuestionKind::Password => HostQuestionKind::Password,
        QuestionKind::Code => HostQuestionKind::Code,
        QuestionKind::Touch => HostQuestionKind::Touch,
        QuestionKind::Other => HostQuestionKind::Other,
    }
}
