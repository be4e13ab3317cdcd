-- Refuses a record's value in the middle of a query, and names the column that it is about. Immutable, though it never returns: it is
-- called for the wrong value alone, and the planner may treat the expression around it as that value.
CREATE FUNCTION tidewheel.refuse(value anyelement, why text, about text) RETURNS anyelement
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'data_exception', MESSAGE = why, COLUMN = about;
END $$;

-- The time of a record, for the column or the now() that needs it. Times outside of the years 1 to 9999 arrive as -infinity and
-- infinity (tidewheel/engine/record.hpp). PostgreSQL inlines this.
CREATE FUNCTION tidewheel.record_time(record_time timestamptz, needed_by text) RETURNS timestamptz LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT CASE WHEN NOT pg_catalog.isfinite(record_time) THEN tidewheel.refuse(record_time,
           'the record''s time is not in the years 1 to 9999, and ' OPERATOR(pg_catalog.||) needed_by OPERATOR(pg_catalog.||) ' needs it', needed_by)
           ELSE record_time END $$;

-- How many records the topic held before next_offset, counted as they were read, the offsets in tidewheel.skipped aside. When it holds
-- fewer now, compaction or a deletion has taken some. NULL: unknown, for nobody counted from the beginning.
ALTER TABLE tidewheel.progress ADD COLUMN records_held bigint;
UPDATE tidewheel.catalogue SET version = version + 1 WHERE EXISTS (SELECT FROM tidewheel.statements);
