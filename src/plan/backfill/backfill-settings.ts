/** How a tap is told what to read: the extra `backfill` of its plugin, or the settings that most taps have. */
import { didYouMean } from '../../did-you-mean.js';
import { TaplineError } from '../../errors.js';
import { nest } from '../../settings/nested-keys.js';
import type { ResolvedPlugin } from '../../settings/types.js';
import { isMap } from '../../values.js';
import type { Partition } from './partitions.js';

export interface BackfillSettings {
  /** The settings that take the two ends of a window. */
  start: string | undefined;
  end: string | undefined;
  /** They were not named: the plugin has settings of the usual names. */
  isGuessed: boolean;
  format: 'datetime' | 'date';
  /** The tap reads up to and with its end. */
  endIncluded: boolean;
  window: string | undefined;
  timezone: string | undefined;
  /** Settings by the name of the partition that they take. */
  partitions: Readonly<Record<string, string>>;
}

const usualNames = { start: 'start_date', end: 'end_date' };
const keys = ['start_setting', 'end_setting', 'format', 'end_inclusive', 'window', 'timezone', 'partition_settings'];

/** Throws BACKFILL_SETTINGS where the extra can't be read. */
export function backfillSettings(tap: ResolvedPlugin): BackfillSettings {
  const flat = tap.extras.backfill ?? {};
  if (!isMap(flat)) throw faulty(tap, 'it is not a map', undefined);
  // The maps in it come with dotted keys: `partition_settings.region`.
  const extra = nest(Object.entries(flat), { unescape: false, unset: 'leave out' });
  const unknown = Object.keys(extra).find((key) => !keys.includes(key));
  if (unknown !== undefined) throw faulty(tap, `it has no key '${unknown}'`, didYouMean(unknown, keys));
  const text = (key: string) => textOf(tap, extra, key);
  const named = { start: text('start_setting'), end: text('end_setting') };
  const isGuessed = named.start === undefined && named.end === undefined;
  const usual = (name: string) => (isGuessed && tap.settings.has(name) ? name : undefined);
  const format = text('format') ?? 'datetime';
  if (format !== 'datetime' && format !== 'date')
    throw faulty(tap, `its format is '${format}'`, 'It is datetime or date.');
  return {
    start: named.start ?? usual(usualNames.start),
    end: named.end ?? usual(usualNames.end),
    isGuessed,
    format,
    endIncluded: extra.end_inclusive === true || extra.end_inclusive === 'true',
    window: text('window'),
    timezone: text('timezone'),
    partitions: partitionSettings(tap, extra.partition_settings),
  };
}

/** Whether the tap can be given the two ends. Throws BACKFILL_SETTINGS with what to write. */
export function checkEnds({ start, end }: BackfillSettings, tap: ResolvedPlugin, openEnd: boolean): void {
  const { name } = tap.plugin;
  if (start === undefined) {
    throw new TaplineError(
      'BACKFILL_SETTINGS',
      `It is not known which setting of '${name}' takes the start of a window.`,
      {
        at: tap.plugin.at,
        hint: `Set it on the plugin: \`backfill: {start_setting: NAME, end_setting: NAME}\`. ${settingNames(tap)}`,
      },
    );
  }
  if (end !== undefined || openEnd) return;
  throw new TaplineError(
    'BACKFILL_SETTINGS',
    `It is not known which setting of '${name}' takes the end of a window: each window would read up to today.`,
    {
      at: tap.plugin.locate('extras', 'backfill') ?? tap.plugin.at,
      hint: `Set it on the plugin: \`backfill: {start_setting: ${start}, end_setting: NAME}\`; or take all from --from on as one window: \`--open-end\`.`,
    },
  );
}

/** A partition by a name that the tap does not know would read everything once for each value. Throws BACKFILL_SETTINGS. */
export function checkPartition(partition: Partition, { partitions }: BackfillSettings, tap: ResolvedPlugin): void {
  for (const name of Object.keys(partition)) {
    if (partitions[name] !== undefined || tap.settings.has(name)) continue;
    const names = ownSettings(tap);
    throw new TaplineError(
      'BACKFILL_SETTINGS',
      `'${tap.plugin.name}' has no setting '${name}' that can take a partition.`,
      {
        at: tap.plugin.at,
        hint:
          didYouMean(name, names) ??
          `Say which setting takes it: \`backfill: {partition_settings: {${name}: SETTING}}\`. ${settingNames(tap)}`,
      },
    );
  }
}

function settingNames(tap: ResolvedPlugin): string {
  const names = ownSettings(tap);
  return names.length === 0
    ? 'No settings of it are known.'
    : `Its settings: ${names.slice(0, 12).join(', ')}${names.length > 12 ? ', ...' : ''}.`;
}

function ownSettings(tap: ResolvedPlugin): string[] {
  return [...tap.settings.values()].filter(({ extra }) => !extra).map(({ name }) => name);
}

function partitionSettings(tap: ResolvedPlugin, value: unknown): Record<string, string> {
  if (value === undefined || value === null) return {};
  if (!isMap(value))
    throw faulty(tap, 'its partition_settings is not a map', 'For example `partition_settings: {region: api_region}`.');
  return Object.fromEntries(Object.keys(value).map((name) => [name, textOf(tap, value, name) ?? name]));
}

function textOf(tap: ResolvedPlugin, map: Record<string, unknown>, key: string): string | undefined {
  const value = map[key];
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value === 'string') return value;
  throw faulty(tap, `its ${key} is not text`, undefined);
}

function faulty(tap: ResolvedPlugin, why: string, hint: string | undefined): TaplineError {
  return new TaplineError(
    'BACKFILL_SETTINGS',
    `The extra \`backfill\` of '${tap.plugin.name}' can't be used: ${why}.`,
    {
      at: tap.plugin.locate('extras', 'backfill') ?? tap.plugin.at,
      hint: hint ?? `Its keys: ${keys.join(', ')}.`,
    },
  );
}
