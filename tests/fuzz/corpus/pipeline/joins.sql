CREATE TYPE side AS ENUM ('buy', 'sell');
CREATE TABLE assets (id text PRIMARY KEY, name text NOT NULL, tags text[]);
INSERT INTO assets VALUES ('btc', 'Bitcoin', '{coin,old}'), ('eth', 'Ether', '{coin}');

CREATE FOREIGN TABLE trades (
    base   text OPTIONS (json 'trade.base'),
    price  numeric OPTIONS (json 'trade.price') NOT NULL,
    side   side,
    host   inet,
    lines  jsonb,
    labels text[],
    at     timestamptz,
    CHECK (lines IS NULL OR jsonb_array_length(lines) > 0)
) SERVER kafka OPTIONS (topic '{topic}', partitions '1');

CREATE TABLE enriched (name text, price numeric, side side, host inet, label text, at timestamptz);
INSERT INTO enriched
SELECT a.name, t.price, t.side, t.host, t.labels[1], t.at FROM trades t JOIN assets a ON a.id = t.base;

CREATE TABLE known (base text, name text);
INSERT INTO known SELECT t.base, a.name FROM trades t LEFT JOIN assets a ON a.id = t.base WHERE t.price > 0;

CREATE TABLE lines (base text, product integer, quantity integer CHECK (quantity < 100));
INSERT INTO lines SELECT t.base, (l ->> 'product')::integer, (l ->> 'quantity')::integer
FROM trades t, LATERAL jsonb_array_elements(t.lines) l WHERE t.lines IS NOT NULL;

CREATE MATERIALIZED VIEW by_asset AS
SELECT a.name, count(*) AS trades, sum(t.price) AS volume, 1 / sum(t.price - 5) AS odd
FROM trades t JOIN assets a ON a.id = t.base GROUP BY a.name;

CREATE MATERIALIZED VIEW ratios AS SELECT base, sum(100 / (price - 7)) AS ratio FROM trades GROUP BY base;
