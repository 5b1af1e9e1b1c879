use std::{
    io::{self, BufRead},
    path::PathBuf,
    sync::{
        Arc,
        mpsc::{SyncSender, sync_channel},
    },
    thread,
};

use serde_json::{Value, json};

use super::{
    acp::{Acp, Settings},
    codex::CodexServer,
    memory::Memory,
    wire::{Fault, Reply, Wire},
};
use crate::{
    format::{End, Format, Voice},
    halt::Halt,
    play::{self, Prompt, Turn},
    script::{self, Step},
};

/// A protocol of agents that talk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    Acp,
    OpencodeAcp,
    CodexAppServer,
}

impl Dialect {
    /// The dialect of a format; none for formats of a single turn.
    pub(crate) fn of(format: Format) -> Option<Self> {
        match format {
            Format::Acp => Some(Self::Acp),
            Format::OpencodeAcp => Some(Self::OpencodeAcp),
            Format::CodexAppServer => Some(Self::CodexAppServer),
            Format::Plain | Format::Claude | Format::Codex | Format::Opencode | Format::Gemini => {
                None
            }
        }
    }

    fn format(self) -> Format {
        match self {
            Self::Acp => Format::Acp,
            Self::OpencodeAcp => Format::OpencodeAcp,
            Self::CodexAppServer => Format::CodexAppServer,
        }
    }
}

/// What a protocol does with a request.
pub(super) enum Action {
    /// This is the answer.
    Reply(Reply),
    /// A turn begins. The answer comes now, or with its end.
    Prompt(Box<Started>),
    /// The running turn is to be cancelled.
    Cancel(Option<Value>),
    /// Nothing.
    Nothing,
}

/// A turn that begins.
pub(super) struct Started {
    pub(super) session: String,
    pub(super) is_resumed: bool,
    pub(super) prompt: String,
    pub(super) voice: Box<dyn TalkingVoice>,
}

/// A voice that finishes a request.
pub(super) trait TalkingVoice: Voice + Send {
    /// What is said when the script can't be read.
    fn refuse(&mut self, message: &str) -> io::Result<()>;
}

/// A protocol: what each message means.
pub(super) trait Protocol {
    /// `id` is null for a notification.
    fn handle(
        &mut self,
        method: &str,
        id: &Value,
        params: &Value,
        halt: &Arc<Halt>,
    ) -> io::Result<Action>;
}

/// What the one who decides hears.
enum Heard {
    Line(String),
    Closed,
    /// That turn, by its number.
    TurnEnded(u64, io::Result<End>),
}

/// Talks until stdin is closed, or a script says `exit`. Each prompt plays `steps`, or is the script itself.
pub(crate) fn serve(
    dialect: Dialect,
    steps: Option<Vec<Step>>,
    arguments: Vec<String>,
    home: Option<PathBuf>,
) -> io::Result<u8> {
    let wire = Arc::new(Wire::new(dialect != Dialect::CodexAppServer));
    let memory = Memory::new(home);
    let protocol: Box<dyn Protocol> = match dialect {
        Dialect::Acp => Box::new(Acp::new(Settings::Modes, Arc::clone(&wire), memory)),
        Dialect::OpencodeAcp => Box::new(Acp::new(Settings::Options, Arc::clone(&wire), memory)),
        Dialect::CodexAppServer => Box::new(CodexServer::new(Arc::clone(&wire), memory)),
    };
    let (say, heard) = sync_channel(64);
    let reader = say.clone();
    thread::Builder::new().name("stdin".to_owned()).spawn(move || read(&reader))?;
    let mut server =
        Server { dialect, wire, protocol, steps, arguments, say, turns: 0, turn: None };
    let mut is_closed = false;
    for event in heard {
        match event {
            Heard::Line(line) => server.line(&line)?,
            Heard::Closed => {
                is_closed = true;
                if let Some((_, turn)) = &server.turn {
                    turn.cancel();
                }
            }
            Heard::TurnEnded(number, end) => {
                server.turn = server.turn.filter(|(running, _)| *running != number);
                if let End::Exit(code) = end?
                    && code != 0
                {
                    return Ok(code);
                }
            }
        }
        if is_closed && server.turn.is_none() {
            break;
        }
    }
    Ok(0)
}

