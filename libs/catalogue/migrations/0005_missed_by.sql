-- Which statements a dead letter's record is missing in: exactly those whose progress passed it when it was parked. A redrive gives
-- it to them and to nobody else, whatever rules, progress and statements have become since. What the stream's rules refused is
-- missed by every statement that read it; what a statement refused, by that one alone.
ALTER TABLE tidewheel.dead_letters ADD COLUMN missed_by integer[] NOT NULL DEFAULT '{}';

-- Until now the rules of a stream never changed while it had statements, so whoever is past a record's offset has missed it.
UPDATE tidewheel.dead_letters d SET missed_by =
    CASE WHEN d.statement_id IS NOT NULL THEN ARRAY[d.statement_id]
         ELSE ARRAY(SELECT p.statement_id FROM tidewheel.progress p JOIN tidewheel.statements s ON s.id = p.statement_id
                    WHERE s.stream_id = d.stream_id AND p.topic = d.topic AND p.partition = d.partition AND p.next_offset > d."offset"
                    ORDER BY 1) END;

-- A program of an older version that still runs fails to park rather than to say who misses the record; and it looks again, sees
-- that the catalogue is not its own any more, and waits for its upgrade.
ALTER TABLE tidewheel.dead_letters ALTER COLUMN missed_by DROP DEFAULT;
UPDATE tidewheel.catalogue SET version = version + 1 WHERE EXISTS (SELECT FROM tidewheel.statements);
