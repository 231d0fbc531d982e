/** One line of a run step: what `tapline run` or `tapline invoke` would be called with, read without a shell. */
import { parseArgs } from 'node:util';
import { didYouMean } from '../did-you-mean.js';
import { durationSeconds } from '../duration.js';
import { splitShellWords, UnclosedQuote } from '../shell-words.js';
import type { BlockOptions, RetryPart } from './types.js';

export type RunLine =
  | { kind: 'run'; words: string[]; options: BlockOptions; retry: RetryPart }
  | { kind: 'invoke'; word: string; args: string[] };

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

/**
 * Reads `meltano run ...`, `tapline invoke ...`, `run ...`, `invoke ...` or bare words of `run`. `environment`: the active
 * one, which a line may name and not change. Throws LineFault.
 */
export function readRunLine(text: string, environment: string | undefined): RunLine {
  refuseShell(text);
  const words = split(text);
  const isProgram = words[0] === 'meltano' || words[0] === 'tapline';
  const rest = isProgram ? withoutGlobalOptions(words.slice(1), environment) : words;
  const [command, ...args] = rest;
  if (command === undefined)
    throw new LineFault('The line is empty.', 'Write what is to run, such as `tap-a target-b`.');
  if (command === 'run') return readRun(args);
  if (command === 'invoke') return readInvoke(args);
  if (!isProgram) return readRun(rest);
  throw new LineFault(`'${command}' can't stand in a run step.`, 'A line is a `run` or an `invoke`.');
}

