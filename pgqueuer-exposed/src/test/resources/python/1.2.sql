-- New installs have wide ids; an upgrade widens those of older ones only if it is asked to.
ALTER TABLE pgqueuer ALTER COLUMN id TYPE bigint;
ALTER SEQUENCE pgqueuer_id_seq AS bigint;
ALTER TABLE pgqueuer_statistics ALTER COLUMN id TYPE bigint;
ALTER SEQUENCE pgqueuer_statistics_id_seq AS bigint;
ALTER TABLE pgqueuer_schedules ALTER COLUMN id TYPE bigint;
ALTER SEQUENCE pgqueuer_schedules_id_seq AS bigint;
