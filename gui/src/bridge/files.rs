//! Files of hosts: listed, read, found and looked at, and made ready to be shown, away from the frame.

mod drafts;
mod heads;
mod open;
mod watch;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{
    At, FileEntry, FilePath, FileQuery, FileReply, FoundFiles, Listing, Query, Reply, Request,
    SessionId,
};
use tokio::task::{AbortHandle, JoinSet};

use super::News;
use super::room::Room;
use crate::view::composer::Head;
use crate::view::editor::{ColourWork, Coloured, Merge};
use crate::view::files::Folder;
pub use drafts::FileDraft;
pub use open::{Contents, Opened};
pub use watch::FilesLook;

/// Files of one directory that are shown: of more it is said that there are more. The seam's own bound.
const ENTRIES: u32 = 200_000;

/// So long after its names the rest of a long directory is asked for: they are drawn by then, also where the host is this machine.
const DRAWN: Duration = Duration::from_millis(100);

/// Names an open file, for as long as the window is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OpenId(pub u64);

/// Who wants to find files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Finder {
    /// The dialog that goes to a file.
    Quick,
    /// The message that is being written.
    Mention,
}

/// What the frame asks about files. Paths are relative to the session's directory.
#[derive(Debug)]
pub enum FilesAsk {
    /// What a directory holds. Answer: `FilesNews::Listed`.
    List {
        /// Whose.
        session: SessionId,
        /// Which.
        path: FilePath,
        /// The version that is known.
        seen: Option<String>,
        /// Whether it is likely to be long: its names are asked for first, and answered by themselves.
        long: bool,
    },
    /// Look at these from time to time; what was looked at before isn't any more. `FilesNews::Listed` and
    /// `FilesNews::Stands` tell of changes alone.
    Look(Option<FilesLook>),
    /// Read a file to show it. Answer: `FilesNews::Opened`.
    Open {
        /// Comes back with the answer.
        id: OpenId,
        /// Whose.
        session: SessionId,
        /// Which.
        path: FilePath,
    },
    /// A further part of a large file. Answer: `FilesNews::Window`.
    Window {
        /// Comes back with the answer.
        id: OpenId,
        /// Whose.
        session: SessionId,
        /// Which.
        path: FilePath,
        /// From there on.
        offset: u64,
        /// At most so many bytes.
        length: u32,
    },
    /// Files whose paths fit; only the newest of a finder is answered. Answer: `FilesNews::Found`, and another one
    /// when a newer list has come meanwhile.
    Find {
        /// Who wants it.
        finder: Finder,
        /// Whose.
        session: SessionId,
        /// What was typed.
        typed: String,
        /// At most so many.
        limit: u32,
    },
    /// How these begin, which are offered for a mention; only the newest is answered. Answer: `FilesNews::Heads`.
    Heads {
        /// Whose.
        session: SessionId,
        /// Which.
        paths: Vec<String>,
    },
    /// Tell the words of code apart. Answer: `FilesNews::Coloured`.
    Colour {
        /// Comes back with the answer.
        id: OpenId,
        /// What.
        work: Box<ColourWork>,
    },
    /// Read a file again, and compare it with what was written here. Answer: `FilesNews::Compared`.
    Compare {
        /// Comes back with the answer.
        id: OpenId,
        /// Whose.
        session: SessionId,
        /// Which.
        path: FilePath,
        /// What both came from, where it is known.
        base: Option<Arc<str>>,
        /// What is written here.
        mine: String,
    },
    /// Keep what is written and not saved, also over a restart; `None` when it is saved or given up.
    Keep {
        /// Its file here.
        name: String,
        /// It.
        draft: Option<Box<FileDraft>>,
    },
    /// Read what was kept. Answer: `FilesNews::Drafts`.
    Drafts,
    /// Put a text that can't be in an editor into a file of its own on this machine. Answer: `FilesNews::PutAside`.
    PutAside {
        /// Whose it was.
        session: SessionId,
        /// Under what name it is kept so far; given up when it is there.
        kept: Option<String>,
        /// What it was to be.
        path: FilePath,
        /// It.
        text: String,
    },
}

