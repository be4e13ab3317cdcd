-- What the chaos suite runs: every way in which rows and totals are kept, over one topic. Each row names its record's partition
-- and offset, so that every record can be asked for.
CREATE FOREIGN TABLE events (
    id          bigint  OPTIONS (key 'true')         NOT NULL,
    n           integer NOT NULL CHECK (n BETWEEN 0 AND 999),    -- id % 1000
    name        text    NOT NULL,
    "partition" integer OPTIONS ("partition" 'true') NOT NULL,
    "offset"    bigint  OPTIONS ("offset" 'true')    NOT NULL
) SERVER kafka OPTIONS (topic '{topic}', partitions '4', format 'json');

-- Without a key: what is stored twice is there twice.
CREATE TABLE plain (id bigint, n integer, name text, "partition" integer, "offset" bigint);
CREATE INDEX ON plain (id);
INSERT INTO plain SELECT id, n, name, "partition", "offset" FROM events;

-- With a key, and a rule that some good records break: these are this statement's own dead letters.
CREATE TABLE keyed (
    id bigint, n integer, name text CHECK (name <> 'refused'), "partition" integer, "offset" bigint, PRIMARY KEY ("partition", "offset")
);
INSERT INTO keyed SELECT id, n, name, "partition", "offset" FROM events ON CONFLICT DO NOTHING;

-- An upsert that counts: what is applied twice is counted twice.
CREATE TABLE latest (
    "partition" integer, slot integer, records bigint NOT NULL, last_offset bigint NOT NULL, PRIMARY KEY ("partition", slot)
);
INSERT INTO latest SELECT "partition", n % 10, 1, "offset" FROM events
ON CONFLICT ("partition", slot) DO UPDATE SET records = latest.records + 1, last_offset = excluded.last_offset;

CREATE MATERIALIZED VIEW totals AS
SELECT "partition", n % 10 AS slot, count(*) AS records, sum(n) AS total, max("offset") AS last_offset FROM events GROUP BY 1, 2;
