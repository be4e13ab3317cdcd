CREATE FOREIGN TABLE orders (
    id    integer NOT NULL,
    total numeric(10,2) NOT NULL CHECK (total >= 0),
    who   text
) SERVER kafka OPTIONS (topic '{topic}', partitions '2');

CREATE TABLE large_orders (id integer PRIMARY KEY, total numeric(10,2), who text);

INSERT INTO large_orders SELECT * FROM orders WHERE total > 100 ON CONFLICT (id) DO NOTHING;
