-- Runs once, as the superuser, when the volume is new: the ordinary role that owns the pipelines' tables and the catalogue.
\set password `cat /run/secrets/tidewheel`
CREATE ROLE tidewheel LOGIN PASSWORD :'password';
GRANT CREATE ON SCHEMA public TO tidewheel;
