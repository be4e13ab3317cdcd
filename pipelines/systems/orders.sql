-- Movie orders of two regions: what sells, what it earns by the hour and by the day, and a cache of the categories.
--
--   topics orders-region1, orders-region2  ->  orders, order_lines; top_products, popular_categories, orders_hourly, …
--   categories, whoever changes them  ->  topic category-changes  ->  category_cache, in Redis
--
-- Programs: tidewheel-worker, tidewheel-aggregator, tidewheel-changefeed, tidewheel-cache. The seed data of `categories` and
-- `items` are in orders_catalogue.sql. Write your Redis where it says redis://redis:6379/0.

-- What is sold. Items have no foreign key to their category: a category may be deleted, or all of them truncated, while items
-- name it, and then the cache must follow.
CREATE TABLE categories (
    category_id    integer PRIMARY KEY,
    category_name  varchar(100) NOT NULL,
    description    varchar(200),
    products       varchar(200)
);

CREATE TABLE items (
    item_id       integer PRIMARY KEY,
    unit_price    numeric(8,2) CHECK (unit_price >= 0),
    category_id   integer NOT NULL,
    product_name  varchar(160) NOT NULL,
    description   text,
    image_path    text
);

-- The rules that concern an order as a whole: one to nine lines, of the order's own customer, whose sum is the total. A line
-- without a price is free.
CREATE FUNCTION order_adds_up(details jsonb, email text, total numeric) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT count(*) BETWEEN 1 AND 9
           AND coalesce(bool_and(line ->> 'Email' = email AND (line ->> 'Quantity')::integer > 0
                                 AND (line ->> 'ProductId')::integer > 0), false)
           AND coalesce(sum((line ->> 'Quantity')::integer * coalesce((line ->> 'UnitPrice')::numeric, 0)) = total, false)
    FROM jsonb_array_elements(details) AS line
$$;

-- An order has no number: its topic, partition and offset say which one it is. The rows of each region are a partition of the
-- table, so that each statement below has a table of its own, which `tidewheel verify` can compare.
CREATE TABLE orders (
    topic                   text        NOT NULL,
    "partition"             integer     NOT NULL,
    "offset"                bigint      NOT NULL,
    region                  text        NOT NULL,
    order_date              timestamptz NOT NULL,
    email                   text        NOT NULL,
    first_name              text,
    last_name               text,
    address                 text,
    city                    text,
    state                   text,
    postal_code             text,
    country                 text,
    phone                   text,
    sms_opt_in              boolean,
    sms_status              text,
    receipt_url             text,
    total                   numeric     NOT NULL,
    payment_transaction_id  text,
    has_been_shipped        boolean,
    PRIMARY KEY (topic, "partition", "offset")
) PARTITION BY LIST (topic);

CREATE TABLE order_lines (
    topic        text     NOT NULL,
    "partition"  integer  NOT NULL,
    "offset"     bigint   NOT NULL,
    line         bigint   NOT NULL,
    product_id   integer  NOT NULL,
    quantity     integer  NOT NULL,
    unit_price   numeric,
    PRIMARY KEY (topic, "partition", "offset", line)
) PARTITION BY LIST (topic);

-- Region 1.
CREATE FOREIGN TABLE orders_region1 (
    region                  text         OPTIONS (json 'Region') NOT NULL CHECK (region = 'Region1'),
    order_date              timestamptz  OPTIONS (json 'OrderDate') NOT NULL,
    first_name              text         OPTIONS (json 'FirstName'),
    last_name               text         OPTIONS (json 'LastName'),
    address                 text         OPTIONS (json 'Address'),
    city                    text         OPTIONS (json 'City'),
    state                   text         OPTIONS (json 'State'),
    postal_code             text         OPTIONS (json 'PostalCode'),
    country                 text         OPTIONS (json 'Country'),
    phone                   text         OPTIONS (json 'Phone'),
    sms_opt_in              boolean      OPTIONS (json 'SMSOptIn'),
    sms_status              text         OPTIONS (json 'SMSStatus'),
    email                   text         OPTIONS (json 'Email') NOT NULL,
    receipt_url             text         OPTIONS (json 'ReceiptUrl'),
    total                   numeric      OPTIONS (json 'Total') NOT NULL,
    payment_transaction_id  text         OPTIONS (json 'PaymentTransactionId'),
    has_been_shipped        boolean      OPTIONS (json 'HasBeenShipped'),
    details                 jsonb        OPTIONS (json 'Details') NOT NULL,
    "partition"             integer      OPTIONS ("partition" 'true'),
    "offset"                bigint       OPTIONS ("offset" 'true'),
    CONSTRAINT adds_up CHECK (order_adds_up(details, email, total))
) SERVER kafka OPTIONS (topic 'orders-region1', partitions '2', event_time 'order_date');

