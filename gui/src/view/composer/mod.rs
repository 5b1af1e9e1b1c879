//! Where a message is written: text, images, switches, and lists of files and commands.

mod attachments;
mod data;
mod mention;
mod offer_list;
mod offers;
mod preview;
mod recall;
mod shell;
mod shell_view;
mod switches;
mod view;

pub use data::{Attachment, ComposerAct, ComposerData};
pub use mention::{Mention, mention};
pub use offers::{Offer, offers};
pub use preview::{Head, HeadLine, Heads, Looks};
pub use recall::Recall;
pub use shell::{line_begins, said};
pub use view::ComposerView;

#[cfg(test)]
mod tests;
