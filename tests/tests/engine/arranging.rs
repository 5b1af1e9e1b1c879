//! Tabs that are named and put into an order, and messages that are put back.

use std::fs;

use baton_tests::AgentHost;
use orchestrator::failure::Code;
use orchestrator::seam::{
    Command, EventBody, Image, NewMessage, Query, Reply, Session, SessionId, TabChoice,
};

use crate::desk::{Desk, Laptop, Sent, message};

fn names(session: &Session) -> Vec<&str> {
    session.tabs.iter().map(|tab| tab.name.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn tabs_keep_their_names_and_their_order_over_a_restart_and_work_on() {
    let machine = AgentHost::start().with_scripted("codex");
    let laptop = Laptop::new(&machine);
    let desk = laptop.engine().await;
    let id = desk.session("codex", &machine).await.id;
    // Another session's tabs stand in between and stay where they are.
    let other = desk.session("codex", &machine).await.id;
    for at in 0..4 {
        let of = if at % 2 == 0 { &id } else { &other };
        let sent = desk.try_send(of, TabChoice::New, message("print x")).await.unwrap();
        desk.end_of(&sent).await.is_done();
    }
    let tab = desk.show(&id).await.tabs[2].id.clone();
    let before = Some(desk.show(&id).await.tabs[0].id.clone());
    let name = Some("parser".to_owned());
    let session = id.clone();
    desk.command(Command::RenameTab { session, tab: tab.clone(), name }).await.unwrap();
    desk.command(Command::MoveTab { session: id.clone(), tab, before }).await.unwrap();
    assert_eq!(names(&desk.show(&id).await), ["parser", "1", "2"]);
    desk.stop().await;
    let desk = laptop.engine().await;
    assert_eq!(names(&desk.show(&id).await), ["parser", "1", "2"]);
    assert_eq!(names(&desk.show(&other).await), ["1", "2", "3"]);
    let tab = desk.show(&id).await.tabs[0].id.clone();
    let sent = desk.try_send(&id, TabChoice::Id(tab), message("session")).await.unwrap();
    assert!(desk.end_of(&sent).await.is_done().texts()[0].starts_with("resumed "));
    desk.stop().await;
}

async fn images(desk: &Desk, session: &SessionId, sent: &Sent) -> Vec<Image> {
    let wanted = Query::Images { session: session.clone(), message: sent.message.clone() };
    match desk.query(wanted).await {
        Reply::Images(images) => images,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_was_removed_comes_back_with_its_images_also_after_a_restart() {
    let machine = AgentHost::start().with_scripted("codex");
    let laptop = Laptop::new(&machine);
    let desk = laptop.engine().await;
    let id = desk.session("codex", &machine).await.id;
    let gate = machine.project().join("gate");
    let first = desk.send(&id, &format!("wait-for {}", gate.display())).await;
    desk.until(&first, |body| matches!(body, EventBody::TurnLaunched)).await;
    let png = [b"\x89PNG\r\n\x1a\n".as_slice(), &[0; 64]].concat();
    let image = Image { name: "a.png".into(), bytes: png };
    let with_image = NewMessage { images: vec![image.clone()], ..message("print two") };
    let second = desk.try_send(&id, TabChoice::Last, with_image).await.unwrap();
    let third = desk.send(&id, "print three").await;
    let (session, message) = (id.clone(), second.message.clone());
    desk.command(Command::RemoveMessage { session, message }).await.unwrap();
    assert_eq!(desk.show(&id).await.tabs[0].queue.len(), 1);
    desk.stop().await;

    let desk = laptop.engine().await;
    let restore =
        || Command::RestoreMessage { session: id.clone(), message: second.message.clone() };
    desk.command(restore()).await.unwrap();
    let shown = desk.show(&id).await;
    let queue: Vec<_> = shown.tabs[0].queue.iter().map(|message| &message.id).collect();
    assert_eq!(queue, [&second.message, &third.message]);
    assert_eq!(images(&desk, &id, &second).await, [image]);
    assert_eq!(desk.command(restore()).await.unwrap_err().code, Code::NotFound);
    fs::write(&gate, "").unwrap();
    assert_eq!(desk.end_of(&second).await.is_done().texts(), ["two"]);
    assert_eq!(desk.end_of(&third).await.is_done().texts(), ["three"]);
    desk.stop().await;
}
