-- A transcript is read from its end, and shows the images that were sent.

-- Events of one tab right before a number: other tabs of the session aren't read on the way.
CREATE INDEX events_of_tab ON events (tab, seq) WHERE tab IS NOT NULL;

-- Images go with their session, no longer with the launch of their turn. Those that are here belong to messages that wait, or
-- to turns that their agents may not have yet; where neither is so, nobody can ask for them.
ALTER TABLE images ADD COLUMN session TEXT;
UPDATE images SET session = coalesce(
    (SELECT session FROM messages WHERE messages.id = images.message),
    (SELECT session FROM tabs WHERE json_extract(tabs.body, '$.turn.message.id') = images.message)
);
DELETE FROM images WHERE session IS NULL;
CREATE INDEX images_of_session ON images (session);
