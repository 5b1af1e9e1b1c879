use std::pin::pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Wake, Waker};

use super::*;
use crate::transport::local::{Local, LocalSettings};

/// How often somebody was woken.
#[derive(Default)]
struct Wakes(AtomicU32);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_wakes_the_driver_of_an_open_connection_that_nobody_holds() {
    let host = HostId::new("local");
    let settings = LocalSettings { shell: "/bin/sh".into(), home: "/".into(), env: Vec::new() };
    let (lost_sender, lost) = mpsc::channel(4);
    let pool = Pool::new(host.clone(), Arc::new(Local::new(settings)), lost_sender);
    let shells = Shells::new(host.clone(), Arc::clone(&pool), Duration::from_secs(1));
    let (held, holders) = watch::channel(0);
    let (_messages, inbox) = mpsc::channel(4);
    let (state, _states) = watch::channel(State::Connected);
    let sign_interval = Duration::from_secs(5);
    let next_try = Arc::default();
    let actor = Actor { host, pool, shells, state, next_try, held: holders, lost, sign_interval };

    let wakes = Arc::new(Wakes::default());
    let waker = Waker::from(Arc::clone(&wakes));
    let woken = || wakes.0.swap(0, Ordering::Relaxed) > 0;
    let mut context = Context::from_waker(&waker);
    let mut run = pin!(actor.run(inbox));
    assert!(run.as_mut().poll(&mut context).is_pending());
    tokio::time::advance(Duration::from_secs(60)).await;
    assert!(!woken(), "it ticks though nobody looks");

    held.send_modify(|held| *held += 1);
    assert!(woken());
    assert!(run.as_mut().poll(&mut context).is_pending());
    tokio::time::advance(sign_interval - Duration::from_secs(1)).await;
    assert!(!woken(), "the first sign is asked for after a pause");
    tokio::time::advance(Duration::from_secs(1)).await;
    assert!(woken(), "whoever holds it wants to know whether the host lives");

    held.send_modify(|held| *held -= 1);
    assert!(run.as_mut().poll(&mut context).is_pending());
    woken();
    tokio::time::advance(Duration::from_secs(60)).await;
    assert!(!woken(), "it ticks on");
}
