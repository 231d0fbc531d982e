/** A place in a file that a person can open. Line and column count from 1. */
export interface SourceLocation {
  file: string;
  line: number;
  col: number;
}

/** Exit codes of the program; the one table that docs, help and tests read. */
export const exitCodes = {
  ok: 0,
  failure: 1,
  usage: 2,
  requiresMeltano: 3,
  skipped: 99,
  hangup: 129,
  interrupted: 130,
  terminated: 143,
} as const;

/**
 * Every error code with the exit code it leads to. A code is public: scripts and alerts match on it,
 * so one is never renamed or given another meaning.
 */
export const errorCodes = {
  // project
  PROJECT_NOT_FOUND: exitCodes.usage,
  PROJECT_UNREADABLE: exitCodes.failure,
  PROJECT_EMPTY: exitCodes.failure,
  PROJECT_SYNTAX: exitCodes.failure,
  PROJECT_SHAPE: exitCodes.failure,
  PROJECT_DUPLICATE: exitCodes.failure,
  PROJECT_INCLUDE: exitCodes.failure,
  PROJECT_REQUIRES: exitCodes.requiresMeltano,
  PROJECT_READONLY: exitCodes.failure,
  EDIT_REFUSED: exitCodes.failure,
  ENTRY_EXISTS: exitCodes.failure,
  ENVIRONMENT_UNKNOWN: exitCodes.failure,
  ENVIRONMENT_REQUIRED: exitCodes.failure,
  DOTENV_UNREADABLE: exitCodes.failure,
  // plugins
  PLUGIN_UNKNOWN: exitCodes.failure,
  PLUGIN_DEFINITION_MISSING: exitCodes.failure,
  PLUGIN_INHERITANCE: exitCodes.failure,
  PLUGIN_LOCK_BROKEN: exitCodes.failure,
  PLUGIN_COMMAND_UNKNOWN: exitCodes.failure,
  PLUGIN_NOT_INVOKABLE: exitCodes.failure,
  PLUGIN_REFERENCE: exitCodes.usage,
  // settings
  SETTING_CAST: exitCodes.failure,
  SETTING_CONFLICT: exitCodes.failure,
  SETTING_FILE: exitCodes.failure,
  SETTING_MISSING: exitCodes.failure,
  SETTING_UNKNOWN: exitCodes.failure,
  CONFIG_INVALID: exitCodes.failure,
  SELECT_UNKNOWN: exitCodes.failure,
  VARIABLE_UNSET: exitCodes.failure,
  // plan
  BLOCK_UNKNOWN: exitCodes.failure,
  BLOCK_ORDER: exitCodes.failure,
  BLOCK_AMBIGUOUS: exitCodes.failure,
  JOB_UNKNOWN: exitCodes.failure,
  JOB_INVALID: exitCodes.failure,
  RUN_STEP_INVALID: exitCodes.failure,
  PIPELINE_UNKNOWN: exitCodes.failure,
  PIPELINE_INVALID: exitCodes.failure,
  SCHEDULE_UNKNOWN: exitCodes.failure,
  SCHEDULE_INVALID: exitCodes.failure,
  STATE_ID_INVALID: exitCodes.failure,
  WINDOW_INVALID: exitCodes.failure,
  WINDOW_OVERLAP: exitCodes.failure,
  BACKFILL_SETTINGS: exitCodes.failure,
  BACKFILL_UNKNOWN: exitCodes.failure,
  // state and leases
  STATE_BACKEND_UNKNOWN: exitCodes.failure,
  STATE_BACKEND_SETTINGS: exitCodes.failure,
  STATE_BACKEND_UNREACHABLE: exitCodes.failure,
  STATE_BACKEND_REFUSED: exitCodes.failure,
  STATE_OF_OTHER_PROJECT: exitCodes.failure,
  STATE_UNREADABLE: exitCodes.failure,
  STATE_INVALID: exitCodes.failure,
  STATE_EXISTS: exitCodes.failure,
  STATE_NOT_SAVED: exitCodes.failure,
  STATE_ID_UNKNOWN: exitCodes.failure,
  STATE_VERSION_UNKNOWN: exitCodes.failure,
  STREAM_UNKNOWN: exitCodes.failure,
  LEASE_HELD: exitCodes.failure,
  LEASE_LOST: exitCodes.failure,
  LEASE_UNKNOWN: exitCodes.failure,
  // system database
  DATABASE_OPEN: exitCodes.failure,
  DATABASE_UNREACHABLE: exitCodes.failure,
  DATABASE_REFUSED: exitCodes.failure,
  DATABASE_LOCKED: exitCodes.failure,
  DATABASE_READONLY: exitCodes.failure,
  DATABASE_BROKEN: exitCodes.failure,
  DATABASE_NEWER: exitCodes.failure,
  DATABASE_OUTDATED: exitCodes.failure,
  DATABASE_URI: exitCodes.failure,
  RUN_UNKNOWN: exitCodes.failure,
  LOG_MISSING: exitCodes.failure,
  // hub
  HUB_UNREACHABLE: exitCodes.failure,
  HUB_REFUSED: exitCodes.failure,
  HUB_ANSWER: exitCodes.failure,
  HUB_PLUGIN_UNKNOWN: exitCodes.failure,
  HUB_VARIANT_UNKNOWN: exitCodes.failure,
  // install
  INSTALL_FAILED: exitCodes.failure,
  INSTALL_TOOL_MISSING: exitCodes.failure,
  EXECUTABLE_MISSING: exitCodes.failure,
  // catalog
  DISCOVERY_FAILED: exitCodes.failure,
  DISCOVERY_TIMEOUT: exitCodes.failure,
  CATALOG_MISSING: exitCodes.failure,
  CATALOG_INVALID: exitCodes.failure,
  CATALOG_UNREADABLE: exitCodes.failure,
  SELECTION_UNSUPPORTED: exitCodes.failure,
  SELECTION_EMPTY: exitCodes.failure,
  // run
  PROCESS_FAILED: exitCodes.failure,
  PROCESS_STALLED: exitCodes.failure,
  TARGET_LEFT_EARLY: exitCodes.failure,
  MESSAGE_TOO_LONG: exitCodes.failure,
  SINGER_STRICT: exitCodes.failure,
  RUN_FAILED: exitCodes.failure,
  RUN_TIMEOUT: exitCodes.failure,
  RUN_SKIPPED: exitCodes.skipped,
  RUN_DIRECTORY: exitCodes.failure,
  RETRY_NOTHING_LEFT: exitCodes.failure,
  RETRY_PLAN_CHANGED: exitCodes.failure,
  RETRY_REFUSED: exitCodes.failure,
  RETRY_RUNNING: exitCodes.failure,
  DISK_FULL: exitCodes.failure,
  LOCK_BUSY: exitCodes.failure,
  // command line
  USAGE: exitCodes.usage,
  OUTPUT_FAILED: exitCodes.failure,
  ABORTED: exitCodes.failure,
  INTERRUPTED: exitCodes.interrupted,
} as const;

