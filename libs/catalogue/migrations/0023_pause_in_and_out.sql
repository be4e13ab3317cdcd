-- `tidewheel pause` for what moves records beside statements. A paused stream: nothing comes into its topic through its ingress,
-- its source or its changefeed. A paused sink: its rows stay in the outbox. Each continues where it was.
ALTER TABLE tidewheel.streams ADD COLUMN intake_paused_at timestamptz;  -- NULL: it is not paused
ALTER TABLE tidewheel.sinks ADD COLUMN paused_at timestamptz;           -- likewise
