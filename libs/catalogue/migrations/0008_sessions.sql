-- Lanes share their service's sessions. Whose batch a backend applies, an advisory lock says for as long as its transaction lasts
-- (backend_mark.hpp): a backend's number and start may be somebody else's by now, behind a pooler or in a copy of the database.
ALTER TABLE tidewheel.progress DROP COLUMN owner_pid, DROP COLUMN owner_started,
    ADD COLUMN owner_session bigint;         -- the advisory lock that the owner's service holds for as long as it is there

-- Services of an older version look again, see that the catalogue is not their own any more, and wait for their upgrade.
UPDATE tidewheel.catalogue SET version = version + 1 WHERE EXISTS (SELECT FROM tidewheel.statements);
