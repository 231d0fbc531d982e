import { isMap, setOwn } from '../values.js';
import { projectReadNames, writeNames, writePrefixes } from './env-names.js';
import { exportText } from './export-text.js';
import { nest } from './nested-keys.js';
import { flatConfig, isSinger, nestedConfig } from './plugin-config.js';
import { isOwnSetting } from './project-definitions.js';
import { passwordsInUrls } from './secrets.js';
import type { ResolvedPlugin, ResolvedSetting } from './types.js';

/** The mask for a secret in printed config, and in lists of settings. */
const printedMask = '*****';
const listedMask = '(redacted)';

export interface PrintOptions {
  /** Hide what is sensitive. */
  safe: boolean;
  /** Extras instead of settings. */
  extras?: boolean | undefined;
  mask?: string | undefined;
}

/**
 * A value as it may be shown: the mask for a sensitive one, and inside a map for each leaf that is a sensitive setting of its
 * own; of a URL only the password is masked. What is unset or empty is shown, so that a reader sees that it is.
 */
export function redactedValue(
  setting: ResolvedSetting,
  all: ReadonlyMap<string, ResolvedSetting>,
  mask: string = listedMask,
): unknown {
  const { value } = setting;
  if (!holdsSomething(value)) return value;
  if (typeof value === 'string') {
    const [password] = passwordsInUrls(value);
    if (password !== undefined) return value.replace(`:${password}@`, `:${mask}@`);
  }
  if (setting.sensitive) return mask;
  return isMap(value) ? maskLeaves(value, setting.name, all, mask) : value;
}

/** The config of a plugin as `config print` shows it: nested for Singer plugins, else flat with null for what is unset. */
export function printableConfig(resolved: ResolvedPlugin, options: PrintOptions): Record<string, unknown> {
  const shown = shownSettings(resolved.settings, options);
  if (options.extras) return Object.fromEntries(shown.map(({ name, value }) => [name, value ?? null]));
  return isSinger(resolved.plugin) ? nestedConfig(shown) : Object.fromEntries(flatConfig(shown));
}

/** Settings of the project as `config print meltano` shows them; `{}` is what the original prints for unset ones. */
export function printableProject(
  settings: ReadonlyMap<string, ResolvedSetting>,
  options: PrintOptions,
): Record<string, unknown> {
  const shown = shownSettings(settings, options).filter((setting) => !isOwnDefault(setting));
  return nest(
    shown.map(({ name, value }): [string, unknown] => [name, value]),
    { unescape: true, unset: 'empty map' },
  );
}

/** Settings (or extras) of a plugin as variables, under every name that its process would see. */
export function printableEnv(resolved: ResolvedPlugin, options: PrintOptions): Record<string, string> {
  const prefixes = writePrefixes(resolved.plugin);
  return asEnv(shownSettings(resolved.settings, options), ({ definition }) => writeNames(definition, prefixes));
}

export function printableProjectEnv(
  settings: ReadonlyMap<string, ResolvedSetting>,
  options: PrintOptions,
): Record<string, string> {
  const shown = shownSettings(settings, options).filter((setting) => !isOwnDefault(setting));
  return asEnv(shown, ({ definition }) =>
    projectReadNames(definition)
      .filter(({ negated }) => !negated)
      .map(({ name }) => name),
  );
}

function shownSettings(settings: ReadonlyMap<string, ResolvedSetting>, options: PrintOptions): ResolvedSetting[] {
  const chosen = [...settings.values()].filter(
    (setting) => setting.extra === (options.extras ?? false) && !isOwnExtra(setting),
  );
  if (!options.safe) return chosen;
  return chosen.map((setting) => masked(setting, redactedValue(setting, settings, options.mask ?? printedMask)));
}

/** With a mask for a value no processor may try to make something of it. */
function masked(setting: ResolvedSetting, value: unknown): ResolvedSetting {
  if (value === setting.value || typeof value !== 'string') return { ...setting, value };
  const kind = setting.definition.kind === 'date_iso8601' ? 'string' : setting.definition.kind;
  return { ...setting, value, definition: { ...setting.definition, kind, value_post_processor: undefined } };
}

function asEnv(
  settings: readonly ResolvedSetting[],
  namesOf: (setting: ResolvedSetting) => readonly string[],
): Record<string, string> {
  const env: Record<string, string> = {};
  for (const setting of settings) {
    if (!isSet(setting.value)) continue;
    const text = exportText(setting);
    for (const name of namesOf(setting)) env[name] = text;
  }
  return env;
}

function maskLeaves(
  value: Record<string, unknown>,
  path: string,
  all: ReadonlyMap<string, ResolvedSetting>,
  mask: string,
): Record<string, unknown> {
  const shown: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    const leaf = `${path}.${key}`;
    if (all.get(leaf)?.sensitive && holdsSomething(item)) setOwn(shown, key, mask);
    else setOwn(shown, key, isMap(item) ? maskLeaves(item, leaf, all, mask) : item);
  }
  return shown;
}

/** False, 0 and empty values are not secrets; the original shows them. */
function holdsSomething(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  return isMap(value) ? Object.keys(value).length > 0 : Boolean(value);
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/** Extras that only we know are hidden ones; unset they are not shown. */
function isOwnExtra({ extra, definition, value }: ResolvedSetting): boolean {
  return extra && definition.hidden === true && !isSet(value);
}

/** Tapline's own settings are shown only if they are set, so that the output matches the original's. */
function isOwnDefault({ name, origin }: ResolvedSetting): boolean {
  return isOwnSetting(name) && (origin.layer === 'default' || origin.layer === 'unset');
}
