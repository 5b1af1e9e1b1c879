-- Everything that one data directory knows. Times are milliseconds since 1970-01-01 UTC. An applied migration is never edited.

-- `epoch` names this event log; numbers of another log mean nothing here.
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

-- `body` is the JSON of seam::Session without its tabs. `env` holds secrets: the file is 0600, and no event or snapshot carries it.
CREATE TABLE sessions (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    body TEXT NOT NULL,
    env TEXT NOT NULL
) STRICT;

-- `body` is the JSON of seam::Tab without its queue.
CREATE TABLE tabs (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    session TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX tabs_of_session ON tabs (session);

-- Messages that wait, in the order of `position` within their tab. `body` is the JSON of seam::QueuedMessage.
CREATE TABLE messages (
    id TEXT PRIMARY KEY,
    session TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    tab TEXT NOT NULL REFERENCES tabs (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    body TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX messages_of_tab ON messages (tab, position);

-- Images of a message, kept until its turn was launched for certain.
CREATE TABLE images (
    message TEXT NOT NULL,
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (message, position)
) STRICT;

-- Durable runs. Those of turns have a session; those of `baton run` have none. `reader` is the saved state of whoever reads the
-- output: it has consumed `out_offset` and `err_offset` bytes, and is written in the same transaction as what it made of them.
CREATE TABLE runs (
    id TEXT PRIMARY KEY,
    host TEXT NOT NULL,
    -- The JSON of host::Place: where the host was when the run was launched.
    place TEXT,
    started_at INTEGER NOT NULL,
    command TEXT NOT NULL,
    cwd TEXT,
    session TEXT,
    tab TEXT,
    turn TEXT,
    -- launching: nobody knows yet whether it began. running. ended: its output and status are here. never: it never began.
    -- left: given up, so nobody here knows what became of it.
    state TEXT NOT NULL CHECK (state IN ('launching', 'running', 'ended', 'never', 'left')),
    status INTEGER,
    out_offset INTEGER NOT NULL DEFAULT 0,
    err_offset INTEGER NOT NULL DEFAULT 0,
    reader TEXT,
    -- Whether its directory on the host is gone, or was never made.
    swept INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX runs_open ON runs (state) WHERE state IN ('launching', 'running');
CREATE INDEX runs_unswept ON runs (host) WHERE swept = 0;

-- What waits for a person. `body` is the JSON of seam::Approval.
CREATE TABLE approvals (
    id TEXT PRIMARY KEY,
    session TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    body TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What happened, appended before anybody is told. `body` is the JSON of seam::EventBody.
CREATE TABLE events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    session TEXT NOT NULL,
    tab TEXT,
    turn TEXT,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX events_of_session ON events (session, seq);

-- Commands that were carried out, so that one sent again runs once. `command` is a hash of what was asked.
CREATE TABLE receipts (
    id TEXT PRIMARY KEY,
    command TEXT NOT NULL,
    reply TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX receipts_by_age ON receipts (at);
