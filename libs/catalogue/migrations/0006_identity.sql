-- Whether the log that a statement goes on with is the one that it has read: a topic may be deleted and created again, and brokers
-- may lose the end of a log and fill it up again. Then its offsets mean other records.

ALTER TABLE tidewheel.progress
    -- The last record applied: its offset, its Kafka timestamp (milliseconds since 1970) and a checksum of its key and value.
    -- NULL: none was, or the statement was moved since.
    ADD COLUMN last_offset   bigint,
    ADD COLUMN last_time     bigint,
    ADD COLUMN last_checksum bigint,
    ADD COLUMN topic_id      text,          -- Kafka's; NULL: the client library doesn't know it
    -- Since when the statement can't go on in this partition, and why. Only a human's decision (tidewheel reset) takes it away.
    ADD COLUMN missing_since timestamptz,
    ADD COLUMN missing       text,
    ADD COLUMN missing_cause text CHECK (missing_cause IN ('deleted', 'replaced')),  -- replaced: it is another log
    ADD CHECK (num_nulls(last_offset, last_time, last_checksum) IN (0, 3)),
    ADD CHECK (num_nulls(missing_since, missing, missing_cause) IN (0, 3));

-- A program of an older version would move the progress without what proves it: it looks again, and waits for its upgrade.
UPDATE tidewheel.catalogue SET version = version + 1 WHERE EXISTS (SELECT FROM tidewheel.statements);

-- A dead letter is of a record, and not of a place: where a topic was created again, another one may be at the same offset, and be
-- bad as well. 64 bits of SHA-256 tell them apart.
CREATE FUNCTION tidewheel.record_hash(record_time timestamptz, key bytea, payload bytea) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN ('x' || encode(substr(sha256(coalesce(timestamptz_send(record_time), '') || coalesce(sha256(key), '') || '|' ||
                                        coalesce(sha256(payload), '')), 1, 8), 'hex'))::bit(64)::bigint;

-- NULL: of a letter that was discarded before, whose record nobody knows any more.
ALTER TABLE tidewheel.dead_letters ADD COLUMN record_hash bigint;
UPDATE tidewheel.dead_letters SET record_hash = tidewheel.record_hash(record_time, key, payload) WHERE discarded_at IS NULL;
ALTER TABLE tidewheel.dead_letters DROP CONSTRAINT dead_letters_topic_partition_offset_statement_id_key,
    ADD UNIQUE NULLS NOT DISTINCT (topic, partition, "offset", statement_id, record_hash);
