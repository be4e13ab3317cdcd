-- What is declared on a view: indexes, and that nobody writes to it.

-- An index that a pipeline declares on a view stands on its state table, and goes with the view.
ALTER TABLE tidewheel.objects ADD COLUMN statement_id integer REFERENCES tidewheel.statements ON DELETE CASCADE;

-- PostgreSQL writes through a view whose FROM is one table; through one over a sub-select it does not. Views made from now on are of
-- that kind; those that are there become so. (A view that another role owns by now waits for its next rebuild.)
DO $$
DECLARE
    view record;
BEGIN
    FOR view IN
        SELECT c.oid::regclass AS name, c.reloptions AS options, rtrim(pg_get_viewdef(c.oid), ';') AS definition
        FROM tidewheel.statements s
             JOIN pg_namespace n ON n.nspname = s.target_schema
             JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = s.target_name
        WHERE s.kind = 'view' AND s.rebuilds IS NULL AND c.relkind = 'v' AND pg_has_role(c.relowner, 'USAGE')
              AND pg_relation_is_updatable(c.oid, false) <> 0
    LOOP
        EXECUTE format('CREATE OR REPLACE VIEW %s%s AS SELECT * FROM (%s) f', view.name,
                       coalesce(' WITH (' || array_to_string(view.options, ', ') || ')', ''), view.definition);
    END LOOP;
END $$;
