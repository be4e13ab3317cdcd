-- variance(x) and stddev(x) of a continuous view, of integers and numeric: by the steps and with the scale of PostgreSQL's own
-- (numeric_stddev_internal() in its numeric.c), which is exact up to the division and to the root.

-- Of count(x), sum(x) and the sum of squares; `degrees` is the count for a population, one less for a sample. PostgreSQL inlines this.
-- A NaN or an infinity among the values makes the sum of squares one, and the difference NaN, which is more than zero.
CREATE FUNCTION tidewheel.variance(rows bigint, sum numeric, squares numeric, degrees bigint) RETURNS numeric
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN degrees > 0 THEN
               CASE WHEN rows * squares - sum * sum <= 0 THEN 0 ELSE (rows * squares - sum * sum) / (rows::numeric * degrees) END
           END;

-- The square root in the scale of the variance, rounded once. sqrt() may give more digits, and rounding these would round up what lies
-- below a half: whether it does is seen by squaring the half, which is exact. NaN has
-- no scale. OFFSET 0: sqrt() is computed once.
CREATE FUNCTION tidewheel.root(variance numeric) RETURNS numeric
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT CASE WHEN (up + down) * (up + down) > 4 * variance THEN down ELSE up END
    FROM (SELECT round(root, digits), trunc(root, digits)
          FROM (SELECT sqrt(variance), coalesce(scale(variance), 0) OFFSET 0) exact (root, digits) OFFSET 0) rounded (up, down);
END;
