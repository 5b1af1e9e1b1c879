//! An sftp client as quick as the protocol allows: what many small files are measured against.
//!
//! Each file costs three requests (draft-ietf-secsh-filexfer-02): open, read, close. A short answer to the read is the file's end,
//! which saves a fourth one.

use std::collections::HashMap;
use std::path::PathBuf;

use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout};

use crate::Outcome;
use crate::plain::PlainMaster;

/// What is asked of a file at once: what OpenSSH's own client asks.
const READ: u32 = 32 * 1024;

const INIT: u8 = 1;
const OPEN: u8 = 3;
const CLOSE: u8 = 4;
const READ_REQUEST: u8 = 5;
const STATUS: u8 = 101;
const HANDLE: u8 = 102;
const DATA: u8 = 103;

/// A client on a channel of a master's.
pub struct Sftp {
    _child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

/// What a request that is under way is about.
enum Waits {
    Handle,
    Bytes(Vec<u8>),
    Closed,
}

impl Sftp {
    /// Opens one.
    pub async fn open(plain: &PlainMaster) -> Outcome<Self> {
        let mut child = plain.subsystem("sftp").spawn()?;
        let input = child.stdin.take().ok_or("ssh has no stdin")?;
        let output = BufReader::new(child.stdout.take().ok_or("ssh has no stdout")?);
        let mut sftp = Self { _child: child, input, output };
        // The third version, which all servers speak.
        sftp.send(&packet(INIT, &3_u32.to_be_bytes())).await?;
        sftp.receive().await?;
        Ok(sftp)
    }

    /// Reads these files, with so many requests under way. How many bytes came.
    pub async fn read_all(&mut self, paths: &[PathBuf], in_flight: usize) -> Outcome<u64> {
        let mut left = paths.iter();
        let mut waiting: HashMap<u32, Waits> = HashMap::new();
        let (mut next, mut bytes) = (0_u32, 0_u64);
        let mut unsent = Vec::new();
        loop {
            while waiting.len() < in_flight
                && let Some(path) = left.next()
            {
                let name = path.as_os_str().as_encoded_bytes();
                let about = [&text(name)[..], &1_u32.to_be_bytes(), &0_u32.to_be_bytes()].concat();
                unsent.extend(request(OPEN, next, &about));
                waiting.insert(next, Waits::Handle);
                next = next.wrapping_add(1);
            }
            if waiting.is_empty() {
                return Ok(bytes);
            }
            if self.output.buffer().is_empty() && !unsent.is_empty() {
                self.send(&unsent).await?;
                unsent.clear();
            }
            let (kind, id, body) = self.receive().await?;
            let waits = waiting.remove(&id).ok_or("sftp answers what nobody asked")?;
            let then = match (kind, waits) {
                (HANDLE, Waits::Handle) => {
                    let about = [&body[..], &0_u64.to_be_bytes(), &READ.to_be_bytes()].concat();
                    unsent.extend(request(READ_REQUEST, next, &about));
                    Some(Waits::Bytes(body))
                }
                (DATA, Waits::Bytes(handle)) => {
                    // Behind the length of what came.
                    bytes += body.len() as u64 - 4;
                    unsent.extend(request(CLOSE, next, &handle));
                    Some(Waits::Closed)
                }
                (STATUS, Waits::Closed) => None,
                (kind, _) => return Err(format!("sftp answers with {kind}").into()),
            };
            if let Some(then) = then {
                waiting.insert(next, then);
                next = next.wrapping_add(1);
            }
        }
    }

    async fn send(&mut self, bytes: &[u8]) -> Outcome<()> {
        self.input.write_all(bytes).await?;
        Ok(self.input.flush().await?)
    }

    /// The next answer: what it is, to which request, and the rest.
    async fn receive(&mut self) -> Outcome<(u8, u32, Vec<u8>)> {
        let length = self.output.read_u32().await? as usize;
        let mut packet = vec![0; length];
        self.output.read_exact(&mut packet).await?;
        let [kind, a, b, c, d, rest @ ..] = &packet[..] else {
            return Err("sftp's answer is too short".into());
        };
        Ok((*kind, u32::from_be_bytes([*a, *b, *c, *d]), rest.to_vec()))
    }
}

fn packet(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = (body.len() + 1) as u32;
    [&length.to_be_bytes()[..], &[kind], body].concat()
}

fn request(kind: u8, id: u32, body: &[u8]) -> Vec<u8> {
    packet(kind, &[&id.to_be_bytes()[..], body].concat())
}

fn text(bytes: &[u8]) -> Vec<u8> {
    [&(bytes.len() as u32).to_be_bytes()[..], bytes].concat()
}
