-- Whether a partition is silent, or nobody reads it, is two different things.

-- When its owner was last there, with records or without: an idle lane says so every ten seconds.
ALTER TABLE tidewheel.progress ADD COLUMN seen_at timestamptz;
UPDATE tidewheel.progress SET seen_at = committed_at;

-- Which windows are complete: how far each partition's event time has come, per view. A partition is idle, and doesn't hold the
-- others back, when it has been read to its end, nothing came for a minute, and its owner was there half a minute ago at most.
CREATE OR REPLACE VIEW tidewheel.windows AS
SELECT v.view, v.topic, v.partition, v.watermark, v.idle,
       CASE WHEN bool_or(v.watermark IS NULL AND NOT v.idle) OVER (PARTITION BY v.view) THEN NULL
            ELSE coalesce(min(v.watermark) FILTER (WHERE NOT v.idle) OVER (PARTITION BY v.view),
                          max(v.watermark) OVER (PARTITION BY v.view)) END AS complete_until
FROM (SELECT s.name AS view, p.topic, p.partition, p.watermark,
             coalesce(p.next_offset = p.end_offset AND p.seen_at > now() - interval '30 seconds'
                      AND coalesce(p.committed_at, p.claimed_at) < now() - interval '1 minute', false) AS idle
      FROM tidewheel.progress p JOIN tidewheel.statements s ON s.id = p.statement_id
      WHERE s.kind = 'view') v;
