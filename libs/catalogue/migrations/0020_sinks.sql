-- Rows that leave the database: foreign tables of other servers than kafka. Statements store them in an ordinary table of the
-- sink's name, its outbox (docs/adr/0015-outbox.md); a service delivers them, in order, to each of the sink's subscribers.

CREATE TABLE tidewheel.sinks (
    id          integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    object      text NOT NULL UNIQUE REFERENCES tidewheel.objects ON DELETE CASCADE,
    schema_name text NOT NULL,
    name        text NOT NULL,
    server      text NOT NULL,
    -- In the ids of what is delivered: a sink that was dropped and created again must not repeat them.
    uid         text NOT NULL DEFAULT replace(gen_random_uuid()::text, '-', ''),
    subscribers text,                              -- the table that lists them, qualified and quoted; NULL: there is one, named ''
    retry_for   interval,                          -- after so long a row becomes undelivered; NULL: never
    keep        interval NOT NULL DEFAULT '0',     -- delivered rows stay so long, for subscribers that begin with them
    UNIQUE (schema_name, name)
);

-- A subscriber of a sink, and which service may deliver to it. A claim takes a new epoch, so an earlier owner's commit no longer
-- matches.
CREATE TABLE tidewheel.deliveries (
    sink_id       integer NOT NULL REFERENCES tidewheel.sinks ON DELETE CASCADE,
    subscriber    text    NOT NULL,
    start_seq     bigint  NOT NULL,                -- it gets the rows after this one
    registered_at timestamptz NOT NULL DEFAULT now(),
    epoch         bigint  NOT NULL DEFAULT 0,
    owner         text,
    seen_at       timestamptz,                     -- the owner was alive
    PRIMARY KEY (sink_id, subscriber)
) WITH (fillfactor = 50);

-- How far a subscriber has come, in each lane of the outbox: in a lane, numbers rise in the order of the commits.
CREATE TABLE tidewheel.delivery_positions (
    sink_id       integer NOT NULL,
    subscriber    text    NOT NULL,
    stream_id     integer NOT NULL,
    partition     integer NOT NULL,
    seq           bigint  NOT NULL,                -- the last row delivered, or set aside
    delivered     bigint  NOT NULL DEFAULT 0,      -- rows
    delivered_at  timestamptz,
    failing_since timestamptz,                     -- no delivery has succeeded since
    attempts      bigint  NOT NULL DEFAULT 0,      -- that failed since
    last_error    text,
    note          text    NOT NULL DEFAULT '',     -- what the kind of sink has to know with the position
    PRIMARY KEY (sink_id, subscriber, stream_id, partition),
    FOREIGN KEY (sink_id, subscriber) REFERENCES tidewheel.deliveries ON DELETE CASCADE
) WITH (fillfactor = 50);

-- Rows that a subscriber did not take in time: dead letters of that subscriber.
CREATE TABLE tidewheel.undelivered (
    id         bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sink_id    integer NOT NULL REFERENCES tidewheel.sinks ON DELETE CASCADE,
    subscriber text    NOT NULL,
    seq        bigint  NOT NULL,
    row_json   text    NOT NULL,
    reason     text    NOT NULL,
    stored_at  timestamptz NOT NULL,
    parked_at  timestamptz NOT NULL DEFAULT now(),
    redrive_at timestamptz,                        -- since when it is to be tried again
    UNIQUE (sink_id, subscriber, seq)
);

-- Before a transaction stores rows of a lane it locks the lane in this outbox, until it has committed. So numbers are given in the
-- order of the commits, whoever stores the rows: a worker, a redrive, psql.
CREATE FUNCTION tidewheel.lock_outbox_lane() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(format('tidewheel outbox %s %s %s', TG_RELID, tidewheel.lane_stream(),
                                                          tidewheel.lane_partition()), 0));
    RETURN NULL;
END $$;

-- The lane for which the transaction stores rows; -1: it is no service's.
CREATE FUNCTION tidewheel.lane_stream() RETURNS integer LANGUAGE sql STABLE
    RETURN coalesce(nullif(current_setting('tidewheel.stream', true), '')::integer, -1);
CREATE FUNCTION tidewheel.lane_partition() RETURNS integer LANGUAGE sql STABLE
    RETURN coalesce(nullif(current_setting('tidewheel.partition', true), '')::integer, -1);
