-- Messages that a person took out of a queue, the last ones of each session: they can be put back, images and all. `body` is the
-- JSON of store::RemovedMessage.
CREATE TABLE removed (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    session TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX removed_of_session ON removed (session);
