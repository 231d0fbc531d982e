-- For SQLite and PostgreSQL alike.

-- Two projects may share a store; the lease of a state ID remembers whose it was.
ALTER TABLE tapline_leases ADD COLUMN project_id TEXT;

-- What is needed to run a run again: its options as the command line gave them, and the run that it takes up.
ALTER TABLE tapline_runs ADD COLUMN options TEXT;
ALTER TABLE tapline_runs ADD COLUMN retry_of TEXT;

-- Made anew, since nothing has filled it yet: one part of a backfill (a range of time, a partition, or both), with its own state.
-- state_id: of the chain whose history is filled. stream: `*` for all of the tap. value: the bookmark that it ended with, JSON text.
DROP TABLE tapline_windows;
CREATE TABLE tapline_windows (
  state_id TEXT NOT NULL,
  stream TEXT NOT NULL,
  partition_key TEXT NOT NULL,
  window_state_id TEXT NOT NULL,
  window_from TEXT,
  window_to TEXT,
  value TEXT,
  version BIGINT NOT NULL,
  status TEXT NOT NULL,
  run_id TEXT,
  attempt INTEGER,
  records_loaded BIGINT,
  started_at TEXT,
  ended_at TEXT,
  updated_at TEXT NOT NULL,
  error TEXT,
  PRIMARY KEY (state_id, stream, partition_key)
);
