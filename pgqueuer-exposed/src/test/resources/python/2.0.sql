CREATE INDEX pgqueuer_statistics_created ON pgqueuer_statistics (created);
