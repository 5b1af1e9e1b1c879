//! Messages for a run that talks: each arrives whole and once, however often it is sent.

use super::answer;
use super::channel::Parked;
use super::error::RunError;
use super::runs::Runs;
use super::scripts::{self, Header};
use crate::seam::RunId;
use crate::transport::Call;

/// The longest message that goes through a control shell; such a shell reads byte by byte.
const SMALL: usize = 8 * 1024;

impl Runs {
    /// Hands message `number` to a run with [`super::Stdin::Talk`]. After an error of the link it may be sent again
    /// under the same number: it arrives once. Messages are read in the order in which they are handed over.
    ///
    /// # Errors
    ///
    /// [`RunError::Over`] when the run has ended, [`RunError::NoRoom`] when its disk is full, and the way to the host.
    pub async fn write(&self, run: &RunId, number: u64, bytes: &[u8]) -> Result<(), RunError> {
        self.hand_over(run, &number.to_string(), bytes).await
    }

    /// Ends the run's stdin: there are no more messages.
    ///
    /// # Errors
    ///
    /// As [`Runs::write`].
    pub async fn end_of_messages(&self, run: &RunId) -> Result<(), RunError> {
        self.hand_over(run, "end", &[]).await
    }

    async fn hand_over(&self, run: &RunId, number: &str, bytes: &[u8]) -> Result<(), RunError> {
        let header = Header::default()
            .set("b_root", self.root().await?)?
            .set("b_id", run.as_str())?
            .set("b_n", number)?
            .set("b_size", bytes.len().to_string())?;
        let connection = self.connection();
        let host = connection.host();
        // No shell keeps a NUL in a variable.
        if bytes.len() <= SMALL && !bytes.contains(&0) {
            // Plain text in quotes stays off the words of any program; a newline at its end doesn't need to be in there.
            let (text, line) = match bytes.strip_suffix(b"\n") {
                Some(text) => (text, "1"),
                None => (bytes, ""),
            };
            let header = header.set("b_text", text)?.set("b_line", line)?;
            let answer = connection.call(Call::new(scripts::write(&header)?)).await?;
            let line = String::from_utf8_lossy(&answer.stdout);
            return answer::written(host, run, line.trim_end());
        }
        let mut channel = Parked::start(connection, &scripts::write_from_stdin()?).await?;
        let answer = channel.ask(connection, &header.line(), &[bytes]).await?;
        answer::written(host, run, &answer)
    }
}
