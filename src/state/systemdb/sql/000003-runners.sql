-- For SQLite and PostgreSQL alike.

-- Whose child a process is: a run ID may be used again while the first run of that ID still lives.
ALTER TABLE tapline_processes ADD COLUMN runner_pid BIGINT;
ALTER TABLE tapline_processes ADD COLUMN runner_pid_start TEXT;
