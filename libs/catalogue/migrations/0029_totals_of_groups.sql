-- GROUPING SETS in a continuous view: aggregates over the partial states of its smallest groups. total() is a sum of its argument's own
-- type, as the state has it; all_moments() and all_pair_moments() are what parallel plans of PostgreSQL do with several states.
DO $$
DECLARE
    added record;
BEGIN
    FOR added IN SELECT oprcode, oprleft FROM pg_operator
        WHERE oprname = '+' AND oprnamespace = 'pg_catalog'::regnamespace AND oprleft = oprright AND oprresult = oprleft
          AND oprleft = ANY ('{bigint,numeric,real,double precision,interval,money}'::regtype[])
    LOOP
        EXECUTE format('CREATE AGGREGATE tidewheel.total(%s) (SFUNC = pg_catalog.%I, STYPE = %s, COMBINEFUNC = pg_catalog.%I, PARALLEL = SAFE)',
                       added.oprleft::regtype, added.oprcode::name, added.oprleft::regtype, added.oprcode::name);
    END LOOP;
    EXECUTE (
        SELECT format('CREATE AGGREGATE tidewheel.all_moments(pg_catalog.float8[]) (SFUNC = pg_catalog.float8_combine, STYPE = pg_catalog.float8[], '
                      'COMBINEFUNC = pg_catalog.float8_combine, INITCOND = %L, PARALLEL = SAFE)', agginitval)
        FROM pg_aggregate WHERE aggfnoid = 'pg_catalog.variance(double precision)'::regprocedure);
    EXECUTE (
        SELECT format('CREATE AGGREGATE tidewheel.all_pair_moments(pg_catalog.float8[]) (SFUNC = pg_catalog.float8_regr_combine, '
                      'STYPE = pg_catalog.float8[], COMBINEFUNC = pg_catalog.float8_regr_combine, INITCOND = %L, PARALLEL = SAFE)', agginitval)
        FROM pg_aggregate WHERE aggfnoid = 'pg_catalog.corr(double precision, double precision)'::regprocedure);
END;
$$;
