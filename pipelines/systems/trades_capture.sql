-- Every message of the exchange in files, bad ones included: Avro, a file for 15 minutes or 130 MB, none without messages. Apply
-- it after trades.sql if you want that; it needs tidewheel-capture. It is a second stream of the topic, without rules, so what
-- is bad for the trades is nothing to it.
CREATE FOREIGN TABLE trade_records (
    value        bytea        OPTIONS (value 'true'),
    key          bytea        OPTIONS (key 'true'),
    headers      jsonb        OPTIONS (headers 'true') NOT NULL,
    "partition"  integer      OPTIONS ("partition" 'true') NOT NULL,
    "offset"     bigint       OPTIONS ("offset" 'true') NOT NULL,
    sent_at      timestamptz  OPTIONS (timestamp 'true') NOT NULL
) SERVER kafka OPTIONS (topic 'trades', partitions '2', format 'bytes');

CREATE FOREIGN TABLE trade_files (
    "partition"  integer      NOT NULL,
    "offset"     bigint       NOT NULL,
    sent_at      timestamptz  NOT NULL,
    key          bytea,
    value        bytea,
    headers      jsonb
) SERVER files OPTIONS (path 'trades-capture/{topic}/{partition}/{yyyy}/{MM}/{dd}/{HH}/{mm}/{ss}/{first}', time 'sent_at',
                        roll_after '15 min', roll_bytes '130 MB');

INSERT INTO trade_files SELECT "partition", "offset", sent_at, key, value, headers FROM trade_records;
