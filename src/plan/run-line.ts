/** One line of a run step: what `tapline run` or `tapline invoke` would be called with, read without a shell. */
import { parseArgs } from 'node:util';
import { didYouMean } from '../did-you-mean.js';
import { durationSeconds } from '../duration.js';
import { type OptionDefinition, takesValue } from '../option-definition.js';
import { splitShellWords, UnclosedQuote } from '../shell-words.js';
import { blockOptionDefinitions } from './block-options.js';
import type { BlockOptions, RetryPart } from './types.js';

export type RunLine = LineHead &
  (
    | { kind: 'run'; words: string[]; options: BlockOptions; retry: RetryPart }
    | { kind: 'invoke'; word: string; args: string[] }
  );

interface LineHead {
  /** That it names with `--environment`: it can only be the one that is active. */
  environment: string | undefined;
  /** Names of variables that a shell would have put in: `$NAME` outside of single quotes. */
  variables: string[];
}

/** What is wrong with a line, without where it stands. */
export class LineFault extends Error {
  override readonly name = 'LineFault';

  constructor(
    message: string,
    readonly hint: string,
  ) {
    super(message);
  }
}

/** Reads `meltano run ...`, `tapline invoke ...`, `run ...`, `invoke ...` or bare words of `run`. Throws LineFault. */
export function readRunLine(text: string): RunLine {
  const words = split(text);
  refuseShell(text);
  refuseAssignment(words);
  const isProgram = words[0] === 'meltano' || words[0] === 'tapline';
  const global = isProgram ? readGlobalOptions(words.slice(1)) : { rest: words, environment: undefined };
  const [command, ...args] = global.rest;
  const head = { environment: global.environment, variables: variablesOf(text) };
  if (command === undefined)
    throw new LineFault('The line is empty.', 'Write what is to run, such as `tap-a target-b`.');
  if (command === 'invoke') return { ...head, ...readInvoke(args) };
  if (command === 'run') return { ...head, ...readRun(args, global.environment) };
  if (!isProgram) return { ...head, ...readRun(words, undefined) };
  throw new LineFault(`'${command}' is not allowed in a run step.`, 'A line is a `run` or an `invoke`.');
}

/** What a shell would look into: for operators outside of all quotes, for variables and commands in double quotes, too. */
function unquoted(text: string): { bare: string; expanded: string } {
  const quotes = /\\[\s\S]|'[^']*'|"((?:\\[\s\S]|[^"\\])*)"/g;
  return {
    bare: text.replace(quotes, ''),
    expanded: text.replace(quotes, (_, double?: string) => double?.replace(/\\[\s\S]/g, '') ?? ''),
  };
}

