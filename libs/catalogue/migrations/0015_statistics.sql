-- Statistics of double precision in a continuous view: PostgreSQL's own transition functions without its final functions, so that what
-- they return is the state, which its own combine functions merge. Its variance() and corr() say what a state begins with.
DO $$
BEGIN
    EXECUTE (
        SELECT format('CREATE AGGREGATE tidewheel.moments(double precision) (SFUNC = pg_catalog.float8_accum, STYPE = pg_catalog.float8[], '
                      'COMBINEFUNC = pg_catalog.float8_combine, INITCOND = %L, PARALLEL = SAFE)', agginitval)
        FROM pg_aggregate WHERE aggfnoid = 'pg_catalog.variance(double precision)'::regprocedure);
    EXECUTE (
        SELECT format('CREATE AGGREGATE tidewheel.pair_moments(y double precision, x double precision) (SFUNC = pg_catalog.float8_regr_accum, '
                      'STYPE = pg_catalog.float8[], COMBINEFUNC = pg_catalog.float8_regr_combine, INITCOND = %L, PARALLEL = SAFE)', agginitval)
        FROM pg_aggregate WHERE aggfnoid = 'pg_catalog.corr(double precision, double precision)'::regprocedure);
END;
$$;
