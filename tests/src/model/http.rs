use std::io::{self, ErrorKind};

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};

/// More than any agent sends; a longer request is refused.
const LARGEST_BODY: usize = 64 * 1024 * 1024;
const LONGEST_LINE: u64 = 64 * 1024;

/// A request that the server got.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// `GET`, `POST` …
    pub method: String,
    /// The path, without a query.
    pub path: String,
    /// Names in lower case, in the order of the request. Values of keys are left out.
    pub headers: Vec<(String, String)>,
    /// The body as JSON; `Null` without one.
    pub body: Value,
}

impl Request {
    /// The value of a header; its name is in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(have, _)| have == name).map(|(_, value)| value.as_str())
    }
}

/// Reads a request. `None` when the client closed without one.
///
/// # Errors
///
/// `InvalidData` for what isn't HTTP/1.1 with a JSON body.
pub(super) async fn read(stream: &mut BufReader<TcpStream>) -> io::Result<Option<Request>> {
    let first = line(stream).await?;
    if first.is_empty() {
        return Ok(None);
    }
    let mut words = first.split(' ');
    let (Some(method), Some(target)) = (words.next(), words.next()) else {
        return Err(bad(format!("not a request line: {first}")));
    };
    let mut request = Request {
        method: method.to_owned(),
        path: target.split('?').next().unwrap_or_default().to_owned(),
        headers: Vec::new(),
        body: Value::Null,
    };
    loop {
        let header = line(stream).await?;
        let Some((name, value)) = header.split_once(':') else {
            break;
        };
        let name = name.trim().to_ascii_lowercase();
        let is_secret =
            matches!(name.as_str(), "authorization" | "x-api-key" | "api-key" | "x-goog-api-key");
        let value = if is_secret { "(left out)" } else { value.trim() };
        request.headers.push((name, value.to_owned()));
    }
    if let Some(encoding) = request.header("content-encoding") {
        return Err(bad(format!("a body in {encoding} isn't read here")));
    }
    if request.header("expect").is_some() {
        stream.get_mut().write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
    }
    let body = body(stream, &request).await?;
    if !body.is_empty() {
        request.body = serde_json::from_slice(&body).map_err(|e| bad(format!("not JSON: {e}")))?;
    }
    Ok(Some(request))
}

async fn body(stream: &mut BufReader<TcpStream>, request: &Request) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    if request.header("transfer-encoding").is_some_and(|how| how.eq_ignore_ascii_case("chunked")) {
        loop {
            let size = line(stream).await?;
            let size = size.split(';').next().unwrap_or_default().trim();
            let size = usize::from_str_radix(size, 16).map_err(|_| bad("a chunk has no size"))?;
            take(stream, &mut body, size).await?;
            if size == 0 {
                while !line(stream).await?.is_empty() {} // trailers
                return Ok(body);
            }
            line(stream).await?;
        }
    }
    if let Some(size) = request.header("content-length") {
        let size = size.parse().map_err(|_| bad("content-length isn't a number"))?;
        take(stream, &mut body, size).await?;
    }
    Ok(body)
}

/// Appends exactly `size` bytes to `body`.
async fn take(
    stream: &mut BufReader<TcpStream>,
    body: &mut Vec<u8>,
    size: usize,
) -> io::Result<()> {
    let start = body.len();
    let end = start.checked_add(size).filter(|end| *end <= LARGEST_BODY);
    body.resize(end.ok_or_else(|| bad("the body is too large"))?, 0);
    stream.read_exact(body.get_mut(start..).unwrap_or_default()).await.map(|_| ())
}

/// Reads a line without its end; an empty one at the end of the stream.
async fn line(stream: &mut BufReader<TcpStream>) -> io::Result<String> {
    let mut line = String::new();
    stream.take(LONGEST_LINE).read_line(&mut line).await?;
    line.truncate(line.trim_end_matches(['\r', '\n']).len());
    Ok(line)
}

fn bad(message: impl Into<String>) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, message.into())
}

/// Answers with one JSON document.
pub(super) async fn send_json(
    stream: &mut BufReader<TcpStream>,
    status: &str,
    body: &Value,
) -> io::Result<()> {
    let body = body.to_string();
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\
         connection: close\r\n\r\n"
    );
    stream.get_mut().write_all(format!("{head}{body}").as_bytes()).await
}

/// Begins an answer of server-sent events, which ends with the connection.
pub(super) async fn begin_events(stream: &mut BufReader<TcpStream>) -> io::Result<()> {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-cache\r\n\
                connection: close\r\n\r\n";
    stream.get_mut().write_all(head.as_bytes()).await
}

/// Sends one server-sent event.
pub(super) async fn send_event(stream: &mut BufReader<TcpStream>, event: &Event) -> io::Result<()> {
    let name = event.name.map(|name| format!("event: {name}\n")).unwrap_or_default();
    stream.get_mut().write_all(format!("{name}data: {}\n\n", event.data).as_bytes()).await
}

/// A server-sent event.
#[derive(Debug)]
pub(super) struct Event {
    pub(super) name: Option<&'static str>,
    pub(super) data: String,
}
