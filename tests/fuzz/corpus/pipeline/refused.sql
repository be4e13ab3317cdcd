CREATE FOREIGN TABLE events (id integer NOT NULL, kind text) SERVER kafka OPTIONS (topic '{topic}', partitions '1');
CREATE FOREIGN TABLE others (id integer NOT NULL) SERVER kafka OPTIONS (topic '{topic}.others', partitions '1');
CREATE TABLE t (id integer PRIMARY KEY, n bigint);
-- name: window
INSERT INTO t SELECT id, row_number() OVER (ORDER BY id) FROM events;
-- name: distinct
INSERT INTO t SELECT DISTINCT id FROM events;
-- name: two streams
INSERT INTO t SELECT e.id FROM events e JOIN others o ON o.id = e.id;
-- name: aggregate
INSERT INTO t SELECT max(id), count(*) FROM events;
-- name: groups
INSERT INTO t SELECT id, count(*) FROM events GROUP BY id;
-- name: limit
INSERT INTO t SELECT id FROM events LIMIT 10;
-- name: union
INSERT INTO t SELECT id FROM events UNION ALL SELECT id FROM events;
-- name: random
INSERT INTO t SELECT id, random() * 10 FROM events;
CREATE MATERIALIZED VIEW ranked AS SELECT kind, count(*), rank() OVER (ORDER BY count(*)) FROM events GROUP BY kind;
CREATE MATERIALIZED VIEW kinds AS SELECT DISTINCT kind, count(*) FROM events GROUP BY kind;
CREATE MATERIALIZED VIEW top AS SELECT kind, count(*) FROM events GROUP BY kind LIMIT 3;
CREATE FOREIGN TABLE odd (id integer) SERVER kafka OPTIONS (topic '{topic}.odd', compression 'zstd');
