//! What happens to links and servers.

use crate::{TestSshd, Wan};

/// Something that goes wrong with a link through a [`Wan`], and ends some time later.
///
/// A test chooses when: [`begin`](Self::begin) after so many bytes or lines, [`end`](Self::end) when the loss was
/// noticed, or at once. What the bed can't reach, such as an ssh master or the engine itself, a test kills itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accident {
    /// All bytes are lost, and nobody is told: only keepalives notice. Its end resets who lost something.
    Silence,
    /// A TCP reset on both sides.
    Reset,
    /// Bytes are late, and none is lost.
    Stall,
    /// The server's side of every connection dies.
    Kill,
    /// The server is gone, its connections with it, until the end.
    Restart,
}

impl Accident {
    /// One of each.
    pub const ALL: [Self; 5] = [Self::Silence, Self::Reset, Self::Stall, Self::Kill, Self::Restart];

    /// Lets it happen.
    pub fn begin(self, wan: &Wan, sshd: &mut TestSshd) {
        match self {
            Self::Silence => wan.cut(),
            Self::Reset => wan.reset(),
            Self::Stall => wan.pause(),
            Self::Kill => sshd.cut_connections(),
            Self::Restart => sshd.stop(),
        }
    }

    /// Makes good what can be made good: new connections get through afterwards.
    pub fn end(self, wan: &Wan, sshd: &mut TestSshd) {
        match self {
            Self::Silence => wan.restore(),
            Self::Stall => wan.resume(),
            Self::Restart => sshd.restart(),
            Self::Reset | Self::Kill => {}
        }
    }

    /// Whether the connections of before it are lost: all but a stall take them, as soon as it ends.
    #[must_use]
    pub fn takes_connections(self) -> bool {
        self != Self::Stall
    }
}
