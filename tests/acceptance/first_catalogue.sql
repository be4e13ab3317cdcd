-- Puts the catalogue back to its first version, with all that it holds. Run by its owner.
BEGIN;
ALTER SCHEMA tidewheel RENAME TO newer;
CREATE SCHEMA tidewheel;
CREATE TABLE tidewheel.migrations (version integer PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now());
INSERT INTO tidewheel.migrations VALUES (1, 'catalogue');
-- Here stands migration 1.
UPDATE tidewheel.catalogue SET version = (SELECT version FROM newer.catalogue);
SELECT setval('tidewheel.epoch', (SELECT last_value FROM newer.epoch)) \g /dev/null
DO $$
DECLARE
    moved text;
    columns text;
BEGIN
    FOREACH moved IN ARRAY '{streams, statements, objects, progress, dead_letters}'::text[] LOOP
        -- Those that later versions still have.
        SELECT string_agg(quote_ident(a.attname), ', ') INTO columns
        FROM pg_attribute a JOIN pg_attribute n USING (attname)
        WHERE a.attrelid = ('tidewheel.' || moved)::regclass AND a.attnum > 0
              AND n.attrelid = ('newer.' || moved)::regclass AND NOT n.attisdropped;
        EXECUTE format('INSERT INTO tidewheel.%1$I (%2$s) OVERRIDING SYSTEM VALUE SELECT %2$s FROM newer.%1$I', moved, columns);
    END LOOP;
    FOREACH moved IN ARRAY '{streams, statements, dead_letters}'::text[] LOOP
        EXECUTE format('SELECT setval(pg_get_serial_sequence(%L, %L), greatest(1, (SELECT max(id) FROM tidewheel.%I)))',
                       'tidewheel.' || moved, 'id', moved);
    END LOOP;
    FOR moved IN SELECT relname FROM pg_class WHERE relnamespace = 'newer'::regnamespace AND relkind = 'r' AND relname LIKE 'state\_%' LOOP
        EXECUTE format('ALTER TABLE newer.%I SET SCHEMA tidewheel', moved);
    END LOOP;
END $$;
UPDATE tidewheel.statements SET search_path = regexp_replace(search_path, ', pg_temp$', '');
DROP SCHEMA newer CASCADE;
COMMIT;
