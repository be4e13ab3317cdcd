CREATE FOREIGN TABLE sales (
    ts    timestamptz NOT NULL,
    store integer,
    price numeric(10,2),
    qty   integer,
    vip   boolean
) SERVER kafka OPTIONS (topic '{topic}', partitions '2', event_time 'ts');

CREATE MATERIALIZED VIEW hourly AS
SELECT date_trunc('hour', ts) AS hour, store, count(*) AS n, count(price) AS priced, sum(price * qty) AS total,
       avg(price) AS mean, avg(qty) AS mean_qty, min(price) AS low, max(price) AS high,
       bool_and(vip) AS all_vip, bool_or(vip) AS any_vip, count(*) FILTER (WHERE vip) AS vips,
       sum(qty) FILTER (WHERE price > 5) AS dear
FROM sales GROUP BY 1, 2;

CREATE MATERIALIZED VIEW daily (day, n, total, share) AS
SELECT date_trunc('day', ts), count(*), sum(price * qty), round(100.0 * count(*) FILTER (WHERE vip) / count(*), 1)
FROM sales GROUP BY date_trunc('day', ts);

CREATE MATERIALIZED VIEW everything AS SELECT count(*) AS n, max(ts) AS latest, sum(qty) AS qty FROM sales;

CREATE MATERIALIZED VIEW busy AS
SELECT coalesce(store, -1) AS store, count(*) AS n FROM sales WHERE price IS NOT NULL GROUP BY 1 HAVING count(*) >= 2;

CREATE MATERIALIZED VIEW stores AS SELECT store FROM sales GROUP BY store;
