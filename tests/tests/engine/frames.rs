//! What the engine's socket does with lines that no front end of ours would send.

use std::sync::Arc;
use std::time::Duration;

use baton_tests::ProbeEngine;
use orchestrator::seam::Server;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;

use crate::support::{Dirs, program, snapshot, stored, text, within};

struct Bed {
    dirs: Dirs,
    engine: Arc<ProbeEngine>,
    _server: Server,
}

fn bed(answer_after: Duration) -> Bed {
    let dirs = Dirs::new();
    let engine = ProbeEngine::start(&dirs.data(), answer_after).unwrap();
    let server = Server::start(&dirs.run(), &dirs.data(), engine.clone(), program()).unwrap();
    Bed { dirs, engine, _server: server }
}

struct Wire {
    stream: BufReader<UnixStream>,
}

impl Wire {
    async fn dial(bed: &Bed) -> Self {
        Self { stream: BufReader::new(UnixStream::connect(bed.dirs.socket()).await.unwrap()) }
    }

    async fn greeted(bed: &Bed) -> Self {
        let mut wire = Self::dial(bed).await;
        wire.say(&hello(1, 1)).await;
        assert_eq!(wire.hear().await["type"], "hello");
        wire
    }

    async fn say(&mut self, frame: &Value) {
        self.write(format!("{frame}\n").as_bytes()).await;
    }

    async fn write(&mut self, bytes: &[u8]) {
        self.stream.get_mut().write_all(bytes).await.unwrap();
    }

    async fn hear(&mut self) -> Value {
        let mut line = String::new();
        within(self.stream.read_line(&mut line)).await.unwrap();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"))
    }

    /// Everything until the engine hangs up.
    async fn rest(&mut self) -> String {
        let mut rest = Vec::new();
        match within(self.stream.read_to_end(&mut rest)).await {
            Ok(_) => {}
            // It hung up on bytes that it didn't want to read.
            Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset),
        }
        String::from_utf8(rest).unwrap()
    }

    async fn answer(&mut self, request: Value) -> Value {
        self.say(&request).await;
        self.hear().await
    }
}

fn hello(min: u32, max: u32) -> Value {
    json!({"type": "hello", "protocol": {"min": min, "max": max},
        "client": {"name": "test", "version": "1"}})
}

fn send(id: &str, command: &str, text: &str) -> Value {
    json!({"type": "request", "id": id, "method": "send", "commandId": command, "params": {
        "session": "s", "tab": {"tab": "last"},
        "message": {"prompt": text, "images": [], "read_only": false}}})
}

#[tokio::test]
async fn a_browser_tls_and_noise_are_hung_up_on_and_run_nothing() {
    let bed = bed(Duration::ZERO);
    let order = send("1", "c", "smuggled");
    for first in [
        "POST / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n",
        "\u{16}\u{3}\u{1}\u{2}\0",
        "\n",
        "hello\n",
        "{\"type\":\"greeting\"}\n",
        "{\"type\":\"hello\"}\n",
        "{}\n",
        "[]\n",
        "\0\0\0\0",
    ] {
        let mut wire = Wire::dial(&bed).await;
        let all = format!("{first}{}\n{order}\n", hello(1, 1));
        // It may hang up while we still write.
        wire.stream.get_mut().write_all(all.as_bytes()).await.ok(); // It may be hung up on half-way.
        assert_eq!(wire.rest().await, "", "{first:?}");
    }
    assert_eq!(snapshot(&*bed.engine).await.seq, 0);
}

#[tokio::test]
async fn a_hello_has_64_kib_at_most() {
    let bed = bed(Duration::ZERO);
    let mut wire = Wire::dial(&bed).await;
    let long = format!("{{\"type\":\"hello\",\"x\":\"{}\"", "x".repeat(70 << 10));
    wire.stream.get_mut().write_all(long.as_bytes()).await.ok(); // it may hang up while we still write
    assert_eq!(wire.rest().await, "");
}

#[tokio::test]
async fn who_speaks_another_protocol_hears_which_process_speaks_what() {
    let bed = bed(Duration::ZERO);
    let mut wire = Wire::dial(&bed).await;
    let error = wire.answer(hello(2, 3)).await;
    assert_eq!(error["type"], "error");
    assert_eq!(error["error"]["code"], "unsupported");
    let words = format!(
        "the engine in process {} (test 1) speaks protocol 1, and test 1 speaks 2 to 3",
        std::process::id()
    );
    assert_eq!(error["error"]["message"], words);
    assert_eq!(wire.rest().await, "");
}

