-- Product master data: updates come by HTTP, the newest of each product is kept, and every change goes to the subscribers.
--
--   POST /products  ->  topic product-updates  ->  products  ->  topic product-changes  ->  product_webhooks  ->  subscribers
--
-- Programs: tidewheel-ingress, tidewheel-worker, tidewheel-changefeed, tidewheel-notifier.

-- What the master data system sends. Fields that aren't named here are in the document.
CREATE FOREIGN TABLE product_updates (
    id                text    NOT NULL CHECK (id <> ''),
    product_group_id  text    OPTIONS (json 'productGroupId'),
    product_text      text    OPTIONS (json 'productText'),
    version           bigint,                                  -- absent: the later record is newer
    document          text    OPTIONS (value 'true') NOT NULL
) SERVER kafka OPTIONS (topic 'product-updates', partitions '4', key 'id', ingress '/products');

CREATE TABLE products (
    id                text PRIMARY KEY,
    product_group_id  text,
    product_text      text,
    version           bigint,
    document          jsonb NOT NULL
);

-- All updates of a product are in one partition, so the later one wins; one with an older version never does.
INSERT INTO products AS stored
SELECT id, product_group_id, product_text, version, document::jsonb
FROM product_updates
ON CONFLICT (id) DO UPDATE
SET product_group_id = excluded.product_group_id,
    product_text     = excluded.product_text,
    version          = excluded.version,
    document         = excluded.document
WHERE excluded.version >= stored.version OR excluded.version IS NULL OR stored.version IS NULL;

-- Every change of the table, whoever makes it.
CREATE FOREIGN TABLE product_changes (
    op        text   NOT NULL,                                 -- c: created, u: updated, d: deleted, r: there at the beginning
    id        text   OPTIONS (json 'after.id'),
    old_id    text   OPTIONS (json 'before.id'),
    version   bigint OPTIONS (json 'after.version'),
    document  jsonb  OPTIONS (json 'after.document')
) SERVER kafka OPTIONS (topic 'product-changes', partitions '4', changes_of 'public.products');

-- Who is told: a row for each subscriber, added and removed at any time.
CREATE TABLE product_subscribers (
    name    text PRIMARY KEY,
    url     text NOT NULL,
    secret  text,                                              -- a file in the notifier's directory of secrets
    start   text DEFAULT 'end' CHECK (start IN ('end', 'beginning')),
    active  boolean DEFAULT true
);

CREATE FOREIGN TABLE product_webhooks (
    id        text,
    op        text,
    version   bigint,
    document  jsonb
) SERVER webhook OPTIONS (subscribers 'product_subscribers', batch '100');

INSERT INTO product_webhooks
SELECT coalesce(id, old_id), op, version, document
FROM product_changes;