CREATE TABLE orders_of_region1 PARTITION OF orders FOR VALUES IN ('orders-region1');
INSERT INTO orders_of_region1
SELECT 'orders-region1', "partition", "offset", region, order_date, email, first_name, last_name, address, city, state,
       postal_code, country, phone, sms_opt_in, sms_status, receipt_url, total, payment_transaction_id, has_been_shipped
FROM orders_region1;

CREATE TABLE lines_of_region1 PARTITION OF order_lines FOR VALUES IN ('orders-region1');
INSERT INTO lines_of_region1
SELECT 'orders-region1', o."partition", o."offset", l.line, (l.detail ->> 'ProductId')::integer,
       (l.detail ->> 'Quantity')::integer, (l.detail ->> 'UnitPrice')::numeric
FROM orders_region1 AS o, LATERAL jsonb_array_elements(o.details) WITH ORDINALITY AS l(detail, line);

CREATE MATERIALIZED VIEW hourly_region1 AS
SELECT date_trunc('hour', order_date) AS hour, count(*) AS orders, sum(total) AS revenue
FROM orders_region1
GROUP BY 1;

CREATE MATERIALIZED VIEW products_region1 AS
SELECT (l.detail ->> 'ProductId')::integer AS item_id, count(*) AS orders, sum((l.detail ->> 'Quantity')::integer) AS quantity
FROM orders_region1 AS o, LATERAL jsonb_array_elements(o.details) AS l(detail)
GROUP BY 1;

-- Region 2.
CREATE FOREIGN TABLE orders_region2 (
    region                  text         OPTIONS (json 'Region') NOT NULL CHECK (region = 'Region2'),
    order_date              timestamptz  OPTIONS (json 'OrderDate') NOT NULL,
    first_name              text         OPTIONS (json 'FirstName'),
    last_name               text         OPTIONS (json 'LastName'),
    address                 text         OPTIONS (json 'Address'),
    city                    text         OPTIONS (json 'City'),
    state                   text         OPTIONS (json 'State'),
    postal_code             text         OPTIONS (json 'PostalCode'),
    country                 text         OPTIONS (json 'Country'),
    phone                   text         OPTIONS (json 'Phone'),
    sms_opt_in              boolean      OPTIONS (json 'SMSOptIn'),
    sms_status              text         OPTIONS (json 'SMSStatus'),
    email                   text         OPTIONS (json 'Email') NOT NULL,
    receipt_url             text         OPTIONS (json 'ReceiptUrl'),
    total                   numeric      OPTIONS (json 'Total') NOT NULL,
    payment_transaction_id  text         OPTIONS (json 'PaymentTransactionId'),
    has_been_shipped        boolean      OPTIONS (json 'HasBeenShipped'),
    details                 jsonb        OPTIONS (json 'Details') NOT NULL,
    "partition"             integer      OPTIONS ("partition" 'true'),
    "offset"                bigint       OPTIONS ("offset" 'true'),
    CONSTRAINT adds_up CHECK (order_adds_up(details, email, total))
) SERVER kafka OPTIONS (topic 'orders-region2', partitions '2', event_time 'order_date');

CREATE TABLE orders_of_region2 PARTITION OF orders FOR VALUES IN ('orders-region2');
INSERT INTO orders_of_region2
SELECT 'orders-region2', "partition", "offset", region, order_date, email, first_name, last_name, address, city, state,
       postal_code, country, phone, sms_opt_in, sms_status, receipt_url, total, payment_transaction_id, has_been_shipped