#[tokio::test]
async fn a_hello_says_where_the_log_stands_and_how_to_go_on() {
    let bed = bed(Duration::ZERO);
    let mut wire = Wire::greeted(&bed).await;
    for number in 0..3 {
        let id = number.to_string();
        assert_eq!(wire.answer(send(&id, &id, &id)).await["ok"], true);
    }
    let epoch = bed.engine.store().epoch();
    for (resume, mode) in [
        (json!(null), "fresh"),
        (json!({"epoch": epoch, "seq": 2}), "replay"),
        (json!({"epoch": epoch, "seq": 4}), "snapshot"),
        (json!({"epoch": "another", "seq": 2}), "snapshot"),
    ] {
        let mut hello = hello(1, 7);
        hello["resume"] = resume;
        let mut wire = Wire::dial(&bed).await;
        let welcome = wire.answer(hello).await;
        assert_eq!(welcome["mode"], mode);
        assert_eq!(welcome["epoch"], epoch);
        assert_eq!((&welcome["head"], &welcome["oldest"]), (&json!(3), &json!(1)));
        assert_eq!(welcome["server"]["pid"], std::process::id());
        assert_eq!(welcome["limits"]["in_flight"], 64);
    }
}

#[tokio::test]
async fn requests_that_dont_fit_are_refused_one_by_one() {
    let bed = bed(Duration::ZERO);
    let mut wire = Wire::greeted(&bed).await;
    let request = |method: &str, params: Value| json!({"type": "request", "id": "7", "method": method, "params": params});
    for (request, code, words) in [
        (request("teleport", json!({})), "unsupported", "no method `teleport`"),
        (request("events", json!({"since": "hunter2"})), "usage", "`events` don't fit"),
        (request("unsubscribe", json!({})), "usage", "needs a `subscription`"),
        (request("retry_host", json!({"host": "box"})), "usage", "needs a `commandId`"),
    ] {
        let answer = wire.answer(request).await;
        assert_eq!((&answer["type"], &answer["id"]), (&json!("response"), &json!("7")));
        assert_eq!(answer["ok"], false);
        assert_eq!(answer["error"]["code"], code, "{answer}");
        assert!(answer["error"]["message"].as_str().unwrap().contains(words), "{answer}");
        assert!(!answer.to_string().contains("hunter2"), "{answer}");
    }
    let large = request("session", json!({"named": "n".repeat(2 << 20)}));
    assert_eq!(wire.answer(large).await["error"]["code"], "too_large");
    assert_eq!(wire.answer(request("snapshot", json!(null))).await["ok"], true, "it goes on");
}

#[tokio::test]
async fn a_line_that_is_no_request_ends_the_connection_and_runs_nothing_behind_it() {
    let bed = bed(Duration::ZERO);
    for line in ["garbage\n", "{\"type\":\"request\"}\n", "{\"type\":\"shout\"}\n", "{\n"] {
        let mut wire = Wire::greeted(&bed).await;
        let all = format!("{line}{}\n", send("1", "c", "behind it"));
        wire.write(all.as_bytes()).await;
        let rest = wire.rest().await;
        let error: Value = serde_json::from_str(rest.trim()).unwrap();
        assert_eq!(error["error"]["code"], "usage", "{line:?}: {rest}");
    }
    assert_eq!(snapshot(&*bed.engine).await.seq, 0);
}

#[tokio::test]
async fn a_sixty_fifth_request_under_way_is_refused() {
    let bed = bed(Duration::from_millis(1500));
    let mut wire = Wire::greeted(&bed).await;
    for number in 0..70 {
        let id = number.to_string();
        wire.say(&send(&id, &id, &id)).await;
    }
    let mut answers = Vec::new();
    for _ in 0..70 {
        answers.push(wire.hear().await);
    }
    let busy: Vec<_> = answers.iter().filter(|answer| answer["error"]["code"] == "busy").collect();
    assert_eq!(busy.len(), 6);
    assert!(busy.iter().all(|answer| answer["id"].as_str().unwrap().parse::<u32>().unwrap() >= 64));
    assert_eq!(stored(&*bed.engine).await.len(), 64);
}