/// What the frame is told about files.
#[derive(Debug)]
pub enum FilesNews {
    /// What a directory holds; `None` when it is as it was.
    Listed {
        /// Whose.
        session: SessionId,
        /// Which.
        path: FilePath,
        /// It.
        answer: Result<Option<Arc<Folder>>, Failure>,
    },
    /// A file that is looked at is another one now, or gone.
    Stands {
        /// Which.
        id: OpenId,
        /// How it stands.
        answer: Result<FileEntry, Failure>,
    },
    /// A file, ready to be shown.
    Opened {
        /// Of the asking.
        id: OpenId,
        /// It.
        answer: Result<Box<Opened>, Failure>,
    },
    /// A part of a large file.
    Window {
        /// Of the asking.
        id: OpenId,
        /// Where it was to begin.
        offset: u64,
        /// It, and how the file stood then.
        answer: Result<(FileEntry, Vec<u8>), Failure>,
    },
    /// Files that fit.
    Found {
        /// Who wanted it.
        finder: Finder,
        /// Whose.
        session: SessionId,
        /// What was typed.
        typed: String,
        /// They.
        answer: Result<FoundFiles, Failure>,
    },
    /// How files begin.
    Heads {
        /// Whose.
        session: SessionId,
        /// By their paths.
        heads: Vec<(String, Head)>,
    },
    /// Words of code.
    Coloured {
        /// Of the asking.
        id: OpenId,
        /// They.
        coloured: Box<Coloured>,
    },
    /// What is on the host against what is written here.
    Compared {
        /// Of the asking.
        id: OpenId,
        /// Both, and the version and text of the host's.
        answer: Result<Box<Comparison>, Failure>,
    },
    /// What was kept of an earlier start, by the names of its files here.
    Drafts(Vec<(String, FileDraft)>),
    /// A text was put aside.
    PutAside {
        /// Whose it was.
        session: SessionId,
        /// What it was to be.
        path: FilePath,
        /// Where it is.
        answer: Result<PathBuf, Failure>,
    },
}

/// What is on the host against what is written here.
#[derive(Debug)]
pub struct Comparison {
    /// Part by part.
    pub merge: Merge,
    /// How the file on the host stands.
    pub file: FileEntry,
    /// What it holds.
    pub theirs: Arc<str>,
}

/// Carries them out.
#[derive(Debug)]
pub(super) struct Files {
    room: Arc<Room>,
    looking: Option<AbortHandle>,
    finding: HashMap<Finder, AbortHandle>,
    heads: Option<AbortHandle>,
    opening: HashMap<OpenId, AbortHandle>,
    drafts: drafts::Drafts,
}

impl Files {
    pub fn new(room: Arc<Room>) -> Self {
        let drafts = drafts::Drafts::start(&room);
        Self {
            room,
            looking: None,
            finding: HashMap::new(),
            heads: None,
            opening: HashMap::new(),
            drafts,
        }
    }

    /// Begins it; never waits.
    pub fn carry_out(&mut self, tasks: &mut JoinSet<()>, asked: FilesAsk) {
        let room = Arc::clone(&self.room);
        match asked {
            FilesAsk::List { session, path, seen, long } => {
                tasks.spawn(async move {
                    if long {
                        if !names_told(&room, &session, &path).await {
                            return;
                        }
                        tokio::time::sleep(DRAWN).await; // wait: whoever draws the names comes first
                    }
                    let answer = list(&room, &session, &path, seen).await;
                    tell(&room, FilesNews::Listed { session, path, answer }).await;
                });
            }
            FilesAsk::Look(look) => {
                if let Some(before) = self.looking.take() {
                    before.abort();
                }
                self.looking = look.map(|look| tasks.spawn(watch::watch(room, look)));
            }
            FilesAsk::Open { id, session, path } => {
                let task = tasks.spawn(async move {
                    let answer = open::open(&room, &session, &path).await.map(Box::new);
                    tell(&room, FilesNews::Opened { id, answer }).await;
                });
                self.opening.retain(|_, task| !task.is_finished());
                if let Some(before) = self.opening.insert(id, task) {
                    before.abort();
                }
            }
            FilesAsk::Window { id, session, path, offset, length } => {
                tasks.spawn(async move {
                    let answer = open::window(&room, &session, &path, offset, length).await;
                    let answer = answer.map(|window| (window.file, window.bytes));
                    tell(&room, FilesNews::Window { id, offset, answer }).await;
                });
            }
            FilesAsk::Find { finder, session, typed, limit } => {
                let task = tasks.spawn(async move {
                    find(&room, finder, session, typed, limit).await;
                });
                if let Some(before) = self.finding.insert(finder, task) {
                    before.abort();
                }
            }
            FilesAsk::Heads { session, paths } => {
                let task = tasks.spawn(async move {
                    if let Some(heads) = heads::heads(&room, &session, paths).await {
                        tell(&room, FilesNews::Heads { session, heads }).await;
                    }
                });
                if let Some(before) = self.heads.replace(task) {
                    before.abort();
                }
            }
            FilesAsk::Colour { id, work } => {
                tasks.spawn(async move {
                    let done = tokio::task::spawn_blocking(move || work.run()).await;
                    match done {
                        Ok(coloured) => {
                            let coloured = Box::new(coloured);
                            tell(&room, FilesNews::Coloured { id, coloured }).await;
                        }
                        Err(error) => tracing::error!("colouring code broke off: {error}"),
                    }
                });
            }
            FilesAsk::Compare { id, session, path, base, mine } => {
                tasks.spawn(async move {
                    let answer = open::compare(&room, &session, &path, base, mine).await;
                    tell(&room, FilesNews::Compared { id, answer: answer.map(Box::new) }).await;
                });
            }
            FilesAsk::Keep { name, draft } => self.drafts.keeping().keep(name, draft),
            FilesAsk::Drafts => {
                tasks.spawn(async move {
                    let (drafts, failures) = drafts::read(directory(&room)).await;
                    for failure in failures {
                        room.teller.tell(News::Trouble(failure)).await;
                    }
                    tell(&room, FilesNews::Drafts(drafts)).await;
                });
            }
            FilesAsk::PutAside { session, kept, path, text } => {
                let drafts = self.drafts.keeping();
                tasks.spawn(async move {
                    let dir = room.setup.paths.data.join("unsaved");
                    let answer = drafts::put_aside(dir, path.clone(), text).await;
                    if let (Ok(_), Some(kept)) = (&answer, kept) {
                        drafts.keep(kept, None);
                    }
                    tell(&room, FilesNews::PutAside { session, path, answer }).await;
                });
            }
        }
    }

