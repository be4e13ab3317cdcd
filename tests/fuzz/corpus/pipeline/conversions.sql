-- Types whose text PostgreSQL reads as a small language: what is wrong with it is an error of class 42, like that of a wrong
-- statement, and still the record's own.
CREATE FOREIGN TABLE words (
    id   integer NOT NULL,
    word text    NOT NULL,
    path jsonpath
) SERVER kafka OPTIONS (topic '{topic}', partitions '1');

CREATE TABLE searched (id integer PRIMARY KEY, query tsquery);
INSERT INTO searched SELECT id, word::tsquery FROM words;

CREATE TABLE relations (id integer PRIMARY KEY, found text);
INSERT INTO relations SELECT id, word::regclass::text FROM words WHERE id < 3
ON CONFLICT (id) DO UPDATE SET found = excluded.found || '!';

CREATE TABLE neighbours (id integer, path jsonpath);
INSERT INTO neighbours SELECT id, path FROM words;

CREATE MATERIALIZED VIEW shares AS SELECT count(*) AS words, max(100 / nullif(id, 0)) AS largest, min(100 / (id - 2)) AS odd FROM words;