#[tokio::test]
async fn a_deadline_ends_the_waiting_and_not_the_command() {
    let bed = bed(Duration::from_millis(500));
    let mut wire = Wire::greeted(&bed).await;
    let mut hasty = send("1", "c", "slow");
    hasty["deadlineMs"] = json!(20);
    let answer = wire.answer(hasty).await;
    assert_eq!(answer["error"]["code"], "timed_out");
    let status =
        json!({"type": "request", "id": "2", "method": "command_status", "params": {"id": "c"}});
    let answer = wire.answer(status).await;
    assert_eq!(answer["payload"]["payload"]["Ok"]["reply"], "sent", "{answer}");
    assert_eq!(text(&stored(&*bed.engine).await[0]), "slow");
}

#[tokio::test]
async fn events_name_the_one_before_and_a_subscription_can_be_ended() {
    let bed = bed(Duration::ZERO);
    let mut wire = Wire::greeted(&bed).await;
    for (id, session) in [("1", "mine"), ("2", "other"), ("3", "mine")] {
        let mut order = send(id, id, id);
        order["params"]["session"] = json!(session);
        assert_eq!(wire.answer(order).await["ok"], true);
    }
    let subscribe = json!({"type": "request", "id": "s1", "method": "subscribe",
        "params": {"since": 0, "session": "mine"}});
    assert_eq!(wire.answer(subscribe).await["ok"], true);
    let (first, second, sync) = (wire.hear().await, wire.hear().await, wire.hear().await);
    assert_eq!((&first["seq"], &first["prev"]), (&json!(1), &json!(null)));
    assert_eq!((&second["seq"], &second["prev"]), (&json!(3), &json!(1)));
    assert_eq!(second["event"]["text"], "3");
    assert_eq!((&sync["type"], &sync["seq"]), (&json!("sync"), &json!(3)));
    assert!([&first, &second, &sync].iter().all(|frame| frame["subscription"] == "s1"));
    let end = json!({"type": "request", "id": "4", "method": "unsubscribe",
        "params": {"subscription": "s1"}});
    assert_eq!(wire.answer(end).await["ok"], true);
    let mut order = send("5", "5", "unheard");
    order["params"]["session"] = json!("mine");
    assert_eq!(wire.answer(order).await["id"], "5");
    let snapshot = json!({"type": "request", "id": "6", "method": "snapshot"});
    assert_eq!(wire.answer(snapshot).await["id"], "6", "an event came in between");
}

#[tokio::test]
async fn a_client_that_ends_its_requests_still_gets_its_answers() {
    let bed = bed(Duration::from_millis(100));
    let mut wire = Wire::greeted(&bed).await;
    wire.say(&send("1", "c", "last words")).await;
    wire.stream.get_mut().shutdown().await.unwrap();
    let rest = wire.rest().await;
    assert!(rest.contains(r#""id":"1","ok":true"#), "{rest}");
}

/// Needs root, as the machine that builds it has: nobody else may become another user.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_user_is_turned_away() {
    use std::os::unix::fs::PermissionsExt;
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let bed = bed(Duration::ZERO);
    // Whatever the modes say: the socket looks at who comes.
    for (path, mode) in
        [(bed.dirs.path(), 0o755), (&*bed.dirs.run(), 0o755), (&*bed.dirs.socket(), 0o666)]
    {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    }
    let script = "$SIG{PIPE} = 'IGNORE'; $s = IO::Socket::UNIX->new(Peer => $ARGV[0]) or die $!; \
        print $s qq($ARGV[1]\n); print 0 + sysread($s, $b, 9)";
    let run = |user: &str| {
        std::process::Command::new("setpriv")
            .args([
                &format!("--reuid={user}"),
                "--clear-groups",
                "perl",
                "-MIO::Socket::UNIX",
                "-e",
                script,
            ])
            .arg(bed.dirs.socket())
            .arg(hello(1, 1).to_string())
            .output()
    };
    let (own, other) = tokio::task::block_in_place(|| (run("0"), run("65534")));
    let said = |output: std::io::Result<std::process::Output>| {
        let output = output.expect("needs setpriv (util-linux) and perl");
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!((said(own).as_str(), said(other).as_str()), ("9", "0"), "bytes of a welcome");
}
