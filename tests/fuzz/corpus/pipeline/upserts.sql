CREATE FOREIGN TABLE stock (
    sku     integer NOT NULL,
    change  integer NOT NULL,
    label   text,
    arrived timestamptz OPTIONS (timestamp 'true'),
    part    integer OPTIONS (partition 'true'),
    off     bigint OPTIONS ("offset" 'true'),
    origin  text OPTIONS (header 'origin')
) SERVER kafka OPTIONS (topic '{topic}', partitions '1');

-- A sum: every row of a key counts, in the records' order.
CREATE TABLE stock_level (sku integer PRIMARY KEY, level integer NOT NULL CHECK (level > -5), changes integer NOT NULL, labels text);
INSERT INTO stock_level (sku, level, changes, labels)
SELECT sku, change, 1, label FROM stock
ON CONFLICT (sku) DO UPDATE SET level = stock_level.level + excluded.level, changes = stock_level.changes + 1,
                                labels = stock_level.labels || excluded.labels;

-- A replacement: the last row of a key wins.
CREATE TABLE stock_latest (sku integer PRIMARY KEY, change integer, label text, part integer, off bigint, origin text);
INSERT INTO stock_latest SELECT sku, change, label, part, off, origin FROM stock
ON CONFLICT (sku) DO UPDATE SET change = excluded.change, label = excluded.label, part = excluded.part, off = excluded.off,
                                origin = excluded.origin;

-- The first row of a key wins, through a CTE; now() is the record's own time.
CREATE TABLE stock_first (sku integer PRIMARY KEY, label text, seen timestamptz, whole jsonb);
INSERT INTO stock_first
WITH s AS (SELECT sku, label, to_jsonb(stock) - 'arrived' AS whole FROM stock)
SELECT sku, label, now(), whole FROM s
ON CONFLICT DO NOTHING;