FROM orders_region2;

CREATE TABLE lines_of_region2 PARTITION OF order_lines FOR VALUES IN ('orders-region2');
INSERT INTO lines_of_region2
SELECT 'orders-region2', o."partition", o."offset", l.line, (l.detail ->> 'ProductId')::integer,
       (l.detail ->> 'Quantity')::integer, (l.detail ->> 'UnitPrice')::numeric
FROM orders_region2 AS o, LATERAL jsonb_array_elements(o.details) WITH ORDINALITY AS l(detail, line);

CREATE MATERIALIZED VIEW hourly_region2 AS
SELECT date_trunc('hour', order_date) AS hour, count(*) AS orders, sum(total) AS revenue
FROM orders_region2
GROUP BY 1;

CREATE MATERIALIZED VIEW products_region2 AS
SELECT (l.detail ->> 'ProductId')::integer AS item_id, count(*) AS orders, sum((l.detail ->> 'Quantity')::integer) AS quantity
FROM orders_region2 AS o, LATERAL jsonb_array_elements(o.details) AS l(detail)
GROUP BY 1;

-- What people ask: views over those of the regions, as exact and as fresh. Hours and days are those of UTC in which the orders
-- were made, not those in which they arrived.
CREATE VIEW orders_hourly_by_region AS
SELECT 'Region1' AS region, hour, orders, revenue FROM hourly_region1
UNION ALL
SELECT 'Region2' AS region, hour, orders, revenue FROM hourly_region2;

CREATE VIEW orders_hourly AS
SELECT hour, sum(orders)::bigint AS orders, sum(revenue) AS revenue FROM orders_hourly_by_region GROUP BY hour;

CREATE VIEW orders_daily AS
SELECT (hour AT TIME ZONE 'UTC')::date AS day, sum(orders)::bigint AS orders, sum(revenue) AS revenue
FROM orders_hourly_by_region GROUP BY 1;

CREATE VIEW orders_by_region AS
SELECT region, sum(orders)::bigint AS orders, sum(revenue) AS revenue FROM orders_hourly_by_region GROUP BY region;

-- Popular is what was bought most often, in pieces.
CREATE VIEW product_popularity AS
SELECT item_id, sum(orders)::bigint AS orders, sum(quantity)::bigint AS quantity
FROM (SELECT item_id, orders, quantity FROM products_region1
      UNION ALL
      SELECT item_id, orders, quantity FROM products_region2) AS regions
GROUP BY item_id;

CREATE VIEW top_products AS
SELECT p.item_id, i.product_name, p.quantity, p.orders
FROM product_popularity AS p LEFT JOIN items AS i ON i.item_id = p.item_id
ORDER BY p.quantity DESC, p.item_id
LIMIT 10;

-- By the category that an item has now.
CREATE VIEW popular_categories AS
SELECT i.category_id, c.category_name, sum(p.quantity)::bigint AS quantity
FROM product_popularity AS p
     JOIN items AS i ON i.item_id = p.item_id
     LEFT JOIN categories AS c ON c.category_id = i.category_id
GROUP BY 1, 2;

-- Every change of the categories, whoever makes it. One partition: a TRUNCATE deletes what its partition wrote before.
CREATE FOREIGN TABLE category_changes (
    op             text     NOT NULL,
    category_id    integer  OPTIONS (json 'after.category_id'),
    category_name  text     OPTIONS (json 'after.category_name'),
    description    text     OPTIONS (json 'after.description'),
    products       text     OPTIONS (json 'after.products'),
    old_id         integer  OPTIONS (json 'before.category_id')
) SERVER kafka OPTIONS (topic 'category-changes', partitions '1', changes_of 'public.categories');

CREATE FOREIGN TABLE category_cache (
    key            text,
    category_id    integer,
    category_name  text,
    description    text,
    products       text,
    gone           boolean,
    all_gone       boolean
) SERVER redis OPTIONS (url 'redis://redis:6379/0', deleted 'gone', truncated 'all_gone');

INSERT INTO category_cache
SELECT 'category:' || coalesce(category_id, old_id, 0), category_id, category_name, description, products, op = 'd', op = 't'
FROM category_changes;
