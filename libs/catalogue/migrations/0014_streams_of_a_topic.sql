-- A topic may be declared by several streams.

-- By which consumer group a stream is read, of those that read its topic: 1 by GROUP.worker, 2 by GROUP.worker.2, and so on. It never
-- changes while the stream is there.
ALTER TABLE tidewheel.streams ADD COLUMN group_number integer NOT NULL DEFAULT 1 CHECK (group_number > 0),
    ADD UNIQUE (topic, group_number);

-- What is bad for one stream may be bad for another, too: then each has its dead letter.
ALTER TABLE tidewheel.dead_letters
    DROP CONSTRAINT dead_letters_topic_partition_offset_statement_id_record_has_key;
ALTER TABLE tidewheel.dead_letters
    ADD UNIQUE NULLS NOT DISTINCT (stream_id, topic, partition, "offset", statement_id, record_hash);

-- A program of an older version would take them for one: it looks again, and waits for its upgrade.
UPDATE tidewheel.catalogue SET version = version + 1 WHERE EXISTS (SELECT FROM tidewheel.statements);
