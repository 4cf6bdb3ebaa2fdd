CREATE INDEX pgqueuer_ep_prio_id_idx ON pgqueuer (entrypoint, priority DESC, id) WHERE status = 'queued';
CREATE INDEX pgqueuer_ep_ea_idx ON pgqueuer (entrypoint, execute_after) WHERE status = 'queued';
DROP INDEX pgqueuer_log_not_aggregated;
CREATE INDEX pgqueuer_log_not_aggregated ON pgqueuer_log (entrypoint, priority, status, created) WHERE NOT aggregated;
