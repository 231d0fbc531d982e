-- The four tables of Meltano 4.4.1 as its own migrations leave them in PostgreSQL, at revision c0efb3c314eb.
-- Run in a schema that has none of them; Meltano then finds nothing to migrate.
CREATE TABLE alembic_version (
  version_num VARCHAR(32) NOT NULL,
  CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
CREATE SEQUENCE job_id_seq AS INTEGER;
CREATE TABLE runs (
  id INTEGER DEFAULT nextval('job_id_seq') NOT NULL,
  job_name VARCHAR,
  state VARCHAR,
  started_at TIMESTAMP,
  ended_at TIMESTAMP,
  payload VARCHAR,
  payload_flags INTEGER,
  run_id UUID,
  trigger VARCHAR,
  last_heartbeat_at TIMESTAMP,
  CONSTRAINT job_pkey PRIMARY KEY (id)
);
ALTER SEQUENCE job_id_seq OWNED BY runs.id;
CREATE TABLE plugin_settings (
  label VARCHAR(255),
  description TEXT,
  name VARCHAR(255) NOT NULL,
  namespace VARCHAR(255) NOT NULL,
  value BYTEA,
  enabled BOOLEAN,
  PRIMARY KEY (name, namespace)
);
CREATE TABLE state (
  state_id VARCHAR(900) NOT NULL,
  partial_state VARCHAR,
  completed_state VARCHAR,
  updated_at TIMESTAMP,
  PRIMARY KEY (state_id)
);
INSERT INTO alembic_version (version_num) VALUES ('c0efb3c314eb');
