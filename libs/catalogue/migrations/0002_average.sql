-- avg(x) of a continuous view: sum / count, in the type and with the scale that PostgreSQL's own avg(x) has. Overloaded by the type of
-- sum(x), which only PostgreSQL knows; one line each, so that the planner inlines them.
CREATE FUNCTION tidewheel.average(bigint, bigint) RETURNS numeric
    LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN $1::numeric / nullif($2, 0)::numeric;
CREATE FUNCTION tidewheel.average(numeric, bigint) RETURNS numeric
    LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN $1 / nullif($2, 0)::numeric;
CREATE FUNCTION tidewheel.average(double precision, bigint) RETURNS double precision
    LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN $1 / nullif($2, 0)::double precision;
CREATE FUNCTION tidewheel.average(real, bigint) RETURNS double precision
    LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN $1::double precision / nullif($2, 0)::double precision;
CREATE FUNCTION tidewheel.average(interval, bigint) RETURNS interval
    LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN $1 / nullif($2, 0)::double precision;
