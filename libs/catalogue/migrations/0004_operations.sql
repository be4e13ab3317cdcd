-- What operators do to statements while they run: pause, reset, rebuild, change; discard and redrive dead letters.

-- A paused statement is run by nobody; its progress stays where it is. changed_at: since when the statement, or the stream's rules,
-- differ from those under which the records before were applied (NULL: they never changed).
ALTER TABLE tidewheel.statements ADD COLUMN paused_at timestamptz, ADD COLUMN changed_at timestamptz;
ALTER TABLE tidewheel.streams ADD COLUMN changed_at timestamptz;

-- The view that this one will replace: it is computed anew from the topic by `tidewheel rebuild`, which alone runs it, and nobody
-- else sees it.
ALTER TABLE tidewheel.statements ADD COLUMN rebuilds integer UNIQUE REFERENCES tidewheel.statements ON DELETE CASCADE;

-- Offsets [begin_offset, end_offset) that a statement has passed without reading them, because a human said so.
CREATE TABLE tidewheel.skipped (
    statement_id integer NOT NULL REFERENCES tidewheel.statements ON DELETE CASCADE,
    topic        text    NOT NULL,
    partition    integer NOT NULL,
    begin_offset bigint  NOT NULL,
    end_offset   bigint  NOT NULL CHECK (end_offset > begin_offset),
    reason       text    NOT NULL,
    skipped_by   text    NOT NULL DEFAULT current_user,
    skipped_at   timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON tidewheel.skipped (statement_id, partition);

-- A discarded dead letter has lost its key, headers and payload; that the record was here and is given up stays known.
ALTER TABLE tidewheel.dead_letters ADD COLUMN discarded_at timestamptz;
-- When it was last redriven and refused again.
ALTER TABLE tidewheel.dead_letters ADD COLUMN tried_at timestamptz;

CREATE OR REPLACE VIEW tidewheel.windows AS
SELECT v.view, v.topic, v.partition, v.watermark, v.idle,
       CASE WHEN bool_or(v.watermark IS NULL AND NOT v.idle) OVER (PARTITION BY v.view) THEN NULL
            ELSE coalesce(min(v.watermark) FILTER (WHERE NOT v.idle) OVER (PARTITION BY v.view),
                          max(v.watermark) OVER (PARTITION BY v.view)) END AS complete_until
FROM (SELECT s.name AS view, p.topic, p.partition, p.watermark,
             coalesce(p.next_offset = p.end_offset AND p.seen_at > now() - interval '30 seconds'
                      AND coalesce(p.committed_at, p.claimed_at) < now() - interval '1 minute', false) AS idle
      FROM tidewheel.progress p JOIN tidewheel.statements s ON s.id = p.statement_id
      WHERE s.kind = 'view' AND s.rebuilds IS NULL) v;
