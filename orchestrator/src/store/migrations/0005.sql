-- What takes long: transfers, what git sends and fetches, worktrees, command lines. `body` is the JSON of store::OperationRecord,
-- which may hold the environment of a session that is to be made: the file is 0600. What one has printed is a file beside
-- the database, under its id.
CREATE TABLE operations (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    body TEXT NOT NULL
) STRICT;

-- Command lines that were run, each once in its scope: `session:ID`, or `host:ID`. The last ones have the highest positions.
CREATE TABLE lines (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    scope TEXT NOT NULL,
    line TEXT NOT NULL,
    UNIQUE (scope, line)
) STRICT;
CREATE INDEX lines_of_scope ON lines (scope, position);