    /// Writes what is still to be kept.
    pub async fn end(self) {
        self.drafts.end().await;
    }
}

/// Where unsaved texts are kept.
fn directory(room: &Room) -> PathBuf {
    room.setup.paths.data.join("file-drafts")
}

async fn tell(room: &Room, news: FilesNews) {
    room.teller.tell(News::File(news)).await;
}

async fn ask(room: &Room, query: FileQuery) -> Result<FileReply, Failure> {
    match room.call(Request::query(Query::File(query))).await? {
        Reply::File(reply) => Ok(reply),
        _ => Err(Failure::new(Code::Internal, "the engine answered something else than was asked")),
    }
}

fn unfit(answer: Result<FileReply, Failure>) -> Failure {
    match answer {
        Ok(_) => Failure::new(Code::Internal, "the engine answered something else than was asked"),
        Err(failure) => failure,
    }
}

/// Tells the names in a directory. `false` when there is nothing more to be asked.
async fn names_told(room: &Room, session: &SessionId, path: &FilePath) -> bool {
    let (at, of) = (At::Session(session.clone()), path.clone());
    let answer = match ask(room, FileQuery::Names { at, path: of, limit: ENTRIES }).await {
        Ok(FileReply::Listing(listing)) => sorted(listing).await,
        other => Err(unfit(other)),
    };
    let more = answer.as_ref().is_ok_and(|folder| folder.version.is_empty());
    let (session, path) = (session.clone(), path.clone());
    tell(room, FilesNews::Listed { session, path, answer: answer.map(Some) }).await;
    more
}

async fn sorted(listing: Listing) -> Result<Arc<Folder>, Failure> {
    let sorted = tokio::task::spawn_blocking(move || Arc::new(Folder::of(listing))).await;
    sorted.map_err(|error| Failure::new(Code::Internal, format!("sorting broke off: {error}")))
}

/// Tells what fits, and once more what fits in a newer list, as soon as that has come.
async fn find(room: &Room, finder: Finder, session: SessionId, typed: String, limit: u32) {
    let mut behind = None;
    loop {
        let at = At::Session(session.clone());
        let wanted = FileQuery::Find { at, typed: typed.clone(), limit, behind };
        let answer = match ask(room, wanted).await {
            Ok(FileReply::Found(found)) => Ok(found),
            Ok(FileReply::Unchanged) => return,
            // What was told before stands.
            Err(_) if behind.is_some_and(|list| list != 0) => return,
            other => Err(unfit(other)),
        };
        behind = answer.as_ref().ok().filter(|found| found.coming).map(|found| found.list);
        let (session, typed) = (session.clone(), typed.clone());
        tell(room, FilesNews::Found { finder, session, typed, answer }).await;
        if behind.is_none() {
            return;
        }
    }
}

/// What a directory holds, sorted; `None` when it is as it was seen.
async fn list(
    room: &Room,
    session: &SessionId,
    path: &FilePath,
    seen: Option<String>,
) -> Result<Option<Arc<Folder>>, Failure> {
    let (at, path) = (At::Session(session.clone()), path.clone());
    match ask(room, FileQuery::List { at, path, seen, limit: ENTRIES }).await {
        Ok(FileReply::Listing(listing)) => sorted(listing).await.map(Some),
        Ok(FileReply::Unchanged) => Ok(None),
        other => Err(unfit(other)),
    }
}
