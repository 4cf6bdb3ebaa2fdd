-- From here on, an upgrade also drops the retired index, and an index whose text differs is built again.
ALTER TABLE pgqueuer_statistics ALTER COLUMN created SET DEFAULT date_trunc('sec', now());
DROP INDEX pgqueuer_heartbeat_id_id1_idx;
DROP INDEX pgqueuer_statistics_unique_count;
CREATE UNIQUE INDEX pgqueuer_statistics_unique_count ON pgqueuer_statistics
    (priority, date_trunc('sec', timezone('UTC', created)), status, entrypoint);
