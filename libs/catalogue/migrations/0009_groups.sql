-- Which deployment keeps this database, and whether it is the only one.

-- The consumer group that gave the partition to its owner; the last owner of another group, and that group; how often the partition
-- went from one group to another, without five quiet minutes in between, and when it did so last.
ALTER TABLE tidewheel.progress ADD COLUMN owner_group text, ADD COLUMN rival text, ADD COLUMN rival_group text,
    ADD COLUMN contested integer NOT NULL DEFAULT 0, ADD COLUMN contested_at timestamptz;

-- This database, as against a copy of it: the server's system identifier and the database's number. A failover and a copy of the
-- server's files keep both; a restored dump and CREATE DATABASE … TEMPLATE don't. Where the role may not ask for the first: '/16384'.
CREATE FUNCTION tidewheel.identity() RETURNS text LANGUAGE plpgsql STABLE SET search_path = pg_catalog AS $$
DECLARE
    system text := '';
BEGIN
    BEGIN
        SELECT system_identifier INTO system FROM pg_control_system();
    EXCEPTION WHEN insufficient_privilege THEN
        system := '';
    END;
    RETURN system || '/' || (SELECT oid FROM pg_database WHERE datname = current_database());
END
$$;

-- The database that the services keep: in a copy, still the one that it was copied from, until `tidewheel init --take-over`.
ALTER TABLE tidewheel.catalogue ADD COLUMN home text;
UPDATE tidewheel.catalogue SET home = tidewheel.identity();
