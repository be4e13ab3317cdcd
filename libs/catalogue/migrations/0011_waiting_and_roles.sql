-- The record at which a statement waits in a partition: PostgreSQL refuses it, and it isn't known yet whether the record is to blame
-- or what the statement rests on. Rows of offsets before the statement's progress are out of date.
CREATE TABLE tidewheel.waiting (
    statement_id integer NOT NULL REFERENCES tidewheel.statements ON DELETE CASCADE,
    topic        text    NOT NULL,
    partition    integer NOT NULL,
    "offset"     bigint  NOT NULL,
    reason       text    NOT NULL,
    since        timestamptz NOT NULL DEFAULT clock_timestamp(),  -- when it was refused first
    PRIMARY KEY (statement_id, partition)
);

-- Roles that others than the owner have been given for one purpose by `tidewheel init`. `apply` grants them what new tables and views
-- need.
CREATE TABLE tidewheel.roles (
    purpose text NOT NULL CHECK (purpose IN ('service', 'reader')),
    role    name NOT NULL,
    PRIMARY KEY (purpose, role)
);

-- A publication of all tables takes no UPDATE of a table without a replica identity. What has a primary key has one.
ALTER TABLE tidewheel.catalogue REPLICA IDENTITY FULL;
ALTER TABLE tidewheel.skipped REPLICA IDENTITY FULL;
DO $$
DECLARE
    state text;
BEGIN
    FOR state IN SELECT state_table FROM tidewheel.statements WHERE to_regclass(state_table) IS NOT NULL LOOP
        EXECUTE 'ALTER TABLE ' || state || ' REPLICA IDENTITY FULL';
    END LOOP;
END $$;
