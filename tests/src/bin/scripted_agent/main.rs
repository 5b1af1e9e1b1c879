//! `scripted-agent`: an agent that does what a script says, for tests of what runs agents.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program says what it does")]

mod failure;
mod flags;
mod format;
mod halt;
mod interrupt;
mod names;
mod options;
mod out;
mod play;
mod prompt;
mod script;
mod talk;
mod usage;

use std::{
    env, io,
    path::{Path, PathBuf},
    process::ExitCode,
};

use format::{Beginning, End};
use halt::Halt;
use options::{Options, PromptSource, Request, Script};
use play::{Prompt, Turn};

/// Names a file with the script. What stands on the command line adds to it.
const SCRIPT: &str = "SCRIPTED_AGENT_SCRIPT";

const USAGE: &str = "usage: scripted-agent [OPTION …] (SCRIPT | -e LINE … | --script-from-prompt) [-- PROMPT]

  --format FORMAT        plain, claude, codex, opencode, gemini, acp, opencode-acp, codex-app-server
  --resume ID            go on with that session          --session ID   begin one of that id
  --model MODEL          print this as the model          --include-partial-messages   (claude)
  --prompt-file FILE     the prompt; otherwise it is the last argument, or on stdin
  --script-from-prompt   the prompt is the script, or what follows a line `#!script` in it

Called claude, codex, opencode or gemini, it takes that CLI's options and speaks its format. The script is the
prompt then, unless SCRIPTED_AGENT_SCRIPT names a file. Agents that talk play it anew for each prompt.

  print TEXT            a message             think TEXT    what it thinks
  raw TEXT              a line on stdout as it is, whatever the format
  lines N [MS]          messages `line 1` to `line N`, so many ms apart
  long-line BYTES       a message of so many letters
  bytes N               N bytes on stdout, as they are: a … z and again
  error TEXT            a line on stderr      stderr-lines N [MS]   many of them
  prompt                the prompt, as a message            save-prompt FILE   its bytes, into a file
  env NAME              a variable            directory     where it works
  arguments             what it was started with            session   `new ID` or `resumed ID`
  mode                  what it may do (agents that talk): `plan`; `untrusted read-only`
  read                  a line of stdin, as a message; the script ends when there is none
  read-all              stdin to its end, as one message
  tool NAME JSON        a tool call: `command {\"command\",\"output\",\"exit_code\"}`,
                        `file {\"path\",\"kind\"}`, or any other name with its arguments
  ask TITLE             ask for a permission, wait, and print `answered CHOICE` (agents that talk)
  request METHOD JSON   any request to the client, and print `answered JSON` (agents that talk)
  if-allowed STEP       do it if that was allowed           if-rejected STEP   if not
  usage JSON            what the turn costs: input, cached, output, reasoning, window, cost
  error-object KIND     auth, rate_limit [SECONDS SINCE 1970], context, session_not_found: the turn fails
  wait MS               quiet [MS]            say nothing, for ever without a number
  wait-for FILE         go on when there is such a file     touch FILE    make one
  count-file FILE       add a line to a file: one for each time that this is done
  append FILE TEXT      add that line to a file, as an agent does that edits
  exit N                signal NAME           (TERM, KILL, INT, HUP, ABRT)
  ignore TERM|INT|HUP   go on when it comes
  fork-holding-output   leave a child behind that keeps stdout and stderr open for 600 s
  fork-and-exit         end with 0, while another process does the rest of the script
  setsid-child          leave a child behind in a session of its own for 600 s";

fn main() -> ExitCode {
    let mut arguments = env::args();
    let path = arguments.next().unwrap_or_default();
    let name = Path::new(&path).file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let arguments: Vec<String> = arguments.collect();
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    let (script, home) = (env::var(SCRIPT).ok(), env::var_os("HOME"));
    let started = options::read(name, &arguments, script.as_deref());
    let ended = match started {
        Ok(Request::Say(text)) => {
            println!("{text}");
            return ExitCode::SUCCESS;
        }
        Ok(Request::Run(options)) => run(options, arguments, home.map(Into::into)),
        Err(message) => Err(Stop::Usage(message)),
    };
    match ended {
        Ok(code) => ExitCode::from(code),
        Err(Stop::Usage(message)) => {
            eprintln!("scripted-agent: {message}\n{USAGE}");
            ExitCode::from(2)
        }
        Err(Stop::Io(e)) => {
            eprintln!("scripted-agent: {e}");
            ExitCode::from(1)
        }
    }
}

/// Why there is no exit status from the script.
enum Stop {
    Usage(String),
    Io(io::Error),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

fn run(options: Options, arguments: Vec<String>, home: Option<PathBuf>) -> Result<u8, Stop> {
    interrupt::take_ignored()?;
    let Options { format, script, session, is_resumed, model, is_partial, is_continued, .. } =
        options;
    if let Some(dialect) = talk::Dialect::of(format) {
        let steps = match script {
            Script::Steps(steps) => Some(steps),
            Script::FromPrompt => None,
        };
        return Ok(talk::serve(dialect, steps, arguments, home)?);
    }
    let mut prompt = prompt::find(options.prompt)?;
    let steps = match script {
        Script::Steps(steps) => steps,
        Script::FromPrompt => {
            let bytes = prompt.read()?;
            script::parse(&String::from_utf8_lossy(bytes)).map_err(Stop::Usage)?
        }
    };
    let session = session.unwrap_or_else(|| prompt::new_session(format));
    let beginning = Beginning {
        session: session.clone(),
        model,
        directory: play::directory()?,
        is_partial,
        prompt: match &prompt {
            Prompt::Known(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            Prompt::OnStdin => String::new(), // whoever wants it says so in the script
        },
    };
    let Some(mut voice) = format::of(format, beginning) else {
        return Err(Stop::Usage(format!("{} is no format of a turn", format.name())));
    };
    let turn =
        Turn { format, session, is_resumed, prompt, arguments, is_continued, owns_stdin: true };
    match play::play(steps, turn, voice.as_mut(), &Halt::default())? {
        End::Exit(code) | End::Failed(code) => Ok(code),
        End::Cancelled => Ok(130),
    }
}
