/** A DAG as its file is written from it: every value is there, nothing is looked up when Airflow reads the file. */

export interface Dag {
  /** Letters, digits, `_`, `.` and `-`: Airflow takes no other. Also the name of its file. */
  id: string;
  kind: 'pipeline' | 'schedule' | 'job';
  /** As meltano.yml has it. */
  name: string;
  /** Null where only a person starts it. */
  cron: string | null;
  timezone: string;
  owner: string;
  retries: number;
  retryDelaySeconds: number;
  maxAgeHours?: number | undefined;
  tags: readonly string[];
  /** Variables of all tasks. */
  env: Readonly<Record<string, string>>;
  sensors: readonly Sensor[];
  /** One after the other. */
  groups: readonly TaskGroup[];
}

/** Waits for the last run of another DAG that was due. */
export interface Sensor {
  taskId: string;
  dagId: string;
  /** Null: the other DAG has no clock, and the run of the same date is waited for. */
  cron: string | null;
  timezone: string;
}

/** Tasks that may run at once. */
export interface TaskGroup {
  /** The ID of Airflow's task group; undefined for tasks of no run step. */
  stepId?: string | undefined;
  /** What is in one lane runs one after the other. */
  lanes: readonly (readonly Task[])[];
}

export interface Task {
  /** Unique in its run step. */
  id: string;
  /** What bash runs. */
  command: string;
  /** Where they are not the DAG's. */
  retries?: number | undefined;
  retryDelaySeconds?: number | undefined;
  timeoutSeconds?: number | undefined;
}
