/** Whether, and when, a block that failed is tried again. */
import { durationSeconds } from '../../duration.js';
import { isTransientCode, TaplineError } from '../../errors.js';
import { exactJson } from '../../exact-json.js';
import { plainNumber } from '../../exact-number.js';
import type { Block, RetryPart, RetryRule } from '../../plan/types.js';
import type { ResolvedPlugin } from '../../settings/types.js';
import type { ErrorInfo } from '../events.js';

const defaultDelaySeconds = 10;
const maxDelaySeconds = 3_600;

export function isTransient(error: ErrorInfo | undefined): boolean {
  return error !== undefined && isTransientCode(error.code);
}

/** Precedence, highest first: the plugins in order, the block's line or pipeline, the command line. */
export function retryRule(plugins: readonly RetryPart[], block: Block, defaults: RetryPart | undefined): RetryRule {
  const rules = [...plugins, block.retry ?? {}, defaults ?? {}];
  return {
    retries: rules.find(({ retries }) => retries !== undefined)?.retries ?? 0,
    delaySeconds: rules.find(({ delaySeconds }) => delaySeconds !== undefined)?.delaySeconds ?? defaultDelaySeconds,
  };
}

/**
 * The pause after attempt number `attempt`: twice as long each time, up to an hour (or the first pause, if that is longer), minus
 * a random part of up to a quarter, so that blocks that failed together do not retry together.
 */
export function pauseSeconds({ delaySeconds }: RetryRule, attempt: number, random: () => number = Math.random): number {
  const max = Math.max(maxDelaySeconds, delaySeconds);
  return Math.min(delaySeconds * 2 ** (attempt - 1), max) * (1 - random() / 4);
}

/** The extras `retries` and `retry_delay` of a plugin. Throws SETTING_CAST. */
export function retryOf({ plugin, extras }: ResolvedPlugin): RetryPart {
  const retries = readExtra(extras.retries, (value) => (/^\d+$/.test(String(value)) ? Number(value) : undefined));
  const delaySeconds = readExtra(extras.retry_delay, (value) => durationSeconds(value as string | number));
  if (retries === null) throw invalidExtra(plugin, 'retries', extras.retries, 'Set it to a whole number, 0 or more.');
  if (delaySeconds === null)
    throw invalidExtra(
      plugin,
      'retry_delay',
      extras.retry_delay,
      'Set it to a number of seconds, or a text such as `30s` or `5m`.',
    );
  return { ...(retries === undefined ? {} : { retries }), ...(delaySeconds === undefined ? {} : { delaySeconds }) };
}

/** Undefined if unset, null if invalid. */
function readExtra(written: unknown, read: (value: unknown) => number | undefined): number | undefined | null {
  const value = plainNumber(written);
  if (value === undefined || value === null || value === '') return undefined;
  return (typeof value === 'string' || typeof value === 'number' ? read(value) : undefined) ?? null;
}

function invalidExtra(plugin: ResolvedPlugin['plugin'], name: string, value: unknown, hint: string): TaplineError {
  const message = `invalid ${name} of ${plugin.singular} '${plugin.name}': ${exactJson(value)}`;
  return new TaplineError('SETTING_CAST', message, { at: plugin.at, hint });
}