function refuseShell(text: string): void {
  const { bare, expanded } = unquoted(text.trim());
  const operator = (/\$\(|`/.exec(expanded) ?? /&&|\|\||[|&;<>()\n]/.exec(bare))?.[0];
  if (operator === undefined) return;
  const shown = operator === '\n' ? 'a line break' : `\`${operator}\``;
  throw new LineFault(
    `${shown} is for a shell, and no shell reads a run step.`,
    'Write one command per item; if one fails, the next does not start. Quote characters that are meant literally.',
  );
}

/** `NAME=value command`, which only a shell understands. */
function refuseAssignment([first = '']: readonly string[]): void {
  const name = /^([A-Za-z_]\w*)=/.exec(first)?.[1];
  if (name === undefined) return;
  throw new LineFault(
    `It begins with a value for the variable ${name}, which only a shell would set.`,
    `Put ${name} under \`env:\` of the step.`,
  );
}

function variablesOf(text: string): string[] {
  const found = unquoted(text).expanded.matchAll(/\$(?:\{(\w+)|([A-Za-z_]\w*))/g);
  return [...new Set([...found].map(([, braced, bare]) => braced ?? bare ?? ''))];
}

function split(text: string): string[] {
  try {
    return splitShellWords(text);
  } catch (error) {
    if (!(error instanceof UnclosedQuote)) throw error;
    throw new LineFault(
      `It can't be split into words: ${error.message}.`,
      'Close the quote, or put a backslash before it.',
    );
  }
}

/** Of the program's own options only `--environment` can be said of a line. */
function readGlobalOptions(words: readonly string[]): { rest: string[]; environment: string | undefined } {
  const [first = '', second, ...more] = words;
  const given = /^--environment(?:=([\s\S]*))?$/.exec(first);
  if (given !== null) {
    const environment = given[1] ?? second;
    if (environment === undefined || environment === '') throw noValue('environment');
    const { rest, environment: later } = readGlobalOptions(given[1] === undefined ? more : words.slice(1));
    return { rest, environment: later ?? environment };
  }
  if (first.startsWith('-')) throw new LineFault(`The option '${first}' is not allowed in a run step.`, forWholeRun);
  return { rest: [...words], environment: undefined };
}

const forWholeRun = 'Pass it to `tapline run`: it applies to the whole run.';

/** The program's `--environment`, too: it can only name the active one. */
const environment = { kind: 'text', name: 'environment', help: '' } as const;
const definitions: readonly OptionDefinition[] = [...Object.values(blockOptionDefinitions), environment];
const known = definitions.map(({ name }) => name);
const lineOptions = Object.fromEntries(
  definitions.map((definition) => {
    const { name, kind } = definition;
    return [name, { type: takesValue(definition) ? 'string' : 'boolean', multiple: kind === 'list' } as const];
  }),
);

/** What a step says by keys of its own. */
const stepKeys: Readonly<Record<string, string>> = {
  jobs: 'Set `jobs:` on the step.',
  j: 'Set `jobs:` on the step.',
  timeout: 'Set `timeout:` on the step.',
};

type RunPart = Omit<Extract<RunLine, { kind: 'run' }>, 'variables'>;

/** `environment`: what stands before `run`; both sides mean the same. */
function readRun(args: readonly string[], environment: string | undefined): RunPart {
  const { values, positionals, tokens } = parseArgs({
    args: args.map((arg) => (arg === '-f' ? '--force' : withHyphens(arg))),
    options: lineOptions,
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  for (const token of tokens) if (token.kind === 'option') checkOption(token);
  if (positionals.length === 0)
    throw new LineFault('The line names nothing to run.', 'Name an extractor and a loader, a plugin command or a job.');
  const named = (values.environment as string | undefined) ?? environment;
  return { kind: 'run', words: positionals, options: optionsOf(values), retry: retryOf(values), environment: named };
}

/** `--full_refresh` is `--full-refresh`, as on the command line. */
function withHyphens(arg: string): string {
  const [, name, rest] = /^(--[\w-]+)(=[\s\S]*)?$/.exec(arg) ?? [];
  return name === undefined ? arg : name.replaceAll('_', '-') + (rest ?? '');
}

interface GivenOption {
  name: string;
  rawName: string;
  value?: string | undefined;
  inlineValue?: boolean | undefined;
}

function checkOption({ name, rawName, value, inlineValue }: GivenOption): void {
  if (!known.includes(name)) {
    const hint =
      stepKeys[name] ??
      didYouMean(name, known)?.replace("'", "'--") ??
      `Options of the whole run go to \`tapline run\`, those of a plugin's command to \`invoke PLUGIN:COMMAND\`. A step takes ${listOf(known)}.`;
    throw new LineFault(`The option '${rawName}' is not allowed in a run step.`, hint);
  }
  const isFlag = lineOptions[name]?.type === 'boolean';
  if (isFlag && value !== undefined)
    throw new LineFault(`The option '--${name}' takes no value.`, `Write --${name} alone.`);
  const isEmpty = value === undefined || value === '' || (value.startsWith('-') && inlineValue !== true);
  if (!isFlag && isEmpty) throw noValue(name);
}

function noValue(name: string): LineFault {
  return new LineFault(`The option '--${name}' has no value.`, `Write --${name}=VALUE.`);
}

function listOf(names: readonly string[]): string {
  return names.map((name) => `--${name}`).join(', ');
}

type Given = Record<string, string | boolean | (string | boolean)[] | undefined>;

function optionsOf(given: Given): BlockOptions {
  const flag = (name: string) => (given[name] === true ? true : undefined);
  const list = (name: string) => (given[name] as string[] | undefined) ?? [];
  const patterns = [...list('select'), ...list('exclude').map((pattern) => `!${pattern}`)];
  return {
    fullRefresh: flag('full-refresh'),
    refreshCatalog: flag('refresh-catalog'),
    noStateUpdate: flag('no-state-update'),
    force: flag('force'),
    failOnEmpty: flag('fail-on-empty'),
    stateIdSuffix: suffixOf(given),
    stateStrategy: strategyOf(given),
    selectFilter: patterns.length === 0 ? undefined : patterns,
  };
}

function suffixOf({ 'state-id-suffix': suffix }: Given): string | undefined {
  if (typeof suffix !== 'string') return undefined;
  if (!suffix.includes(':')) return suffix;
  throw new LineFault(
    `'${suffix}' can't be part of a state ID: it has a colon in it.`,
    'A colon separates environment, plugins and suffix there: use another character.',
  );
}

function strategyOf(given: Given): BlockOptions['stateStrategy'] {
  const text = given['state-strategy'] ?? (given['merge-state'] === true ? 'merge' : undefined);
  if (text === undefined || text === 'auto' || text === 'merge' || text === 'overwrite') return text;
  throw new LineFault(`'${String(text)}' is not a --state-strategy.`, 'It is auto, merge or overwrite.');
}

function retryOf(given: Given): RetryPart {
  const { retries, 'retry-delay': delay } = given as { retries?: string; 'retry-delay'?: string };
  if (retries !== undefined && !/^\d+$/.test(retries))
    throw new LineFault(`'${retries}' is not a number for --retries.`, 'It is a whole number, 0 or more.');
  const delaySeconds = delay === undefined ? undefined : durationSeconds(delay);
  if (delay !== undefined && delaySeconds === undefined)
    throw new LineFault(`'${delay}' is not a duration for --retry-delay.`, 'Seconds, or a text such as 30s or 5m.');
  return {
    ...(retries === undefined ? {} : { retries: Number(retries) }),
    ...(delaySeconds === undefined ? {} : { delaySeconds }),
  };
}

function readInvoke(args: readonly string[]): Omit<Extract<RunLine, { kind: 'invoke' }>, keyof LineHead> {
  const [word, ...rest] = args;
  if (word === undefined) throw new LineFault('The line names no plugin to invoke.', 'Write `invoke PLUGIN:COMMAND`.');
  if (word.startsWith('-'))
    throw new LineFault(
      `The option '${word}' of invoke is not allowed in a run step.`,
      "Write `invoke PLUGIN:COMMAND`; what follows it is the plugin's.",
    );
  return { kind: 'invoke', word, args: rest };
}
