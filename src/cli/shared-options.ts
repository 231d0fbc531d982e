/** Options that several commands share, each defined once. */
import { InvalidArgumentError, Option } from 'commander';
import { TaplineError } from '../errors.js';
import { type PluginType, pluginTypes } from '../project/types.js';

export function databaseUriOption(): Option {
  return new Option('--database-uri <uri>', 'the system database to use');
}

export function formatOption<const Format extends string>(formats: readonly [Format, ...Format[]]): Option {
  return new Option('--format <format>', 'how to print it').choices(formats).default(formats[0]);
}

export interface InstallFlags {
  install?: boolean | undefined;
  onlyInstall?: boolean | undefined;
}

export function installOptions(): Option[] {
  return [
    new Option('--install', 'install what the plugins need first, which is the default'),
    new Option('--no-install', 'install nothing'),
    new Option('--only-install', 'install what the plugins need, then stop'),
  ];
}

/** `auto` where no flag says otherwise; the setting `auto_install: false` counts as `--no-install`. */
export function installMode(flags: InstallFlags, autoInstall: unknown): 'auto' | 'skip' | 'only' {
  if (flags.onlyInstall === true) return 'only';
  if (flags.install !== undefined) return flags.install ? 'auto' : 'skip';
  return autoInstall === false ? 'skip' : 'auto';
}

/** `extractor` or `extractors`, and the pseudo type `mapping`. */
export function pluginTypeOption(): Option {
  return new Option('--plugin-type <type>', 'only a plugin of this type, e.g. extractor or loaders').argParser(
    parsePluginType,
  );
}

const singulars: Readonly<Record<string, PluginType>> = {
  ...Object.fromEntries(pluginTypes.map((type) => [type === 'utilities' ? 'utility' : type.slice(0, -1), type])),
  mapping: 'mappers',
  mappings: 'mappers',
};

function parsePluginType(text: string): PluginType {
  const type = pluginTypes.find((name) => name === text) ?? singulars[text];
  if (type !== undefined) return type;
  throw new InvalidArgumentError(`Use one of ${Object.keys(singulars).join(', ')}.`);
}

/** A whole number of at least `least`. */
export function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= least && text.trim() !== '') return value;
    throw new InvalidArgumentError(
      `It must be a whole number${Number.isFinite(least) ? ` of at least ${least}` : ''}.`,
    );
  };
}

/** Gathers the values of an option that may stand several times. */
export function collect(value: string, values: string[] = []): string[] {
  return [...values, value];
}

/** Of several sources exactly one must be given; names are as the user types them. */
export function requireOne(sources: Readonly<Record<string, unknown>>): void {
  const given = Object.values(sources).filter((value) => value !== undefined && value !== false).length;
  if (given === 1) return;
  throw new TaplineError('USAGE', `Must provide exactly one of: ${Object.keys(sources).join(', ')}`, { exitCode: 1 });
}

/** Examples for the end of a help text, one a line. */
export function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}`;
}
