use std::{
    future, io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    sync::{Arc, Mutex},
    thread::{self, JoinHandle},
    time::{SystemTime, UNIX_EPOCH},
};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncWriteExt, BufReader},
    net::TcpStream,
    runtime,
    sync::oneshot,
    time::sleep,
};

use super::{
    http::{self, Request},
    protocol::{Protocol, error},
    script::{self, Answer, Outcome},
};

/// A model server on 127.0.0.1 that agents use instead of a real one: OpenAI's Responses and chat completions,
/// and Gemini's generateContent.
///
/// Each turn it says something and runs a command, writes a file, and ends with a text, with the tools that the
/// agent offers. Words in the prompt steer it: `NOTOOLS` only text, `SLOW` a second between events, `LONG` 200
/// lines, `ERR429` and `ERR500` those answers, `HANG` none. Gone on drop.
#[derive(Debug)]
pub struct MockModel {
    port: u16,
    requests: Arc<Mutex<Vec<Request>>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl MockModel {
    /// The file that the model writes, in the agent's directory.
    pub const FILE_NAME: &str = script::FILE_NAME;
    /// What it writes there.
    pub const FILE_TEXT: &str = script::FILE_TEXT;
    /// What it says at the end of a turn with tools.
    pub const FINAL_TEXT: &str = script::FINAL_TEXT;
    /// What it says in a turn without tools.
    pub const PLAIN_TEXT: &str = script::PLAIN_TEXT;
    /// What its command prints.
    pub const COMMAND_OUTPUT: &str = script::COMMAND_OUTPUT;

    /// Starts a server on a free port.
    #[must_use]
    pub fn start() -> Self {
        Self::start_on(0)
    }

    /// Starts a server on this port; 0 takes a free one.
    #[must_use]
    pub fn start_on(port: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port));
        let listener = listener.unwrap_or_else(|e| panic!("can't listen on port {port}: {e}"));
        listener.set_nonblocking(true).expect("a socket of ours");
        let port = listener.local_addr().expect("a bound socket").port();
        let requests = Arc::default();
        let record = Arc::clone(&requests);
        let (stop, stopped) = oneshot::channel();
        let server = move || {
            let runtime = runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(async {
                tokio::select! {
                    _ = stopped => {}
                    () = serve(listener, record) => {}
                }
            });
        };
        let thread = thread::Builder::new().name("mock-model".to_owned()).spawn(server);
        Self { port, requests, stop: Some(stop), thread: Some(thread.expect("a thread")) }
    }

    /// The port that it listens on.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The address that it listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// The requests so far, those that failed included.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().expect("nobody panics with it").clone()
    }
}

impl Drop for MockModel {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(Err(panic)) = self.thread.take().map(JoinHandle::join)
            && !thread::panicking()
        {
            std::panic::resume_unwind(panic);
        }
    }
}

async fn serve(listener: TcpListener, requests: Arc<Mutex<Vec<Request>>>) {
    let listener = tokio::net::TcpListener::from_std(listener).expect("a socket of ours");
    let start = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_nanos();
    let mut number = 0_u64;
    loop {
        let (stream, _) = listener.accept().await.expect("loopback accepts");
        number += 1;
        // Unique also after a restart: agents that resume send back ids of before.
        let id = format!("{start:x}{number:x}");
        let requests = Arc::clone(&requests);
        tokio::spawn(async move {
            let mut stream = BufReader::new(stream);
            // A client that goes away in the middle is its own business: an agent was stopped.
            answer(&mut stream, &requests, &id).await.ok(); // a client that hung up wants no answer
            stream.get_mut().shutdown().await.ok(); // a client that hung up wants no answer
        });
    }
}

/// Answers the one request of a connection.
async fn answer(
    stream: &mut BufReader<TcpStream>,
    requests: &Mutex<Vec<Request>>,
    id: &str,
) -> io::Result<()> {
    let request = match http::read(stream).await {
        Ok(Some(request)) => request,
        Ok(None) => return Ok(()),
        Err(e) if e.kind() == io::ErrorKind::InvalidData => {
            return http::send_json(stream, "400 Bad Request", &error(&e.to_string())).await;
        }
        Err(e) => return Err(e),
    };
    requests.lock().expect("nobody panics with it").push(request.clone());
    let Some(protocol) = Protocol::of(&request) else {
        return match (request.method.as_str(), request.path.as_str()) {
            ("GET", "/v1/models") => http::send_json(stream, "200 OK", &models()).await,
            (_, path) => {
                let message = format!("there is no {path} here");
                http::send_json(stream, "404 Not Found", &error(&message)).await
            }
        };
    };
    match script::next(&protocol.conversation(&request.body)) {
        Outcome::Answer(answer) => send(stream, &request, &answer, id, protocol).await,
        Outcome::RateLimited => {
            http::send_json(stream, "429 Too Many Requests", &protocol.rate_limit()).await
        }
        Outcome::Failure => {
            let body = protocol.failure("a failure, says the mock");
            http::send_json(stream, "500 Internal Server Error", &body).await
        }
        Outcome::Silence => future::pending().await,
    }
}

async fn send(
    stream: &mut BufReader<TcpStream>,
    request: &Request,
    answer: &Answer,
    id: &str,
    protocol: Protocol,
) -> io::Result<()> {
    let (events, whole) = protocol.render(answer, id, request);
    if !protocol.is_stream(&request.body) {
        return http::send_json(stream, "200 OK", &whole).await;
    }
    http::begin_events(stream).await?;
    for event in &events {
        http::send_event(stream, event).await?;
        sleep(answer.pause).await;
    }
    Ok(())
}

/// `data` is OpenAI's form; codex reads `models`.
fn models() -> Value {
    json!({ "object": "list", "models": [],
            "data": [{ "id": "mock-1", "object": "model", "owned_by": "mock" }] })
}
