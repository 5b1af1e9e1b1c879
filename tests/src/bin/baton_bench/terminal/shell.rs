//! A terminal of the engine's, and the screen that its follower fills.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use baton_gui::bridge::SharedScreen;
use orchestrator::seam::{
    At, Command, Delivery, Reply, Subscription, TerminalCommand, TerminalNews, TerminalReply, Watch,
};

use crate::Outcome;
use crate::desk::Desk;

/// Cells of it.
pub const COLUMNS: u16 = 200;
pub const ROWS: u16 = 60;

/// How long a shell may take to say something.
const PATIENCE: Duration = Duration::from_secs(120);

/// An open one that is followed.
pub struct Shell<'a> {
    desk: &'a Desk,
    id: String,
    news: Subscription,
    /// What it shows.
    pub screen: Arc<SharedScreen>,
    /// Times that everything was drawn anew.
    pub restarts: usize,
    ends: u32,
}

impl<'a> Shell<'a> {
    /// Opens one at the bed's machine; kept there or not.
    pub async fn open(desk: &'a Desk, keep: bool) -> Outcome<Self> {
        let command = TerminalCommand::Open {
            at: At::Host { host: "dev".into(), directory: None },
            directory: None,
            columns: COLUMNS,
            rows: ROWS,
            name: None,
            keep,
        };
        let terminal = match desk.command(Command::Terminal(command)).await? {
            Reply::Terminal(TerminalReply::Terminal(terminal)) => terminal,
            other => return Err(format!("no terminal but {other:?}").into()),
        };
        if let Some(why) = terminal.unkept.filter(|_| keep) {
            return Err(format!("it isn't kept: {why}").into());
        }
        let news = desk.watch(Watch::Terminal { id: terminal.id.clone(), answers: true }).await?;
        let screen = Arc::new(SharedScreen::new());
        screen.draw().resize(COLUMNS, ROWS);
        let mut shell = Self { desk, id: terminal.id, news, screen, restarts: 0, ends: 0 };
        // Its prompt is there when it answers.
        shell.run("").await?;
        Ok(shell)
    }

    /// Types.
    pub async fn send(&self, bytes: &[u8]) -> Outcome<()> {
        let command = TerminalCommand::Input { id: self.id.clone(), bytes: bytes.to_vec() };
        self.desk.command(Command::Terminal(command)).await?;
        Ok(())
    }

    /// Runs a line, and waits until all that it prints is on the screen, with the prompt behind it.
    pub async fn run(&mut self, line: &str) -> Outcome<()> {
        self.ends += 1;
        let end = format!("end-{}-end", self.ends);
        // What is typed doesn't hold the mark.
        self.send(format!("{line}\necho end-''{}-end\n", self.ends).as_bytes()).await?;
        self.until(|screen| {
            let prompt = screen.cursor().filter(|cursor| cursor.row > 0 && cursor.column > 0);
            prompt.is_some_and(|prompt| screen.row_text(prompt.row - 1) == end)
        })
        .await
    }

    /// Takes news until the screen is as wanted.
    pub async fn until(
        &mut self,
        is_there: impl Fn(&orchestrator::terminal::Screen) -> bool,
    ) -> Outcome<()> {
        let there = async {
            while !is_there(&self.screen.draw()) {
                let Some(delivery) = self.news.next().await else {
                    return Err("the terminal has ended".into());
                };
                let Delivery::Terminal(news) = delivery? else { continue };
                self.restarts += usize::from(matches!(news, TerminalNews::Restart { .. }));
                let answers = self.screen.hear(&news).await;
                if !answers.is_empty() {
                    self.send(&answers).await?;
                }
            }
            Ok(())
        };
        tokio::time::timeout(PATIENCE, there).await?
    }

    /// Prints a file.
    pub async fn cat(&mut self, path: &Path) -> Outcome<()> {
        self.run(&format!("cat {}", path.display())).await
    }

    /// Ends it.
    pub async fn close(self) -> Outcome<()> {
        let command = TerminalCommand::Close { id: self.id };
        self.desk.command(Command::Terminal(command)).await?;
        Ok(())
    }
}
