import { postProcess } from './cast.js';
import { projectReadNames, writeNames } from './env-names.js';
import { exportText } from './export-text.js';
import { isMap, nest, nestSingerConfig, setOwn } from './nested-keys.js';
import { isSinger } from './plugin-config.js';
import { isOwnSetting } from './project-definitions.js';
import { passwordsInUrls } from './secrets.js';
import type { ResolvedPlugin, ResolvedSetting } from './types.js';

/** What stands for a secret in printed config, and in lists of settings. */
export const printedMask = '*****';
export const listedMask = '(redacted)';

export interface PrintOptions {
  /** Hide what is sensitive. */
  safe: boolean;
  /** Extras instead of settings. */
  extras?: boolean | undefined;
  mask?: string | undefined;
}

/**
 * A value as it may be shown: the mask for a sensitive one, and inside a map for each leaf that is a sensitive setting of its
 * own; of a URL only the password is masked. What is unset stays so, so that a reader sees that it is.
 */
export function redactedValue(
  setting: ResolvedSetting,
  all: ReadonlyMap<string, ResolvedSetting>,
  mask: string = listedMask,
): unknown {
  const { value } = setting;
  if (value === undefined || value === null || value === '') return value;
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
  const hidden = options.safe
    ? shown.filter(({ value, sensitive }) => sensitive && isSet(value)).map(({ name }) => `${name}.`)
    : [];
  const flat = shown
    .filter(({ name, definition }) => !isBelow(name, hidden) && !isTextBelow(name, shown, definition.name))
    .map(({ name, definition, value }): [string, unknown] => [name, postProcess(definition, value) ?? null]);
  return isSinger(resolved.plugin) ? nestSingerConfig(flat) : Object.fromEntries(flat);
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
  return asEnv(shownSettings(resolved.settings, options), (setting) => writeNames(resolved.plugin, setting.definition));
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
  return chosen.map((setting) => ({
    ...setting,
    value: redactedValue(setting, settings, options.mask ?? printedMask),
  }));
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
    if (all.get(leaf)?.sensitive && isSet(item)) setOwn(shown, key, mask);
    else setOwn(shown, key, isMap(item) ? maskLeaves(item, leaf, all, mask) : item);
  }
  return shown;
}

/** Leaves of a map that is hidden, or that its post-processor makes text of. */
function isTextBelow(name: string, shown: readonly ResolvedSetting[], self: string): boolean {
  const texts = shown.filter(
    ({ definition }) => definition.value_post_processor === 'stringify' && definition.name !== self,
  );
  return isBelow(
    name,
    texts.map((setting) => `${setting.name}.`),
  );
}

function isBelow(name: string, prefixes: readonly string[]): boolean {
  return prefixes.some((prefix) => name.startsWith(prefix));
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/** Extras that only we know are hidden ones; unset they are not shown. */
function isOwnExtra({ extra, definition, value }: ResolvedSetting): boolean {
  return extra && definition.hidden === true && !isSet(value);
}

/** Ours are shown only where somebody has set them: whoever compares with the original sees the same. */
function isOwnDefault({ name, origin }: ResolvedSetting): boolean {
  return isOwnSetting(name) && (origin.layer === 'default' || origin.layer === 'unset');
}
