-- Are the tables and views of pipelines/systems/orders.sql what follows from the orders that were sent? Computed from those alone.
-- For psql, in a session that has a table sent (n, line): the lines that `tidewheel produce orders --print` prints, numbered from 1.
-- Prints a line for each table and view, which ends in "equal" or in the number of rows that differ.
\set QUIET on
SET TIME ZONE 'UTC';

-- Regions alternate. What was cut off ends without its lines.
CREATE TEMP VIEW said AS
SELECT n, 'Region' || 2 - n % 2 AS region, CASE WHEN line LIKE '%]}' THEN line::jsonb END AS body FROM sent;

CREATE TEMP VIEW good AS
SELECT n, region, (body ->> 'OrderDate')::timestamptz AS at, (body ->> 'Total')::numeric AS total, body
FROM said
WHERE body ->> 'Region' = region AND body ? 'OrderDate'
  AND (body ->> 'Total')::numeric = (SELECT sum((l ->> 'Quantity')::integer * (l ->> 'UnitPrice')::numeric)
                                     FROM jsonb_array_elements(body -> 'Details') AS l);

CREATE TEMP VIEW bought AS
SELECT n, region, at, place, (l ->> 'ProductId')::integer AS item_id, (l ->> 'Quantity')::integer AS quantity,
       (l ->> 'UnitPrice')::numeric AS price
FROM good, jsonb_array_elements(body -> 'Details') WITH ORDINALITY AS lines(l, place);

CREATE TEMP VIEW sold AS SELECT item_id, count(*) AS orders, sum(quantity) AS quantity FROM bought GROUP BY item_id;

-- Each query has the rows of both sides, those that are expected with +1 and those that are there with -1.
CREATE TEMP TABLE balance (name text, row_text text, weight integer);
INSERT INTO balance
SELECT 'orders', ROW(region, at, total, body ->> 'Email', body ->> 'FirstName')::text, 1 FROM good
UNION ALL SELECT 'orders', ROW(region, order_date, total, email, first_name)::text, -1 FROM orders
UNION ALL SELECT 'order_lines', ROW(region, at, place, item_id, quantity, price)::text, 1 FROM bought
UNION ALL SELECT 'order_lines', ROW(region, order_date, line, product_id, quantity, unit_price)::text, -1
          FROM order_lines JOIN orders USING (topic, "partition", "offset")
UNION ALL SELECT 'orders_hourly', ROW(date_trunc('hour', at), count(*), sum(total))::text, 1 FROM good GROUP BY date_trunc('hour', at)
UNION ALL SELECT 'orders_hourly', ROW(hour, orders, revenue)::text, -1 FROM orders_hourly
UNION ALL SELECT 'orders_daily', ROW(at::date, count(*), sum(total))::text, 1 FROM good GROUP BY at::date
UNION ALL SELECT 'orders_daily', ROW(day, orders, revenue)::text, -1 FROM orders_daily
UNION ALL SELECT 'orders_by_region', ROW(region, count(*), sum(total))::text, 1 FROM good GROUP BY region
UNION ALL SELECT 'orders_by_region', ROW(region, orders, revenue)::text, -1 FROM orders_by_region
UNION ALL SELECT 'product_popularity', ROW(item_id, orders, quantity)::text, 1 FROM sold
UNION ALL SELECT 'product_popularity', ROW(item_id, orders, quantity)::text, -1 FROM product_popularity
UNION ALL SELECT 'top_products', ROW(item_id, quantity)::text, 1
          FROM (SELECT item_id, quantity FROM sold ORDER BY quantity DESC, item_id LIMIT 10) AS best
UNION ALL SELECT 'top_products', ROW(item_id, quantity)::text, -1 FROM top_products
UNION ALL SELECT 'popular_categories', ROW(category_id, sum(quantity))::text, 1 FROM sold JOIN items USING (item_id) GROUP BY category_id
UNION ALL SELECT 'popular_categories', ROW(category_id, quantity)::text, -1 FROM popular_categories
UNION ALL SELECT 'dead letters', n::text, 1 FROM (SELECT count(*) AS n FROM said WHERE n NOT IN (SELECT n FROM good)) AS bad
UNION ALL SELECT 'dead letters', n::text, -1
          FROM (SELECT count(*) AS n FROM tidewheel.dead_letters d JOIN tidewheel.streams s ON s.id = d.stream_id
                WHERE s.name LIKE 'orders\_region_') AS parked;

\ir check_balance.sql
