/** Definitions as commander's options. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import ms, { type StringValue } from 'ms';
import { durationSeconds } from '../../duration.js';
import { TaplineError } from '../../errors.js';
import type { Definitions, OptionDefinition } from '../../option-definition.js';
import { takesValue } from '../../option-definition.js';
import { type PluginType, pluginTypes, singularOf } from '../../project/types.js';

/** Adds options to a command, in the order of their definitions. `command`: its words, for the variables in its help. */
export function addOptions(to: Command, definitions: Definitions, command?: string): Command {
  for (const definition of Object.values(definitions)) {
    for (const option of optionsFor(definition, command)) to.addOption(option);
  }
  return to;
}

function optionsFor(definition: OptionDefinition, command: string | undefined): Option[] {
  const { negated, hidden } = definition;
  const option = ownOption(definition, helpText(definition, command));
  if (hidden) option.hideHelp();
  if (negated === undefined) return [option];
  const opposite = new Option(`--${negated.name}`, negated.help);
  if (negated.hidden) opposite.hideHelp();
  // Commander knows `--no-x` as the opposite of `--x`; others must be declared.
  if (!negated.name.startsWith('no-')) opposite.implies({ [definition.name]: false });
  return [option, opposite];
}

function ownOption(definition: OptionDefinition, help: string): Option {
  const { name, short, value, choices, mandatory, kind, defaultText } = definition;
  const flags = `${short === undefined ? '' : `-${short}, `}--${name}`;
  const option = new Option(takesValue(definition) ? `${flags} <${value}>` : flags, help);
  const parse = parsers[kind];
  if (parse !== undefined) option.argParser((text, before) => parse(text, definition, before));
  else if (choices !== undefined) option.choices(choices);
  if (definition.default !== undefined) option.default(definition.default, defaultText);
  return mandatory ? option.makeOptionMandatory() : option;
}

function helpText({ help, variable }: OptionDefinition, command: string | undefined): string {
  if (command === undefined || variable?.commands.includes(command) !== true) return help;
  return `${help} [env: ${variable.name}]`;
}

type Parse = (text: string, definition: OptionDefinition, before: unknown) => unknown;

const parsers: Partial<Record<OptionDefinition['kind'], Parse>> = {
  list: (text, _definition, before) => [...((before as string[] | undefined) ?? []), text],
  integer: (text, { min = Number.NEGATIVE_INFINITY }) => wholeNumber(min)(text),
  seconds: (text) => {
    const seconds = durationSeconds(text);
    if (seconds === undefined) throw new InvalidArgumentError('Use a number of seconds, or a text such as 30s or 5m.');
    return seconds;
  },
  // A bare number would be milliseconds to the library, and remove nearly all: a unit is required.
  age: (text) => {
    const age = /^\d+(\.\d+)?\s*[a-z]+$/i.test(text.trim()) ? ms(text.trim() as StringValue) : undefined;
    if (age === undefined || !Number.isFinite(age))
      throw new InvalidArgumentError('Use a number and a unit, such as 30d, 2w or 12h.');
    return age;
  },
  uuid: parseUuid,
  pluginType: parsePluginType,
  logFormat: (text) => text.replaceAll('_', '-'),
};

/** As the original takes it: with or without dashes. */
function parseUuid(text: string): string {
  const digits = text.toLowerCase().replace(/^urn:uuid:|[{}-]/g, '');
  if (/^[0-9a-f]{32}$/.test(digits)) return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  throw new InvalidArgumentError('It is not a valid UUID.');
}

/** `extractor` or `extractors`, and the pseudo type `mapping`. */
const singulars: Readonly<Record<string, PluginType>> = {
  ...Object.fromEntries(pluginTypes.map((type) => [singularOf(type), type])),
  mapping: 'mappers',
  mappings: 'mappers',
};

function parsePluginType(text: string): PluginType {
  const type = pluginTypes.find((name) => name === text) ?? singulars[text];
  if (type !== undefined) return type;
  throw new InvalidArgumentError(`Use one of ${Object.keys(singulars).join(', ')}.`);
}

/** Reads a whole number of at least `min`. */
export function wholeNumber(min: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= min && text.trim() !== '') return value;
    throw new InvalidArgumentError(`It must be a whole number${Number.isFinite(min) ? ` of at least ${min}` : ''}.`);
  };
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
