CREATE FOREIGN TABLE readings (
    n     integer NOT NULL,
    value numeric(6,2) CHECK (value < 1000),
    note  text,
    at    timestamptz
) SERVER kafka OPTIONS (topic '{topic}', partitions '1');

CREATE TABLE good (n integer, value numeric, note text);
INSERT INTO good SELECT n, value, note FROM readings;
CREATE MATERIALIZED VIEW total AS SELECT count(*) AS n FROM readings;