export type ErrorCode = keyof typeof errorCodes;

/** Codes of a store that is unreachable, busy or full: the same call may succeed later. */
const storeAwayCodes: readonly ErrorCode[] = [
  'STATE_BACKEND_UNREACHABLE',
  'DATABASE_OPEN',
  'DATABASE_UNREACHABLE',
  'DATABASE_LOCKED',
  'DISK_FULL',
];

/**
 * Codes that may not recur when a block is tried again. All others would: faults of the project or the command line, a state that
 * another run holds, and one that could not be saved, whose rescue file must be restored first.
 */
export const transientCodes: ReadonlySet<string> = new Set<ErrorCode>([
  ...storeAwayCodes,
  'PROCESS_FAILED',
  'PROCESS_STALLED',
  'TARGET_LEFT_EARLY',
  'DISCOVERY_FAILED',
  'DISCOVERY_TIMEOUT',
]);

export interface ErrorDetails {
  /** What the reader can do now, in one or two sentences. */
  hint?: string | undefined;
  at?: SourceLocation | undefined;
  cause?: unknown;
  /** Overrides the exit code of the table, e.g. to pass a plugin's own. */
  exitCode?: number | undefined;
  /** Further facts for JSON logs; never a secret. */
  data?: Record<string, unknown> | undefined;
}

/** The only error that stands for something a person can mend; all else is a bug. */
export class TaplineError extends Error {
  override readonly name = 'TaplineError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly at: SourceLocation | undefined;
  readonly exitCode: number;
  readonly data: Record<string, unknown> | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.hint = details.hint;
    this.at = details.at;
    this.exitCode = details.exitCode ?? errorCodes[code];
    this.data = details.data;
  }
}

/** `file:line:col`, as editors and terminals make it clickable. */
export function formatLocation(at: SourceLocation): string {
  return `${at.file}:${at.line}:${at.col}`;
}

/** Whether a store is unreachable, busy or full. An error without a code is a bug of ours and recurs each time. */
export function isStoreAway(error: unknown): boolean {
  if (error instanceof TaplineError) return storeAwayCodes.includes(error.code);
  return typeof (error as { code?: unknown } | null)?.code === 'string';
}
