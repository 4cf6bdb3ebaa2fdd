DROP INDEX pgqueuer_log_not_aggregated;
CREATE INDEX pgqueuer_log_not_aggregated ON pgqueuer_log ((1)) WHERE NOT aggregated;
