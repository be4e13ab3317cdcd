-- Retail: what ten stores sell and stock, as it happens.
--
-- This file is the whole pipeline. `tidewheel apply pipelines/store_events.sql` creates the topic and the tables; from then on
-- the worker keeps discounted_events, and the aggregator keeps the two views, exact and fresh.

-- The stream: a Kafka topic and the rules for its records. A record that breaks a type, a NOT NULL or a CHECK becomes a dead
-- letter with its reason, and the stream moves on. Sales travel in the odd partitions, inventory in the even ones, so whoever
-- asks for sales alone never reads the others.
CREATE FOREIGN TABLE store_events (
    id                 uuid           NOT NULL,
    request_id         uuid           NOT NULL,
    event_type         text           NOT NULL CHECK (event_type IN ('sale_event', 'inventory_event')),
    store_id           integer        NOT NULL CHECK (store_id > 0),
    store_fqdn         text           NOT NULL,
    store_ip           text           NOT NULL,
    cust_id            integer        NOT NULL CHECK (cust_id > 0),
    category           text           NOT NULL,
    sku                integer        NOT NULL CHECK (sku > 0),
    price              numeric(10,2)  NOT NULL CHECK (price >= 0),                   -- of one piece
    qty                integer        NOT NULL CHECK (qty > 0),                      -- pieces
    discount           numeric(5,2)   NOT NULL CHECK (discount BETWEEN 0 AND 100),   -- percent
    gift_wrap          boolean        NOT NULL,
    priority_shipping  boolean        NOT NULL,
    variant            text           NOT NULL CHECK (variant IN ('black', 'red')),
    ts                 timestamptz    NOT NULL,                                      -- when it happened
    contact_me         text           NOT NULL,
    is_return          boolean                                                       -- absent: no return
) SERVER kafka OPTIONS (topic 'store-events', partitions '4', format 'json', event_time 'ts',
                        route 'event_type', route_inventory_event '0,2', route_sale_event '1,3');

-- Rows: every event with more than 20 percent off, once, however often it was sent.
CREATE TABLE discounted_events (LIKE store_events INCLUDING CONSTRAINTS, PRIMARY KEY (id));

INSERT INTO discounted_events
SELECT * FROM store_events WHERE discount > 20
ON CONFLICT (id) DO NOTHING;

-- Windows: what each store sells by the hour and by the day (UTC). A late event corrects the window that it belongs to.
CREATE MATERIALIZED VIEW sales_hourly AS
SELECT date_trunc('hour', ts)            AS hour,
       store_id,
       count(*)                          AS sales,
       sum(price * qty)                  AS total_sales,
       sum(price * qty * discount / 100) AS total_discounts,
       count(*) FILTER (WHERE is_return) AS returns            -- of these sales
FROM store_events
WHERE event_type = 'sale_event'
GROUP BY 1, 2;

CREATE MATERIALIZED VIEW sales_daily AS
SELECT date_trunc('day', ts)             AS day,
       store_id,
       count(*)                          AS sales,
       sum(price * qty)                  AS total_sales,
       sum(price * qty * discount / 100) AS total_discounts,
       count(*) FILTER (WHERE is_return) AS returns
FROM store_events
WHERE event_type = 'sale_event'
GROUP BY 1, 2;
