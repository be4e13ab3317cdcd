-- What `tidewheel verify` found last, by statement.
CREATE TABLE tidewheel.verifications (
    statement_id integer PRIMARY KEY REFERENCES tidewheel.statements ON DELETE CASCADE,
    verified_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    verdict text NOT NULL CHECK (verdict IN ('equal', 'different', 'unchecked')),
    is_part boolean NOT NULL,  -- only a part of the records was looked at: --since, --sample
    missing bigint NOT NULL,
    unexpected bigint NOT NULL,
    unjudged bigint NOT NULL);
