-- Several databases may share the partitions of every topic: this one has the partitions p with p mod shares = share - 1.
ALTER TABLE tidewheel.catalogue ADD COLUMN share integer NOT NULL DEFAULT 1, ADD COLUMN shares integer NOT NULL DEFAULT 1,
    ADD CHECK (share BETWEEN 1 AND shares);
