use std::{
    fs::{self, File},
    io::{self, ErrorKind, Write},
    path::PathBuf,
};

use serde_json::Value;

/// What was said in each session, below the agent's home, so that another process can go on with it.
#[derive(Clone, Debug)]
pub(super) struct Memory {
    folder: Option<PathBuf>,
}

impl Memory {
    /// Without a home nothing is remembered, and no session is found.
    pub(super) fn new(home: Option<PathBuf>) -> Self {
        Self { folder: home.map(|home| home.join(".scripted-agent")) }
    }

    fn path(&self, session: &str) -> Option<PathBuf> {
        let is_plain = session.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
        let folder = self.folder.as_ref().filter(|_| is_plain && !session.is_empty())?;
        Some(folder.join(format!("{session}.jsonl")))
    }

    /// Begins a session.
    pub(super) fn begin(&self, session: &str) -> io::Result<()> {
        let (Some(folder), Some(path)) = (&self.folder, self.path(session)) else { return Ok(()) };
        fs::create_dir_all(folder)?;
        File::create(path).map(drop)
    }

    /// Adds what was said.
    pub(super) fn add(&self, session: &str, said: &Value) -> io::Result<()> {
        let Some(path) = self.path(session) else { return Ok(()) };
        let mut file = File::options().append(true).open(path)?;
        file.write_all(format!("{said}\n").as_bytes())
    }

    /// Everything that was said, oldest first; none without such a session.
    pub(super) fn read(&self, session: &str) -> io::Result<Option<Vec<Value>>> {
        let Some(path) = self.path(session) else { return Ok(None) };
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(e),
        };
        let lines = text.lines().map(serde_json::from_str).collect::<Result<_, _>>();
        lines.map(Some).map_err(|e| io::Error::new(ErrorKind::InvalidData, e))
    }
}
