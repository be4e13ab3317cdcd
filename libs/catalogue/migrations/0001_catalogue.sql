-- The catalogue: what was applied, how far it has come, and what could not be stored.

-- One row. Its number rises with every change that services have to notice.
CREATE TABLE tidewheel.catalogue (version bigint NOT NULL);
INSERT INTO tidewheel.catalogue VALUES (1);

CREATE TABLE tidewheel.streams (
    id          integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    schema_name text    NOT NULL,
    name        text    NOT NULL,
    topic       text    NOT NULL,
    partitions  integer NOT NULL,
    is_foreign  boolean NOT NULL,              -- false: an empty ordinary table stands in, there being no foreign-data wrapper
    text        text    NOT NULL,
    fingerprint text    NOT NULL,
    file        text    NOT NULL,
    line        integer NOT NULL,
    applied_at  timestamptz NOT NULL DEFAULT now(),
    UNIQUE (schema_name, name)
);

-- Continuous statements: rows (INSERT … SELECT) and views (CREATE MATERIALIZED VIEW).
CREATE TABLE tidewheel.statements (
    id            integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name          text    NOT NULL UNIQUE,
    kind          text    NOT NULL CHECK (kind IN ('rows', 'view')),
    stream_id     integer NOT NULL REFERENCES tidewheel.streams,
    target_schema text    NOT NULL,            -- the table that rows go to, or the view that users read
    target_name   text    NOT NULL,
    state_table   text,                        -- views: where the partial aggregates are, quoted and qualified
    search_path   text    NOT NULL,            -- under which the text was applied, and runs
    text          text    NOT NULL,
    fingerprint   text    NOT NULL,
    file          text    NOT NULL,
    line          integer NOT NULL,
    applied_at    timestamptz NOT NULL DEFAULT now(),
    CHECK ((kind = 'view') = (state_table IS NOT NULL))
);

-- Every other statement of a pipeline, so that applying it again does nothing.
CREATE TABLE tidewheel.objects (
    object      text    PRIMARY KEY,           -- 'TABLE public.discounted_events'
    kind        text    NOT NULL,
    text        text    NOT NULL,
    fingerprint text    NOT NULL,
    file        text    NOT NULL,
    line        integer NOT NULL,
    applied_at  timestamptz NOT NULL DEFAULT now()
);

-- How far each statement has come in each partition that it reads: the only truth about progress. A row changes in the very
-- transaction that stores what the records led to.
CREATE TABLE tidewheel.progress (
    statement_id  integer NOT NULL REFERENCES tidewheel.statements ON DELETE CASCADE,
    topic         text    NOT NULL,
    partition     integer NOT NULL,
    next_offset   bigint,                      -- the first offset that is not applied yet; NULL: not begun
    watermark     timestamptz,                 -- the largest event time applied
    record_time   timestamptz,                 -- the Kafka timestamp of the newest record applied
    end_offset    bigint,                      -- the partition's end when next_offset was written
    records       bigint  NOT NULL DEFAULT 0,  -- applied by this statement
    rows_written  bigint  NOT NULL DEFAULT 0,
    committed_at  timestamptz,
    -- Fencing: who may move this row. A claim takes a new epoch, so an earlier owner's commit no longer matches.
    epoch         bigint  NOT NULL DEFAULT 0,
    owner         text,
    owner_pid     integer,
    owner_started timestamptz,                 -- backend_start of owner_pid: the number alone may be somebody else's by now
    claimed_at    timestamptz,
    PRIMARY KEY (statement_id, partition)
) WITH (fillfactor = 50);
CREATE SEQUENCE tidewheel.epoch;

-- Records that could not be stored, whole, with the reason. statement_id is NULL when the stream's own rules refused the record;
-- then it is here once, however many statements read the stream.
CREATE TABLE tidewheel.dead_letters (
    id           bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    stream_id    integer NOT NULL REFERENCES tidewheel.streams ON DELETE CASCADE,
    statement_id integer REFERENCES tidewheel.statements ON DELETE CASCADE,
    topic        text    NOT NULL,
    partition    integer NOT NULL,
    "offset"     bigint  NOT NULL,
    record_time  timestamptz,
    key          bytea,
    headers      jsonb,                        -- [{"name": …, "value": text, or null}, …]; a value that is no UTF-8 as "\x…"
    payload      bytea,                        -- the record's value, byte for byte; NULL: a tombstone
    reason       text    NOT NULL,
    detail       text    NOT NULL,
    column_name  text,
    parked_at    timestamptz NOT NULL DEFAULT now(),
    UNIQUE NULLS NOT DISTINCT (topic, partition, "offset", statement_id)
);
CREATE INDEX ON tidewheel.dead_letters (reason, parked_at);

-- Which windows are complete: how far each partition's event time has come, per view. A partition that has been read to its end
-- and has been silent for a minute is idle and doesn't hold the others back.
CREATE VIEW tidewheel.windows AS
SELECT v.view, v.topic, v.partition, v.watermark, v.idle,
       CASE WHEN bool_or(v.watermark IS NULL AND NOT v.idle) OVER (PARTITION BY v.view) THEN NULL
            ELSE coalesce(min(v.watermark) FILTER (WHERE NOT v.idle) OVER (PARTITION BY v.view),
                          max(v.watermark) OVER (PARTITION BY v.view)) END AS complete_until
FROM (SELECT s.name AS view, p.topic, p.partition, p.watermark,
             coalesce(p.next_offset >= p.end_offset AND p.committed_at < now() - interval '1 minute', false) AS idle
      FROM tidewheel.progress p JOIN tidewheel.statements s ON s.id = p.statement_id
      WHERE s.kind = 'view') v;
COMMENT ON VIEW tidewheel.windows IS
    'Per view and partition: the event time reached (watermark); complete_until: every window that ends by then is complete, late records aside';
