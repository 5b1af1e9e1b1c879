-- The history: what was done here, what waits to be sent, and what other people's shared files hold.

-- A directory on a machine whose history people share. `place` is the JSON of host::Place, `root` its absolute path there.
-- `ignored`: what is known of git ignoring its history. `hinted`: whether a person was told.
CREATE TABLE projects (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    place TEXT NOT NULL,
    root TEXT NOT NULL,
    ignored TEXT,
    hinted INTEGER NOT NULL DEFAULT 0,
    UNIQUE (place, root)
) STRICT;

-- Which project a directory is in, as a session writes it; no `cwd` is the home directory.
CREATE TABLE project_dirs (
    place TEXT NOT NULL,
    cwd TEXT,
    project INTEGER NOT NULL REFERENCES projects (id) ON DELETE CASCADE
) STRICT;
CREATE UNIQUE INDEX project_dirs_once ON project_dirs (place, cwd IS NULL, coalesce(cwd, ''));

-- The shared files of a project. `state` is JSON of whoever reads them: how far, and what they are told apart by.
CREATE TABLE history_files (
    id INTEGER PRIMARY KEY,
    project INTEGER NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    state TEXT NOT NULL,
    UNIQUE (project, name)
) STRICT;

-- Entries, without what is long. `row` sorts as the time: milliseconds << 20, and what tells those of one moment apart.
CREATE TABLE history (
    row INTEGER PRIMARY KEY,
    -- Several rows may have the same one: of several files, or of a file and ours.
    id TEXT NOT NULL,
    -- As the entry says, and it may say anything.
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    hostname TEXT,
    -- NULL: made here.
    file INTEGER REFERENCES history_files (id),
    position INTEGER,
    -- NULL while nobody knows.
    project INTEGER REFERENCES projects (id),
    -- 0: shown. 1: the same line is shown in another project, so not in the view over all. 2: another row of the same
    -- project stands for it.
    hidden INTEGER NOT NULL DEFAULT 0 CHECK (hidden IN (0, 1, 2)),
    -- Of entries that were made here:
    place TEXT,
    cwd TEXT,
    session TEXT,
    CHECK ((file IS NULL) = (position IS NULL)),
    CHECK (file IS NULL OR project IS NOT NULL)
) STRICT;
CREATE INDEX history_of_id ON history (id);
CREATE UNIQUE INDEX history_made_here ON history (id) WHERE file IS NULL;
CREATE UNIQUE INDEX history_of_file ON history (file, position) WHERE file IS NOT NULL;
CREATE INDEX history_of_project ON history (project) WHERE hidden < 2;
CREATE INDEX history_of_session ON history (session) WHERE session IS NOT NULL;
CREATE INDEX history_homeless ON history (place) WHERE project IS NULL;

-- Their lines as they stand in a file, apart, so that whoever counts entries doesn't wade through them.
CREATE TABLE history_lines (
    row INTEGER PRIMARY KEY REFERENCES history (row) ON DELETE CASCADE,
    line BLOB NOT NULL
) STRICT;

-- Their words, to be searched: only a space (or a control character) parts two of them.
CREATE VIRTUAL TABLE history_words USING fts5 (
    words,
    content = '',
    contentless_delete = 1,
    prefix = '2 3',
    tokenize = "ascii tokenchars '!""#$%&''()*+,-./:;<=>?@[\]^_`{|}~'"
);

-- Every word that was ever stored: a word's beginning is looked up here, and the whole words in the index, which is
-- many times quicker than to let the index put together what begins so.
CREATE TABLE history_terms (term TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;

-- The words of rows that were shadowed when they came: they go into the index when they are shown. Most are our own
-- entries, read back from our own file, and a search needn't meet each of them twice.
CREATE TABLE history_aside (
    row INTEGER PRIMARY KEY REFERENCES history (row) ON DELETE CASCADE,
    words TEXT NOT NULL
) STRICT;

-- Rows of the index that a search over everything passes over.
CREATE TABLE history_excluded (
    row INTEGER PRIMARY KEY REFERENCES history (row) ON DELETE CASCADE
) STRICT;

-- How many there are of each sort, kept by the triggers below. `project` 0 is none, and a local one has no host name here.
CREATE TABLE history_counts (
    project INTEGER NOT NULL,
    hidden INTEGER NOT NULL,
    local INTEGER NOT NULL,
    hostname TEXT NOT NULL,
    kind TEXT NOT NULL,
    entries INTEGER NOT NULL,
    PRIMARY KEY (project, hidden, local, hostname, kind)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER history_added AFTER INSERT ON history BEGIN
    INSERT INTO history_counts (project, hidden, local, hostname, kind, entries)
    VALUES (coalesce(new.project, 0), new.hidden, new.file IS NULL,
        CASE WHEN new.file IS NULL THEN '' ELSE coalesce(new.hostname, '') END, new.kind, 1)
    ON CONFLICT DO UPDATE SET entries = entries + 1;
END;

CREATE TRIGGER history_removed AFTER DELETE ON history BEGIN
    UPDATE history_counts SET entries = entries - 1
    WHERE project = coalesce(old.project, 0) AND hidden = old.hidden AND local = (old.file IS NULL)
        AND hostname = CASE WHEN old.file IS NULL THEN '' ELSE coalesce(old.hostname, '') END AND kind = old.kind;
    DELETE FROM history_counts
    WHERE project = coalesce(old.project, 0) AND hidden = old.hidden AND local = (old.file IS NULL)
        AND hostname = CASE WHEN old.file IS NULL THEN '' ELSE coalesce(old.hostname, '') END AND kind = old.kind
        AND entries = 0;
END;

CREATE TRIGGER history_moved AFTER UPDATE OF project, hidden ON history BEGIN
    UPDATE history_counts SET entries = entries - 1
    WHERE project = coalesce(old.project, 0) AND hidden = old.hidden AND local = (old.file IS NULL)
        AND hostname = CASE WHEN old.file IS NULL THEN '' ELSE coalesce(old.hostname, '') END AND kind = old.kind;
    DELETE FROM history_counts
    WHERE project = coalesce(old.project, 0) AND hidden = old.hidden AND local = (old.file IS NULL)
        AND hostname = CASE WHEN old.file IS NULL THEN '' ELSE coalesce(old.hostname, '') END AND kind = old.kind
        AND entries = 0;
    INSERT INTO history_counts (project, hidden, local, hostname, kind, entries)
    VALUES (coalesce(new.project, 0), new.hidden, new.file IS NULL,
        CASE WHEN new.file IS NULL THEN '' ELSE coalesce(new.hostname, '') END, new.kind, 1)
    ON CONFLICT DO UPDATE SET entries = entries + 1;
END;

-- Entries that are to be written into a shared file. `failure` is the JSON of the last Failure.
CREATE TABLE history_outbox (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    row INTEGER NOT NULL REFERENCES history (row),
    place TEXT NOT NULL,
    cwd TEXT,
    at INTEGER NOT NULL,
    failure TEXT
) STRICT;
CREATE INDEX history_outbox_of_place ON history_outbox (place);
CREATE INDEX history_outbox_of_row ON history_outbox (row);
