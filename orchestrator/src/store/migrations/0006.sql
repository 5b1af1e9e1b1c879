-- Terminals on hosts: those that are kept there outlive us. `body` is the JSON of store::TerminalRecord.
CREATE TABLE terminals (
    id TEXT PRIMARY KEY,
    body TEXT NOT NULL
) STRICT;
