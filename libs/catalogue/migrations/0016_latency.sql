-- How long the records of the last minute or two took from their own time until their commit; NULL: there were none, or none had a time.
-- Written one commit later, when it is known.
ALTER TABLE tidewheel.progress ADD COLUMN latency_p50 interval, ADD COLUMN latency_p99 interval;
