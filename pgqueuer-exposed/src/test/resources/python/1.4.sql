ALTER TABLE pgqueuer ADD COLUMN slot bigint;
CREATE UNIQUE INDEX pgqueuer_picked_slot_idx ON pgqueuer (entrypoint, slot)
    WHERE status = 'picked' AND slot IS NOT NULL;
