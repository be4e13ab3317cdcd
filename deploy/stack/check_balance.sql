-- For check_orders.sql and check_trades.sql: whether each name of the view `balance` balances. Its rows weigh 1 where they are expected
-- and -1 where they are found.
SELECT name || ': ' || max(expected) || ' rows, ' ||
       CASE WHEN max(wrong) = 0 THEN 'equal' ELSE max(wrong) || ' differ' END
FROM (SELECT name, count(*) FILTER (WHERE difference <> 0) OVER (PARTITION BY name) AS wrong,
             sum(expected) OVER (PARTITION BY name) AS expected
      FROM (SELECT name, row_text, sum(weight) AS difference, count(*) FILTER (WHERE weight = 1) AS expected
            FROM balance GROUP BY name, row_text) AS rows) AS tables
GROUP BY name ORDER BY name;
