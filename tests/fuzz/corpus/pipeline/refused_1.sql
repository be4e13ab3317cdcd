CREATE FOREIGN TABLE events (id integer NOT NULL, kind text) SERVER kafka OPTIONS (topic '{topic}', partitions '1');
CREATE TABLE t (id integer PRIMARY KEY);
INSERT INTO t SELECT id FROM events;
INSERT INTO t SELECT id + 1 FROM events;
