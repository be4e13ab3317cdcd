-- Rows that leave the database for a topic: INSERT INTO a stream. Its outbox is an ordinary table in schema tidewheel, of the
-- stream's name (docs/adr/0021-topics.md). Such a sink has no object of its own: it is its stream's, and goes with it.

ALTER TABLE tidewheel.sinks
    ALTER COLUMN object DROP NOT NULL,
    ADD COLUMN stream_id integer UNIQUE REFERENCES tidewheel.streams ON DELETE CASCADE,
    ADD CONSTRAINT sinks_object_or_stream CHECK (num_nonnulls(object, stream_id) = 1);
