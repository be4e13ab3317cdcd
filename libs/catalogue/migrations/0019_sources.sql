-- Who fetches the records of a stream from its source (OPTIONS (source …)), and how far that has come. A row belongs to its owner for
-- ten seconds after renewed_at, by this server's clock. What stands here was acknowledged by Kafka before.
CREATE TABLE tidewheel.sources (
    stream_id      integer PRIMARY KEY REFERENCES tidewheel.streams ON DELETE CASCADE,
    url            text    NOT NULL,           -- what follows is of this source
    owner          text,                       -- NULL: nobody
    epoch          bigint  NOT NULL,           -- of the owner's claim
    renewed_at     timestamptz NOT NULL,
    trouble        text,                       -- why it is not connected, or why the last poll failed; NULL: all is well
    trouble_since  timestamptz,
    complete_until timestamptz,                -- websocket: all messages that came before are in Kafka, and it was connected
    polled_at      timestamptz,                -- the last poll that worked
    etag           text,                       -- of the body that it found
    body_hash      text,                       -- SHA-256
    records        bigint  NOT NULL DEFAULT 0  -- so far
);
