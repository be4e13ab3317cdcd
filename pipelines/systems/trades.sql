-- Trades of an exchange, enriched with what is known of the assets, in runs that are counted and watched.
--
--   websocket  ->  topic trades  ->  trades    \
--                                               >  enriched_trades
--   REST       ->  topic assets  ->  assets    /
--   POST /triggers  ->  topic enrichment-triggers  ->  enrichment_runs  ->  enrichment_pipeline_metrics
--                   ->  topic enrichment-metrics  ->  enrichment_alerts  ->  subscribers
--
-- Programs: tidewheel-source, tidewheel-ingress, tidewheel-worker, tidewheel-changefeed, tidewheel-notifier. The sources are
-- those of `tidewheel-simulator exchange --listen 127.0.0.1:8099`: write your own where it says 127.0.0.1:8099.

-- What the exchange says, a message a trade. A message that is no trade is a dead letter.
CREATE FOREIGN TABLE trade_messages (
    exchange   text,
    base       text         NOT NULL,
    quote      text,
    direction  text         CHECK (direction IN ('buy', 'sell')),
    price      numeric      NOT NULL CHECK (price >= 0),
    volume     numeric      NOT NULL CHECK (volume >= 0),
    traded_at  timestamptz  OPTIONS (json 'timestamp', epoch 'ms') NOT NULL,      -- a number in UTC; so is what is stored
    price_usd  numeric      OPTIONS (json 'priceUsd')
) SERVER kafka OPTIONS (topic 'trades', partitions '2', key 'base', event_time 'traded_at',
                        source 'ws://127.0.0.1:8099/trades/binance');

-- Every trade once. Two messages are the same trade if all fields are equal, and `digest` is made of all of them. The bound of
-- this is the table itself: a repetition is dropped as long as the trade is kept here. Delete old trades when you don't need
-- them any more, and a repetition of those counts as new.
CREATE TABLE trades (
    digest     bytea        PRIMARY KEY,
    exchange   text,
    base       text         NOT NULL,
    quote      text,
    direction  text,
    price      numeric      NOT NULL,
    volume     numeric      NOT NULL,
    traded_at  timestamptz  NOT NULL,
    price_usd  numeric
);

INSERT INTO trades
SELECT sha256(convert_to(jsonb_build_array(exchange, base, quote, direction, trim_scale(price), trim_scale(volume),
                                           extract(epoch FROM traded_at), trim_scale(price_usd))::text, 'UTF8')),
       exchange, base, quote, direction, price, volume, traded_at, price_usd
FROM trade_messages
ON CONFLICT (digest) DO NOTHING;

-- The assets, as the exchange lists them. Only those of which no more than max_supply will ever exist are of interest.
CREATE FOREIGN TABLE asset_updates (
    id                   text     NOT NULL CHECK (id <> ''),
    rank                 integer,
    symbol               text,
    name                 text,
    supply               numeric,
    max_supply           numeric  OPTIONS (json 'maxSupply'),
    market_cap_usd       numeric  OPTIONS (json 'marketCapUsd'),
    volume_usd_24hr      numeric  OPTIONS (json 'volumeUsd24Hr'),
    price_usd            numeric  OPTIONS (json 'priceUsd'),
    change_percent_24hr  numeric  OPTIONS (json 'changePercent24Hr'),
    vwap_24hr            numeric  OPTIONS (json 'vwap24Hr'),
    explorer             text
) SERVER kafka OPTIONS (topic 'assets', partitions '1', key 'id',
                        source 'http://127.0.0.1:8099/v2/assets', source_path 'data', source_interval '5 s');

CREATE TABLE assets (
    id                   text     PRIMARY KEY,
    rank                 integer,
    symbol               text,
    name                 text,
    supply               numeric,
    max_supply           numeric  NOT NULL,
    market_cap_usd       numeric,
    volume_usd_24hr      numeric,
    price_usd            numeric,
    change_percent_24hr  numeric,
    vwap_24hr            numeric,
    explorer             text
);

-- An asset that loses its max_supply keeps what was known before, so that no trade that was enriched disappears.
INSERT INTO assets
SELECT id, rank, symbol, name, supply, max_supply, market_cap_usd, volume_usd_24hr, price_usd, change_percent_24hr, vwap_24hr,
       explorer
FROM asset_updates
WHERE max_supply IS NOT NULL
ON CONFLICT (id) DO UPDATE
SET rank = excluded.rank, symbol = excluded.symbol, name = excluded.name, supply = excluded.supply,
    max_supply = excluded.max_supply, market_cap_usd = excluded.market_cap_usd, volume_usd_24hr = excluded.volume_usd_24hr,
    price_usd = excluded.price_usd, change_percent_24hr = excluded.change_percent_24hr, vwap_24hr = excluded.vwap_24hr,
    explorer = excluded.explorer;

