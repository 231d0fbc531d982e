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

interface CodeFacts {
  exitCode: number;
  /** Whether the error may not recur when a block is tried again. */
  isTransient?: true;
  /** Whether a store is unreachable, busy or full: the same call may succeed later. */
  isStoreAway?: true;
}

const fails = { exitCode: exitCodes.failure } as const;
const usage = { exitCode: exitCodes.usage } as const;
const mayPass = { exitCode: exitCodes.failure, isTransient: true } as const;
const storeAway = { exitCode: exitCodes.failure, isTransient: true, isStoreAway: true } as const;

/**
 * Every error code with the exit code it leads to, and whether it is transient. A code is public: scripts and alerts match on it,
 * so one is never renamed or given another meaning. Not transient are faults of the project or the command line, a state that another
 * run holds, and one that could not be saved, whose rescue file must be restored first.
 */
const codes = {
  // project
  PROJECT_NOT_FOUND: usage,
  PROJECT_UNREADABLE: fails,
  PROJECT_EMPTY: fails,
  PROJECT_SYNTAX: fails,
  PROJECT_SHAPE: fails,
  PROJECT_DUPLICATE: fails,
  PROJECT_INCLUDE: fails,
  PROJECT_REQUIRES: { exitCode: exitCodes.requiresMeltano },
  PROJECT_READONLY: fails,
  EDIT_REFUSED: fails,
  ENTRY_EXISTS: fails,
  ENVIRONMENT_UNKNOWN: fails,
  ENVIRONMENT_REQUIRED: fails,
  DOTENV_UNREADABLE: fails,
  // messages
  INSPECTION_FAILED: fails,
  // plugins
  PLUGIN_UNKNOWN: fails,
  PLUGIN_DEFINITION_MISSING: fails,
  PLUGIN_INHERITANCE: fails,
  PLUGIN_LOCK_BROKEN: fails,
  PLUGIN_COMMAND_UNKNOWN: fails,
  PLUGIN_NOT_INVOKABLE: fails,
  PLUGIN_REFERENCE: usage,
  // settings
  SETTING_CAST: fails,
  SETTING_CONFLICT: fails,
  SETTING_FILE: fails,
  SETTING_MISSING: fails,
  SETTING_UNKNOWN: fails,
  CONFIG_INVALID: fails,
  SELECT_UNKNOWN: fails,
  VARIABLE_UNSET: fails,
  // plan
  BLOCK_UNKNOWN: fails,
  BLOCK_ORDER: fails,
  BLOCK_AMBIGUOUS: fails,
  JOB_UNKNOWN: fails,
  JOB_INVALID: fails,
  RUN_STEP_INVALID: fails,
  PIPELINE_UNKNOWN: fails,
  PIPELINE_INVALID: fails,
  SCHEDULE_UNKNOWN: fails,
  SCHEDULE_INVALID: fails,
  STATE_ID_INVALID: fails,
  WINDOW_INVALID: fails,
  WINDOW_OVERLAP: fails,
  BACKFILL_SETTINGS: fails,
  BACKFILL_UNKNOWN: fails,
  // state and leases
  STATE_BACKEND_UNKNOWN: fails,
  STATE_BACKEND_SETTINGS: fails,
  STATE_BACKEND_UNREACHABLE: storeAway,
  STATE_BACKEND_REFUSED: fails,
  STATE_OF_OTHER_PROJECT: fails,
  STATE_UNREADABLE: fails,
  STATE_INVALID: fails,
  STATE_EXISTS: fails,
  STATE_NOT_SAVED: fails,
  STATE_ID_UNKNOWN: fails,
  STATE_VERSION_UNKNOWN: fails,
  STREAM_UNKNOWN: fails,
  LEASE_HELD: fails,
  LEASE_LOST: fails,
  LEASE_UNKNOWN: fails,
  // system database
  DATABASE_OPEN: storeAway,
  DATABASE_UNREACHABLE: storeAway,
  DATABASE_REFUSED: fails,
  DATABASE_LOCKED: storeAway,
  DATABASE_READONLY: fails,
  DATABASE_BROKEN: fails,
  DATABASE_NEWER: fails,
  DATABASE_OUTDATED: fails,
  DATABASE_URI: fails,
  RUN_UNKNOWN: fails,
  LOG_MISSING: fails,
  // hub
  HUB_UNREACHABLE: fails,
  HUB_REFUSED: fails,
  HUB_ANSWER: fails,
  HUB_PLUGIN_UNKNOWN: fails,
  HUB_VARIANT_UNKNOWN: fails,
  // install
  INSTALL_FAILED: fails,
  INSTALL_TOOL_MISSING: fails,
  EXECUTABLE_MISSING: fails,
  // catalog
  DISCOVERY_FAILED: mayPass,
  DISCOVERY_TIMEOUT: mayPass,
  CATALOG_MISSING: fails,
  CATALOG_INVALID: fails,
  CATALOG_UNREADABLE: fails,
  SELECTION_UNSUPPORTED: fails,
  SELECTION_EMPTY: fails,
  // run
  PROCESS_FAILED: mayPass,
  PROCESS_STALLED: mayPass,
  TARGET_LEFT_EARLY: mayPass,
  MESSAGE_TOO_LONG: fails,
  SINGER_STRICT: fails,
  RUN_FAILED: fails,
  RUN_TIMEOUT: fails,
  RUN_SKIPPED: { exitCode: exitCodes.skipped },
  RUN_DIRECTORY: fails,
  RETRY_NOTHING_LEFT: fails,
  RETRY_PLAN_CHANGED: fails,
  RETRY_REFUSED: fails,
  RETRY_RUNNING: fails,
  DISK_FULL: storeAway,
  LOCK_BUSY: fails,
  // command line
  USAGE: usage,
  OUTPUT_FAILED: fails,
  ABORTED: fails,
  INTERRUPTED: { exitCode: exitCodes.interrupted },
} as const satisfies Record<string, CodeFacts>;