fn read(say: &SyncSender<Heard>) {
    for line in io::stdin().lock().lines() {
        let Ok(line) = line else { break };
        if say.send(Heard::Line(line)).is_err() {
            return; // nobody decides any more: the process is about to end
        }
    }
    say.send(Heard::Closed).ok(); // the same
}

struct Server {
    dialect: Dialect,
    wire: Arc<Wire>,
    protocol: Box<dyn Protocol>,
    steps: Option<Vec<Step>>,
    arguments: Vec<String>,
    say: SyncSender<Heard>,
    /// How many turns there have been.
    turns: u64,
    /// The turn that runs, with its number; there is one at a time.
    turn: Option<(u64, Arc<Halt>)>,
}

impl Server {
    fn line(&mut self, line: &str) -> io::Result<()> {
        if line.trim().is_empty() {
            return Ok(());
        }
        let message: Value = match serde_json::from_str(line) {
            Ok(message) => message,
            Err(e) => {
                return self
                    .wire
                    .reply(&Value::Null, Err(Fault::new(-32700, format!("no JSON: {e}"))));
            }
        };
        let id = message.get("id").cloned().unwrap_or(Value::Null);
        let Some(method) = message.get("method").and_then(Value::as_str) else {
            if let (Some((_, turn)), Some(id)) = (&self.turn, id.as_u64()) {
                // An error is an answer, too: whoever waits sees that nothing was chosen.
                let error = || json!({ "error": message.get("error") });
                turn.answer(id, message.get("result").cloned().unwrap_or_else(error));
            }
            return Ok(());
        };
        let running = self.turn.as_ref().filter(|(_, halt)| !halt.is_over());
        let is_running = running.is_some();
        let halt = running.map(|(_, halt)| Arc::clone(halt)).unwrap_or_default();
        let params = message.get("params").cloned().unwrap_or(Value::Null);
        match self.protocol.handle(method, &id, &params, &halt)? {
            Action::Nothing => Ok(()),
            Action::Reply(_) if id.is_null() => Ok(()),
            Action::Reply(reply) => self.wire.reply(&id, reply),
            Action::Cancel(reply) => {
                halt.cancel();
                match reply {
                    Some(reply) if !id.is_null() => self.wire.reply(&id, Ok(reply)),
                    _ => Ok(()),
                }
            }
            Action::Prompt(_) if is_running => {
                let fault = Fault::new(Fault::INVALID_REQUEST, "a turn is running already");
                self.wire.reply(&id, Err(fault))
            }
            Action::Prompt(started) => self.start(*started, halt),
        }
    }

    fn start(&mut self, mut started: Started, halt: Arc<Halt>) -> io::Result<()> {
        let steps = match &self.steps {
            Some(steps) => steps.clone(),
            None => match script::parse(&started.prompt) {
                Ok(steps) => steps,
                Err(message) => return started.voice.refuse(&message),
            },
        };
        let turn = Turn {
            format: self.dialect.format(),
            session: started.session,
            is_resumed: started.is_resumed,
            prompt: Prompt::Known(started.prompt.into_bytes()),
            arguments: self.arguments.clone(),
            is_continued: false,
            owns_stdin: false,
        };
        self.turns += 1;
        let number = self.turns;
        self.turn = Some((number, Arc::clone(&halt)));
        let say = self.say.clone();
        let mut voice = started.voice;
        let play = move || {
            let end = play::play(steps, turn, voice.as_mut(), &halt);
            say.send(Heard::TurnEnded(number, end)).ok(); // nobody decides any more: the process is about to end
        };
        thread::Builder::new().name("turn".to_owned()).spawn(play).map(drop)
    }
}

/// An object without fields.
pub(super) fn nothing() -> Value {
    json!({})
}