-- Trades with their assets. This is a view over both tables, not a table of rows that were joined when the trade arrived: so a
-- trade whose asset arrives later appears with it. It waits as long as the trade is kept. There is nothing to lose in between:
-- a query sees both tables as they are at one moment, whichever of the two was committed first. It costs a join when it is
-- read, with a table that has some hundred rows. The values of an asset are those that it has now.
CREATE VIEW enriched_trades AS
SELECT a.id, a.name, a.symbol, t.exchange, t.quote, t.direction, t.price, t.volume, t.traded_at AS "timestamp", a.explorer,
       a.market_cap_usd AS "marketCapUsd", a.max_supply AS "maxSupply", a.rank, a.change_percent_24hr AS "changePercent24Hr",
       a.volume_usd_24hr AS "volumeUsd24Hr", a.vwap_24hr AS "vwap24Hr"
FROM trades AS t JOIN assets AS a ON a.id = t.base;

-- Trades that wait for their asset.
CREATE VIEW waiting_trades AS
SELECT t.base, count(*) AS trades, min(t.traded_at) AS since
FROM trades AS t LEFT JOIN assets AS a ON a.id = t.base
WHERE a.id IS NULL
GROUP BY t.base;

-- What people look at.
CREATE VIEW latest_prices AS
SELECT DISTINCT ON (id) id, name, price, quote, rank, "timestamp" FROM enriched_trades ORDER BY id, "timestamp" DESC, price;

CREATE VIEW prices_by_minute AS
SELECT id, date_trunc('minute', "timestamp") AS minute, avg(price) AS price, count(*) AS trades FROM enriched_trades GROUP BY 1, 2;

-- Runs. A run begins with its trigger, and ends with the next one, or by end_enrichment_run(). At its end the rows are counted.
-- All of this is done by PostgreSQL's own functions and one trigger, in the transaction that stores the trigger event, so that
-- a run, the end of the one before it and the row of its metrics are stored together, or not at all. Tidewheel brings the
-- events in, once each, and the alerts out.
CREATE TABLE enrichment_settings (
    is_the_only_row  boolean  PRIMARY KEY DEFAULT true CHECK (is_the_only_row),
    ingestion_table  text     NOT NULL,                    -- whose rows are counted
    alert_below      bigint   NOT NULL                     -- fewer new rows than that since the run before: alert
);
INSERT INTO enrichment_settings (ingestion_table, alert_below) VALUES ('enriched_trades', 1000);

-- Tables that may be counted. No other name gets into a query.
CREATE TABLE ingestion_tables (name text PRIMARY KEY);
INSERT INTO ingestion_tables VALUES ('enriched_trades'), ('trades');

CREATE FOREIGN TABLE enrichment_triggers (
    id               uuid  NOT NULL,
    subject          text  NOT NULL,
    event_type       text  OPTIONS (json 'eventType') NOT NULL,
    data_version     text  OPTIONS (json 'dataVersion'),
    trigger_payload  text  OPTIONS (json 'data.trigger_payload') NOT NULL,
    place            bigint OPTIONS ("offset" 'true')
) SERVER kafka OPTIONS (topic 'enrichment-triggers', partitions '1', ingress '/triggers');

CREATE TABLE enrichment_runs (
    id            uuid         PRIMARY KEY,
    triggered_at  timestamptz  NOT NULL,
    place         bigint       NOT NULL UNIQUE                -- in the topic, which has one partition
);

CREATE TABLE enrichment_pipeline_metrics (
    rows_count_delta   bigint   NOT NULL,
    ingestion_date     date     NOT NULL,                     -- both of the run's trigger, in UTC
    ingestion_time     time     NOT NULL,
    all_ingested_rows  bigint   NOT NULL,
    run_id             uuid     PRIMARY KEY REFERENCES enrichment_runs,
    alert              boolean  NOT NULL,
    message            text     NOT NULL
);

