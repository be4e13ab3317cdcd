-- What the names of a statement meant when it was applied: `resolved` is its text with every relation, function, operator and type
-- that is not PostgreSQL's own qualified, and every conversion written out; `objects` are those that it rests on. NULL in a
-- statement that an older program applied: `tidewheel init` or `apply` asks PostgreSQL for it.
ALTER TABLE tidewheel.statements ADD COLUMN resolved text, ADD COLUMN objects text[];

-- Temporary objects never stand in for what a statement means.
UPDATE tidewheel.statements SET search_path = search_path || ', pg_temp';

-- Names carry their schema now, unless it is public: a statement has the one in which its apply created new relations, or the one
-- that its text names. A name with a dot or a quote in it is quoted.
CREATE FUNCTION pg_temp.first_schema(path text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT (parse_ident(substring(path FROM '^("(?:[^"]|"")*"|[^,]+)')))[1]
$$;
CREATE FUNCTION pg_temp.part(name text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN name ~ '[."]' THEN '"' || replace(name, '"', '""') || '"' ELSE name END
$$;
CREATE FUNCTION pg_temp.label(schema text, name text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE schema WHEN 'public' THEN '' ELSE pg_temp.part(schema) || '.' END || pg_temp.part(name)
$$;
-- Where two would be called the same, both keep what they are called.
CREATE TEMP TABLE tidewheel_renamed ON COMMIT DROP AS
SELECT id, CASE WHEN count(*) OVER (PARTITION BY label) = 1 THEN label ELSE name END AS label
FROM (SELECT id, name, CASE WHEN name = target_schema || '.' || target_name THEN pg_temp.label(target_schema, target_name)
                            ELSE pg_temp.label(pg_temp.first_schema(search_path), name) END AS label
      FROM tidewheel.statements WHERE rebuilds IS NULL) s;
UPDATE tidewheel.statements s SET name = '~' || s.id FROM tidewheel_renamed r WHERE s.id = r.id;
UPDATE tidewheel.statements s SET name = r.label FROM tidewheel_renamed r WHERE s.id = r.id;

-- Tables and the like are known by the schema in which they are: that of the file's statements, where the name doesn't say.
CREATE TEMP TABLE tidewheel_known ON COMMIT DROP AS
WITH files AS (SELECT file, min(pg_temp.first_schema(search_path)) AS schema FROM tidewheel.statements GROUP BY file),
parts AS (
    SELECT o.object, m[1] AS kind, m[2] AS schema, m[3] AS name, m[4] AS rest, f.schema AS of_file
    FROM tidewheel.objects o LEFT JOIN files f USING (file) LEFT JOIN LATERAL
         regexp_match(o.object, '^(TABLE|VIEW|TYPE|DOMAIN|SEQUENCE|FUNCTION|PROCEDURE|INDEX|ROWS) (?:([^."(]+)\.)?([^."(]+)(\(.*\))?$') m ON true),
labels AS (
    SELECT object, CASE WHEN kind IS NULL THEN object
                        ELSE kind || ' ' || pg_temp.label(coalesce(schema, of_file, 'public'), name) || coalesce(rest, '') END AS label
    FROM parts)
SELECT '~' || row_number() OVER () AS number, object,
       CASE WHEN count(*) OVER (PARTITION BY label) = 1 THEN label ELSE object END AS label
FROM labels;
UPDATE tidewheel.objects o SET object = k.number FROM tidewheel_known k WHERE o.object = k.object;
UPDATE tidewheel.objects o SET object = k.label FROM tidewheel_known k WHERE o.object = k.number;

DROP TABLE pg_temp.tidewheel_renamed, pg_temp.tidewheel_known;
DROP FUNCTION pg_temp.label(text, text), pg_temp.part(text), pg_temp.first_schema(text);

-- Services look again.
UPDATE tidewheel.catalogue SET version = version + 1 WHERE EXISTS (SELECT FROM tidewheel.statements);