export type ErrorCode = keyof typeof codes;

/** The exit code of each error code, for docs, help and tests. */
export const errorCodes = Object.fromEntries(
  Object.entries(codes).map(([code, { exitCode }]) => [code, exitCode]),
) as Readonly<Record<ErrorCode, number>>;

/** The data of errors that our own code reads; the data of all others is only for JSON logs. */
interface ReadData {
  PROJECT_SHAPE: Facts & { faults: ErrorFault[] };
  LEASE_LOST: Facts & { takenOver: boolean };
}

type Facts = Record<string, unknown>;
type ErrorData = { [Code in ErrorCode]: Code extends keyof ReadData ? ReadData[Code] : Facts };

/** One of several faults that an error reports at once. */
export interface ErrorFault {
  message: string;
  at?: SourceLocation | undefined;
  hint?: string | undefined;
}

export interface ErrorDetails<Code extends ErrorCode = ErrorCode> {
  /** What the reader can do now, in one or two sentences. */
  hint?: string | undefined;
  at?: SourceLocation | undefined;
  cause?: unknown;
  /** Overrides the exit code of the table, e.g. to pass a plugin's own. */
  exitCode?: number | undefined;
  /** Further facts for JSON logs; never a secret. */
  data?: ErrorData[Code] | undefined;
}

/** The only error for what a person can mend; everything else is a bug. */
export class TaplineError<Code extends ErrorCode = ErrorCode> extends Error {
  override readonly name = 'TaplineError';
  readonly code: Code;
  readonly hint: string | undefined;
  readonly at: SourceLocation | undefined;
  readonly exitCode: number;
  readonly data: ErrorData[Code] | undefined;

  constructor(code: Code, message: string, details: ErrorDetails<Code> = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.hint = details.hint;
    this.at = details.at;
    this.exitCode = details.exitCode ?? errorCodes[code];
    this.data = details.data;
  }
}

/** Narrows an error to one of these codes, and its data with it. */
export function hasCode<Code extends ErrorCode>(error: unknown, ...wanted: Code[]): error is TaplineError<Code> {
  return error instanceof TaplineError && (wanted as ErrorCode[]).includes(error.code);
}

/** Whether an error of this code may not recur when a block is tried again; a code may come from a stored run. */
export function isTransientCode(code: string): boolean {
  return code in codes && factsOf(code as ErrorCode).isTransient === true;
}

/** `file:line:col`, as editors and terminals make it clickable. */
export function formatLocation(at: SourceLocation): string {
  return `${at.file}:${at.line}:${at.col}`;
}

/** Whether a store is unreachable, busy or full. An error without a code is a bug of ours and recurs each time. */
export function isStoreAway(error: unknown): boolean {
  if (error instanceof TaplineError) return factsOf(error.code).isStoreAway === true;
  return typeof (error as { code?: unknown } | null)?.code === 'string';
}

function factsOf(code: ErrorCode): CodeFacts {
  return codes[code];
}
