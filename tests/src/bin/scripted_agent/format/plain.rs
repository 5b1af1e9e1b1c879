use std::io;

use serde_json::Value;

use super::{End, Voice};
use crate::{failure::FailureKind, out, usage::Usage};

/// Text: what an agent without a format prints.
pub(crate) struct Plain;

impl Voice for Plain {
    fn begin(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn message(&mut self, text: &str) -> io::Result<()> {
        out::raw(format!("{text}\n").as_bytes())
    }

    fn thinking(&mut self, text: &str) -> io::Result<()> {
        self.message(text)
    }

    fn tool(&mut self, name: &str, arguments: &Value) -> io::Result<()> {
        self.message(&format!("tool {name} {arguments}"))
    }

    fn failure(&mut self, kind: FailureKind) -> io::Result<u8> {
        eprintln!("scripted-agent: {kind:?}");
        Ok(1)
    }

    fn end(&mut self, _end: End, _usage: &Usage) -> io::Result<()> {
        Ok(())
    }
}
