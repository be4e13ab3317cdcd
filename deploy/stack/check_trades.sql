-- Are the tables and views of pipelines/systems/trades.sql what follows from what the exchange said? Computed from that alone.
-- For psql, in a session that has the tables sent (n, line), the messages, and listed (body), what /v2/assets answers now.
-- Prints a line for each table and view, which ends in "equal" or in the number of rows that differ.
\set QUIET on
SET TIME ZONE 'UTC';

CREATE TEMP VIEW said AS SELECT n, CASE WHEN line LIKE '{%}' THEN line::jsonb END AS body FROM sent;

-- A trade that was said several times is one.
CREATE TEMP VIEW good AS
SELECT DISTINCT body, 'epoch'::timestamptz + (body ->> 'timestamp')::bigint * INTERVAL '1 ms' AS at
FROM said WHERE body ? 'base' AND jsonb_typeof(body -> 'price') = 'number';

CREATE TEMP VIEW known AS
SELECT asset FROM listed, jsonb_array_elements(body::jsonb -> 'data') AS asset WHERE asset ->> 'maxSupply' IS NOT NULL;

-- The rows of both sides, those that are expected with +1 and those that are there with -1.
CREATE TEMP TABLE balance (name text, row_text text, weight integer);
INSERT INTO balance
SELECT 'trades', ROW(body ->> 'exchange', body ->> 'base', body ->> 'quote', body ->> 'direction', (body ->> 'price')::numeric,
                     (body ->> 'volume')::numeric, at, (body ->> 'priceUsd')::numeric)::text, 1 FROM good
UNION ALL SELECT 'trades', ROW(exchange, base, quote, direction, price, volume, traded_at, price_usd)::text, -1 FROM trades
UNION ALL SELECT 'assets', ROW(asset ->> 'id', (asset ->> 'rank')::integer, (asset ->> 'maxSupply')::numeric)::text, 1 FROM known
UNION ALL SELECT 'assets', ROW(id, rank, max_supply)::text, -1 FROM assets
UNION ALL SELECT 'enriched_trades',
                 ROW(asset ->> 'id', asset ->> 'name', asset ->> 'symbol', body ->> 'exchange', body ->> 'quote', body ->> 'direction',
                     (body ->> 'price')::numeric, (body ->> 'volume')::numeric, at, asset ->> 'explorer',
                     (asset ->> 'marketCapUsd')::numeric, (asset ->> 'maxSupply')::numeric, (asset ->> 'rank')::integer,
                     (asset ->> 'changePercent24Hr')::numeric, (asset ->> 'volumeUsd24Hr')::numeric,
                     (asset ->> 'vwap24Hr')::numeric)::text, 1
          FROM good JOIN known ON asset ->> 'id' = body ->> 'base'
UNION ALL SELECT 'enriched_trades', enriched_trades::text, -1 FROM enriched_trades
UNION ALL SELECT 'dead letters', n::text, 1
          FROM (SELECT count(*) AS n FROM said WHERE NOT coalesce(body ? 'base' AND jsonb_typeof(body -> 'price') = 'number', false)) AS bad
UNION ALL SELECT 'dead letters', n::text, -1
          FROM (SELECT count(*) AS n FROM tidewheel.dead_letters d JOIN tidewheel.streams s ON s.id = d.stream_id
                WHERE s.name = 'trade_messages') AS parked;

\ir check_balance.sql
