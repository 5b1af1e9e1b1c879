//! Where a message is written: text, images, switches, and lists of files and commands.

mod mention;
mod offers;
mod recall;
mod shell;
mod shell_view;
mod view;

pub use mention::{Mention, mention};
pub use offers::{Offer, offers};
pub use recall::Recall;
pub use shell::{line_begins, said};
pub use view::{Attachment, ComposerAct, ComposerData, ComposerView};

#[cfg(test)]
mod tests;