/** What is in quotes or escaped is no operator, save what a shell expands in double quotes. */
function refuseShell(text: string): void {
  const unquoted = text.trim().replace(/\\[\s\S]|'[^']*'|"(?:\\[\s\S]|[^"\\])*"/g, (quoted) => {
    return quoted.startsWith('"') ? (quoted.match(/\$\(|`/)?.[0] ?? '') : '';
  });
  const operator = /\$\(|&&|\|\||[|&;<>()`\n]/.exec(unquoted)?.[0];
  if (operator === undefined) return;
  const shown = operator === '\n' ? 'a line break' : `\`${operator}\``;
  throw new LineFault(
    `${shown} is for a shell, and no shell reads a run step.`,
    'Write one command an item; one that fails keeps the next from starting. Quote what is meant as it stands.',
  );
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

function withoutGlobalOptions(words: readonly string[], environment: string | undefined): string[] {
  const at = words.findIndex((word) => !word.startsWith('-'));
  const named = /^--environment(?:=(.*))?$/.exec(words[0] ?? '');
  if (named !== null) {
    const name = named[1] ?? words[1];
    if (name !== environment) throw otherEnvironment(name, environment);
    return withoutGlobalOptions(words.slice(named[1] === undefined ? 2 : 1), environment);
  }
  if (at > 0) {
    throw new LineFault(
      `'${words[0]}' can't stand in a run step.`,
      'Give it to `tapline run`: it holds for the whole run.',
    );
  }
  return [...words];
}

function otherEnvironment(name: string | undefined, active: string | undefined): LineFault {
  const here = active === undefined ? 'none is active' : `'${active}' is active`;
  return new LineFault(
    `The line names the environment '${name ?? ''}', and ${here}: a run has one.`,
    'Leave it out, and run the step with `--environment`.',
  );
}

const flags = ['full-refresh', 'refresh-catalog', 'no-state-update', 'merge-state', 'force'] as const;
const values = ['state-id-suffix', 'state-strategy', 'retries', 'retry-delay'] as const;
const lists = ['select', 'exclude'] as const;
const known = [...flags, ...values, ...lists] as readonly string[];
const lineOptions = {
  ...Object.fromEntries(flags.map((name) => [name, { type: 'boolean' as const }])),
  ...Object.fromEntries(values.map((name) => [name, { type: 'string' as const }])),
  ...Object.fromEntries(lists.map((name) => [name, { type: 'string' as const, multiple: true }])),
};

/** Options of `run` that are a matter of the step or of the whole run. */
const elsewhere: Readonly<Record<string, string>> = {
  jobs: 'Set `jobs:` on the step.',
  timeout: 'Set `timeout:` on the step.',
};

function readRun(args: readonly string[]): RunLine {
  const {
    values: given,
    positionals,
    tokens,
  } = parseArgs({
    args: args.map((arg) => (arg === '-f' ? '--force' : withHyphens(arg))),
    options: lineOptions,
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  for (const token of tokens) if (token.kind === 'option') checkOption(token.name, token.rawName, token.value);
  if (positionals.length === 0)
    throw new LineFault('The line names nothing to run.', 'Name an extractor and a loader, a plugin command or a job.');
  return { kind: 'run', words: positionals, options: optionsOf(given), retry: retryOf(given) };
}

/** `--full_refresh` is `--full-refresh`, as on the command line. */
function withHyphens(arg: string): string {
  const [, name, rest] = /^(--[\w-]+)(=[\s\S]*)?$/.exec(arg) ?? [];
  return name === undefined ? arg : name.replaceAll('_', '-') + (rest ?? '');
}

function checkOption(name: string, rawName: string, value: string | undefined): void {
  if (!known.includes(name)) {
    const hint =
      elsewhere[name] ??
      didYouMean(name, known)?.replace("'", "'--") ??
      `Options of a line: ${known.map((option) => `--${option}`).join(', ')}.`;
    throw new LineFault(`The option '${rawName}' can't stand in a run step.`, hint);
  }
  const isFlag = (flags as readonly string[]).includes(name);
  if (isFlag && value !== undefined)
    throw new LineFault(`The option '--${name}' takes no value.`, `Write --${name} alone.`);
  if (!isFlag && (value === undefined || value === ''))
    throw new LineFault(`The option '--${name}' has no value.`, `Write --${name}=VALUE.`);
}

type Given = Record<string, string | boolean | (string | boolean)[] | undefined>;

function optionsOf(given: Given): BlockOptions {
  const flag = (name: (typeof flags)[number]) => (given[name] === true ? true : undefined);
  const texts = (name: (typeof lists)[number]) => (given[name] as string[] | undefined) ?? [];
  const patterns = [...texts('select'), ...texts('exclude').map((pattern) => `!${pattern}`)];
  return {
    fullRefresh: flag('full-refresh'),
    refreshCatalog: flag('refresh-catalog'),
    noStateUpdate: flag('no-state-update'),
    force: flag('force'),
    stateIdSuffix: given['state-id-suffix'] as string | undefined,
    stateStrategy: strategyOf(given),
    selectFilter: patterns.length === 0 ? undefined : patterns,
  };
}

function strategyOf(given: Given): BlockOptions['stateStrategy'] {
  const text = given['state-strategy'] ?? (given['merge-state'] === true ? 'merge' : undefined);
  if (text === undefined || text === 'auto' || text === 'merge' || text === 'overwrite') return text;
  throw new LineFault(`'${String(text)}' is no --state-strategy.`, 'It is auto, merge or overwrite.');
}

function retryOf(given: Given): RetryPart {
  const { retries, 'retry-delay': delay } = given as { retries?: string; 'retry-delay'?: string };
  if (retries !== undefined && !/^\d+$/.test(retries))
    throw new LineFault(`'${retries}' is no number of --retries.`, 'It is a whole number, 0 or more.');
  const delaySeconds = delay === undefined ? undefined : durationSeconds(delay);
  if (delay !== undefined && delaySeconds === undefined)
    throw new LineFault(`'${delay}' is no duration for --retry-delay.`, 'Seconds, or a text such as 30s or 5m.');
  return {
    ...(retries === undefined ? {} : { retries: Number(retries) }),
    ...(delaySeconds === undefined ? {} : { delaySeconds }),
  };
}

function readInvoke(args: readonly string[]): RunLine {
  const [word, ...rest] = args;
  if (word === undefined) throw new LineFault('The line names no plugin to invoke.', 'Write `invoke PLUGIN:COMMAND`.');
  if (word.startsWith('-'))
    throw new LineFault(
      `The option '${word}' of invoke can't stand in a run step.`,
      "Write `invoke PLUGIN:COMMAND`; what follows it is the plugin's.",
    );
  return { kind: 'invoke', word, args: rest };
}
