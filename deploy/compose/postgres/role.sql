-- Runs once, as the superuser, when the volume is new: the ordinary role that owns the pipelines' tables and the catalogue.
\set password `cat /run/secrets/tidewheel`
-- REPLICATION, and CREATE on the database, are for tidewheel-changefeed: its slots and publications.
CREATE ROLE tidewheel LOGIN REPLICATION PASSWORD :'password';
GRANT CREATE ON SCHEMA public TO tidewheel;
GRANT CREATE ON DATABASE tidewheel TO tidewheel;
