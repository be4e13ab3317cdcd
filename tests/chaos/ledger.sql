-- What the invariants are checked against; nothing of Tidewheel's reads or writes it, but for the trigger.
CREATE SCHEMA chaos;

-- Every record that was sent, by its producer's own account, and what the topic holds by a reader's of our own.
CREATE TABLE chaos.sent (id bigint PRIMARY KEY, kind text NOT NULL, fate text NOT NULL);
CREATE TABLE chaos.in_topic (partition integer, "offset" bigint, id bigint, PRIMARY KEY (partition, "offset"));

-- What a check found, offset by offset; and where each fault of the run began.
CREATE TABLE chaos.wrong (statement text, verdict text, partition integer, "offset" bigint);
CREATE TABLE chaos.faults (number integer, name text, partition integer, from_offset bigint);

-- Every move of a progress, in the order of its commits: the row's lock is held from the move on.
CREATE TABLE chaos.moves (
    move bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, statement_id integer, partition integer, old_offset bigint, new_offset bigint,
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE FUNCTION chaos.note_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO chaos.moves (statement_id, partition, old_offset, new_offset)
    VALUES (NEW.statement_id, NEW.partition, OLD.next_offset, NEW.next_offset);
    RETURN NULL;
END $$;
CREATE TRIGGER note_move AFTER UPDATE ON tidewheel.progress FOR EACH ROW
    WHEN (OLD.next_offset IS DISTINCT FROM NEW.next_offset) EXECUTE FUNCTION chaos.note_move();
