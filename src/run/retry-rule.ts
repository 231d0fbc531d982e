/** Whether, and when, a block that failed is tried again. */
import { durationSeconds } from '../duration.js';
import { type ErrorCode, TaplineError } from '../errors.js';
import type { Block, RetryPart, RetryRule } from '../plan/types.js';
import type { ResolvedPlugin } from '../settings/types.js';
import type { ErrorInfo } from './events.js';

const defaultDelaySeconds = 10;
const longestDelaySeconds = 3_600;

/**
 * What may be otherwise the next time. All else comes again: faults of the project or the command line, a state that another
 * run holds, and one that could not be saved: its rescue file is to be brought in first.
 */
const passing: ReadonlySet<string> = new Set<ErrorCode>([
  'PROCESS_FAILED',
  'PROCESS_STALLED',
  'TARGET_LEFT_EARLY',
  'DISCOVERY_FAILED',
  'DISCOVERY_TIMEOUT',
  'STATE_BACKEND_UNREACHABLE',
  'DATABASE_OPEN',
  'DATABASE_UNREACHABLE',
  'DATABASE_LOCKED',
  'DISK_FULL',
]);

export function mayPass(error: ErrorInfo | undefined): boolean {
  return error !== undefined && passing.has(error.code);
}

/** The first that says something: the plugins in their order, the block's line or pipeline, the command line. */
export function retryRule(plugins: readonly RetryPart[], block: Block, defaults: RetryPart | undefined): RetryRule {
  const sayings = [...plugins, block.retry ?? {}, defaults ?? {}];
  return {
    retries: sayings.find(({ retries }) => retries !== undefined)?.retries ?? 0,
    delaySeconds: sayings.find(({ delaySeconds }) => delaySeconds !== undefined)?.delaySeconds ?? defaultDelaySeconds,
  };
}

/**
 * The pause before the attempt after this one (1 for the first): twice as long each time, at most an hour (or the first pause, where
 * that is longer), and by chance up to a quarter shorter, so that many that failed together do not come back together.
 */
export function pauseSeconds({ delaySeconds }: RetryRule, attempt: number, random: () => number = Math.random): number {
  const longest = Math.max(longestDelaySeconds, delaySeconds);
  return Math.min(delaySeconds * 2 ** (attempt - 1), longest) * (1 - random() / 4);
}

/** The extras `retries` and `retry_delay` of a plugin. Throws SETTING_CAST. */
export function retryOf({ plugin, extras }: ResolvedPlugin): RetryPart {
  const retries = readExtra(extras.retries, (value) => (/^\d+$/.test(String(value)) ? Number(value) : undefined));
  const delaySeconds = readExtra(extras.retry_delay, (value) => durationSeconds(value as string | number));
  if (retries === null) throw faulty(plugin, 'retries', extras.retries, 'It is a whole number, 0 or more.');
  if (delaySeconds === null)
    throw faulty(plugin, 'retry_delay', extras.retry_delay, 'Seconds, or a text such as 30s or 5m.');
  return { ...(retries === undefined ? {} : { retries }), ...(delaySeconds === undefined ? {} : { delaySeconds }) };
}

/** Undefined where it is not set, null where it can't be read. */
function readExtra(value: unknown, read: (value: unknown) => number | undefined): number | undefined | null {
  if (value === undefined || value === null || value === '') return undefined;
  return (typeof value === 'string' || typeof value === 'number' ? read(value) : undefined) ?? null;
}

function faulty(plugin: ResolvedPlugin['plugin'], name: string, value: unknown, hint: string): TaplineError {
  const message = `${name} of ${plugin.singular} '${plugin.name}' is ${JSON.stringify(value)}.`;
  return new TaplineError('SETTING_CAST', message, { at: plugin.at, hint });
}
