-- Of views that keep values: as many of a group as the view says, and no record more. It is then a dead letter of the view.
CREATE FUNCTION tidewheel.require_room(present bigint, most bigint, aggregate text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF present > most THEN
        RAISE EXCEPTION USING ERRCODE = 'TWF01',
            MESSAGE = format('a group would keep more than %s values for %s: values_per_group', most, aggregate);
    END IF;
END $$;