-- Ends a run, and says what came of it. A run that has ended already is left alone. The lock makes two ends wait for each
-- other, so that each counts from the one before it.
CREATE FUNCTION end_enrichment_run(run uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    chosen    enrichment_settings;
    started   timestamptz;
    previous  bigint;
    current   bigint;
    delta     bigint;
    said      text;
BEGIN
    LOCK TABLE enrichment_pipeline_metrics IN SHARE ROW EXCLUSIVE MODE;
    SELECT message INTO said FROM enrichment_pipeline_metrics WHERE run_id = run;
    IF FOUND THEN RETURN said; END IF;
    SELECT triggered_at INTO STRICT started FROM enrichment_runs WHERE id = run;
    SELECT * INTO STRICT chosen FROM enrichment_settings;
    IF NOT EXISTS (SELECT FROM ingestion_tables WHERE name = chosen.ingestion_table) THEN
        RAISE EXCEPTION 'table "%" is not among those that may be counted', chosen.ingestion_table
            USING HINT = 'Add it to ingestion_tables.';
    END IF;
    EXECUTE format('SELECT count(*) FROM %I', chosen.ingestion_table) INTO current;
    SELECT all_ingested_rows INTO previous FROM enrichment_pipeline_metrics
    ORDER BY ingestion_date DESC, ingestion_time DESC LIMIT 1;
    delta := coalesce(current - previous, 0);
    said := CASE WHEN previous IS NULL THEN format('Metrics loaded successfully, rows added -> %s.', current)
                 WHEN delta < chosen.alert_below THEN format('Suspicious rows count = %s, alert was sent.', delta)
                 ELSE format('Metrics updated successfully, rows loaded -> %s.', delta) END;
    INSERT INTO enrichment_pipeline_metrics
    VALUES (delta, (started AT TIME ZONE 'UTC')::date, (started AT TIME ZONE 'UTC')::time, current, run,
            previous IS NOT NULL AND delta < chosen.alert_below, said);
    RETURN said;
END
$$;

CREATE FUNCTION end_runs_before() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM end_enrichment_run(id)
    FROM (SELECT id FROM enrichment_runs AS r
          WHERE r.place < NEW.place AND NOT EXISTS (SELECT FROM enrichment_pipeline_metrics AS m WHERE m.run_id = r.id)
          ORDER BY r.place) AS earlier;
    RETURN NULL;
END
$$;

CREATE TRIGGER end_runs_before AFTER INSERT ON enrichment_runs FOR EACH ROW EXECUTE FUNCTION end_runs_before();

-- Other events may use the topic, too; they start nothing. The same event twice is one run.
INSERT INTO enrichment_runs
SELECT id, substring(trigger_payload FROM '^trigger_enrichment_at:(.*)$')::timestamptz, place
FROM enrichment_triggers
WHERE event_type = 'ADF_Event' AND starts_with(subject, 'ADF_Trigger_') AND right(subject, 6) = 'Trades'
ON CONFLICT (id) DO NOTHING;

-- Alerts. The row of the metrics is what makes one, so there is an alert if and only if that row was committed. It reaches each
-- subscriber at least once, in order, with the run's id to know it again. Alerts are kept for a while, because the notifier may
-- not know a subscriber yet that was added a moment before.
CREATE FOREIGN TABLE enrichment_metrics_changes (
    op                 text     NOT NULL,
    run_id             text     OPTIONS (json 'after.run_id'),
    rows_count_delta   bigint   OPTIONS (json 'after.rows_count_delta'),
    ingestion_date     integer  OPTIONS (json 'after.ingestion_date'),    -- days since 1970
    ingestion_time     bigint   OPTIONS (json 'after.ingestion_time'),    -- microseconds since midnight
    all_ingested_rows  bigint   OPTIONS (json 'after.all_ingested_rows'),
    alert              boolean  OPTIONS (json 'after.alert')
) SERVER kafka OPTIONS (topic 'enrichment-metrics', partitions '1', changes_of 'public.enrichment_pipeline_metrics');

CREATE TABLE alert_subscribers (
    name    text PRIMARY KEY,
    url     text NOT NULL,
    secret  text,
    start   text DEFAULT 'end' CHECK (start IN ('end', 'beginning')),
    active  boolean DEFAULT true
);

CREATE FOREIGN TABLE enrichment_alerts (
    id                             text,
    rows_count_delta               bigint,
    ingestion_date                 date,
    ingestion_time                 time,
    current_ingestion_table_state  bigint,
    subject                        text,
    body                           text
) SERVER webhook OPTIONS (subscribers 'alert_subscribers', keep '7 days');

INSERT INTO enrichment_alerts
SELECT run_id, rows_count_delta, DATE '1970-01-01' + ingestion_date, TIME '00:00' + ingestion_time * INTERVAL '1 microsecond',
       all_ingested_rows, 'Ingestion Issues',
       format(E'Suspicious volume of ingested data: rows count delta = %s.\nDate: %s\nTime: %s\nCurrent ingested rows count: %s',
              rows_count_delta, DATE '1970-01-01' + ingestion_date, TIME '00:00' + ingestion_time * INTERVAL '1 microsecond',
              all_ingested_rows)
FROM enrichment_metrics_changes
WHERE op IN ('c', 'r') AND alert;
