#![allow(clippy::unwrap_used, clippy::panic)]

use std::time::Duration;

use super::*;
use crate::host::HostId;

/// The front end that hosts the engine, which says `own`.
#[derive(Debug)]
struct Own;

#[async_trait]
impl Asker for Own {
    async fn ask(&self, _: Question) -> Option<String> {
        Some("own".into())
    }
}

fn question() -> Question {
    Question {
        host: HostId::new("box"),
        kind: QuestionKind::Password,
        text: "ada@box's password:".into(),
        secret: true,
    }
}

fn asked(desk: &QuestionDesk) -> tokio::task::JoinHandle<Option<String>> {
    let desk = desk.clone();
    tokio::spawn(async move { desk.ask(question()).await })
}

/// The questions once there are so many.
async fn waiting(following: &mut Following, count: usize) -> Vec<HostQuestion> {
    let so_many = following.questions.wait_for(|all| all.len() == count);
    tokio::time::timeout(Duration::from_secs(20), so_many).await.unwrap().unwrap().clone()
}

#[tokio::test]
async fn while_nobody_follows_the_front_end_that_hosts_the_engine_is_asked() {
    assert_eq!(
        QuestionDesk::new(Some(Arc::new(Own))).ask(question()).await.as_deref(),
        Some("own")
    );
    assert_eq!(QuestionDesk::new(None).ask(question()).await, None);
}

#[tokio::test]
async fn who_follows_is_asked_and_the_first_answer_counts() {
    let desk = QuestionDesk::new(Some(Arc::new(Own)));
    let (mut one, mut two) = (desk.follow(), desk.follow());
    let answer = asked(&desk);
    let seen = waiting(&mut one, 1).await;
    assert_eq!(waiting(&mut two, 1).await, seen);
    assert_eq!((&*seen[0].host, &seen[0].kind), ("box", &HostQuestionKind::Password));
    let told = Some(Secret("s3cret".into()));
    assert!(!format!("{desk:?} {told:?} {seen:?}").contains("s3cret"));
    desk.answer(&seen[0].id, told).unwrap();
    let late = desk.answer(&seen[0].id, None).unwrap_err();
    assert_eq!(late.code, Code::NotFound);
    assert_eq!(answer.await.unwrap().as_deref(), Some("s3cret"));
    assert_eq!(waiting(&mut two, 0).await, []);
}

#[tokio::test]
async fn who_declines_is_not_asked_elsewhere() {
    let desk = QuestionDesk::new(Some(Arc::new(Own)));
    let mut following = desk.follow();
    let answer = asked(&desk);
    let seen = waiting(&mut following, 1).await;
    desk.answer(&seen[0].id, None).unwrap();
    assert_eq!(answer.await.unwrap(), None);
}

#[tokio::test]
async fn when_the_last_follower_goes_a_question_that_waits_goes_to_the_one_who_hosts() {
    for (own, wanted) in [(Some(Arc::new(Own) as Arc<dyn Asker>), Some("own")), (None, None)] {
        let desk = QuestionDesk::new(own);
        let (mut one, two) = (desk.follow(), desk.follow());
        let answer = asked(&desk);
        waiting(&mut one, 1).await;
        drop(two);
        assert_eq!(one.questions.borrow().len(), 1);
        drop(one);
        assert_eq!(answer.await.unwrap().as_deref(), wanted);
        let mut later = desk.follow();
        assert_eq!(waiting(&mut later, 0).await, []);
    }
}

#[tokio::test]
async fn a_question_of_an_attempt_that_was_given_up_is_taken_away() {
    let desk = QuestionDesk::new(None);
    let mut following = desk.follow();
    let answer = asked(&desk);
    waiting(&mut following, 1).await;
    answer.abort();
    assert_eq!(waiting(&mut following, 0).await, []);
}

#[tokio::test]
async fn when_the_engine_ends_what_waits_is_declined() {
    let desk = QuestionDesk::new(Some(Arc::new(Own)));
    let mut following = desk.follow();
    let answer = asked(&desk);
    waiting(&mut following, 1).await;
    following.decline();
    assert_eq!(answer.await.unwrap(), None);
}
