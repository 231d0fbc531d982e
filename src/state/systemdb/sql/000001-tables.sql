-- For SQLite and PostgreSQL alike. Times are ISO 8601 text in UTC with milliseconds, so that their order is the
-- order of the text; what has no fixed shape is JSON text. The columns at the end of a table that nothing fills
-- yet are there so that older and newer programs can share a database.

CREATE TABLE tapline_migrations (
  number INTEGER NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  applied_at TEXT NOT NULL
);

CREATE TABLE tapline_runs (
  run_id TEXT NOT NULL PRIMARY KEY,
  words TEXT NOT NULL,
  environment TEXT,
  status TEXT NOT NULL,
  triggered_by TEXT NOT NULL,
  host TEXT NOT NULL,
  pid BIGINT NOT NULL,
  pid_start TEXT NOT NULL,
  boot_id TEXT NOT NULL,
  pid_namespace TEXT NOT NULL,
  started_at TEXT NOT NULL,
  ended_at TEXT,
  error TEXT,
  project_id TEXT,
  pipeline TEXT,
  owner TEXT,
  tags TEXT,
  health TEXT,
  trace_id TEXT,
  program_version TEXT
);
CREATE INDEX tapline_runs_started ON tapline_runs (started_at);

-- One tree a run: pipeline, step, chain, command. block_id is the number path in the plan (2, 1.3).
CREATE TABLE tapline_blocks (
  run_id TEXT NOT NULL,
  block_id TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  parent_id TEXT,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  plugins TEXT NOT NULL,
  state_id TEXT,
  window_from TEXT,
  window_to TEXT,
  options TEXT NOT NULL,
  status TEXT,
  started_at TEXT NOT NULL,
  ended_at TEXT,
  records_extracted BIGINT,
  records_loaded BIGINT,
  bytes_extracted BIGINT,
  state_version_before BIGINT,
  state_version_after BIGINT,
  error TEXT,
  exit_codes TEXT,
  partition_name TEXT,
  pipeline TEXT,
  owner TEXT,
  tags TEXT,
  health TEXT,
  trace_id TEXT,
  PRIMARY KEY (run_id, block_id, attempt)
);
CREATE INDEX tapline_blocks_state ON tapline_blocks (state_id, started_at);

CREATE TABLE tapline_processes (
  run_id TEXT NOT NULL,
  block_id TEXT NOT NULL,
  role TEXT NOT NULL,
  plugin TEXT NOT NULL,
  pid BIGINT NOT NULL,
  group_id BIGINT NOT NULL,
  pid_start TEXT NOT NULL,
  host TEXT NOT NULL,
  boot_id TEXT NOT NULL,
  pid_namespace TEXT NOT NULL,
  started_at TEXT NOT NULL,
  ended_at TEXT,
  exit_code INTEGER,
  signal TEXT,
  PRIMARY KEY (run_id, pid, pid_start)
);
CREATE INDEX tapline_processes_open ON tapline_processes (run_id) WHERE ended_at IS NULL;

CREATE TABLE tapline_streams (
  run_id TEXT NOT NULL,
  block_id TEXT NOT NULL,
  stream TEXT NOT NULL,
  records_extracted BIGINT NOT NULL,
  records_loaded BIGINT NOT NULL,
  schema_hash TEXT,
  health TEXT,
  PRIMARY KEY (run_id, block_id, stream)
);

CREATE TABLE tapline_state_versions (
  state_id TEXT NOT NULL,
  version BIGINT NOT NULL,
  saved_at TEXT NOT NULL,
  run_id TEXT,
  mode TEXT NOT NULL,
  completed TEXT NOT NULL,
  partial TEXT NOT NULL,
  token BIGINT,
  PRIMARY KEY (state_id, version)
);

-- A row stays after its lease is given back: it remembers the token, which only ever grows.
-- scope: state (leases on state IDs) or slot (places under a concurrency limit).
CREATE TABLE tapline_leases (
  scope TEXT NOT NULL,
  name TEXT NOT NULL,
  token BIGINT NOT NULL,
  held INTEGER NOT NULL,
  run_id TEXT NOT NULL,
  host TEXT NOT NULL,
  pid BIGINT NOT NULL,
  pid_start TEXT NOT NULL,
  boot_id TEXT NOT NULL,
  pid_namespace TEXT NOT NULL,
  user_name TEXT NOT NULL,
  command TEXT NOT NULL,
  acquired_at TEXT NOT NULL,
  heartbeat_at TEXT NOT NULL,
  expires_at TEXT NOT NULL,
  PRIMARY KEY (scope, name)
);

CREATE TABLE tapline_windows (
  state_id TEXT NOT NULL,
  window_from TEXT NOT NULL,
  window_to TEXT NOT NULL,
  window_state_id TEXT NOT NULL,
  status TEXT NOT NULL,
  run_id TEXT,
  attempt INTEGER,
  records_loaded BIGINT,
  started_at TEXT,
  ended_at TEXT,
  error TEXT,
  partition_name TEXT,
  PRIMARY KEY (state_id, window_from, window_to)
);
