-- The four tables of Meltano 4.4.1 as its own migrations leave them in SQLite, at revision c0efb3c314eb.
-- Run on a database that has none of them; Meltano then finds nothing to migrate.
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
CREATE TABLE "runs" (
	id INTEGER NOT NULL, 
	job_name VARCHAR, 
	state VARCHAR(7), 
	started_at DATETIME, 
	ended_at DATETIME, 
	payload VARCHAR, 
	payload_flags INTEGER, run_id CHAR(32), "trigger" VARCHAR, last_heartbeat_at DATETIME, 
	PRIMARY KEY (id)
);
CREATE TABLE plugin_settings (
	label VARCHAR(255), 
	description TEXT, 
	name VARCHAR(255) NOT NULL, 
	namespace VARCHAR(255), 
	value BLOB, 
	enabled BOOLEAN, 
	PRIMARY KEY (name, namespace)
);
CREATE TABLE state (
	state_id VARCHAR(900) NOT NULL, 
	partial_state VARCHAR, 
	completed_state VARCHAR, 
	updated_at DATETIME, 
	PRIMARY KEY (state_id), 
	UNIQUE (state_id)
);
INSERT INTO alembic_version (version_num) VALUES ('c0efb3c314eb');
