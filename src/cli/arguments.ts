/**
 * The one pure pass over the command line before commander sees it. It makes what versions 2, 3 and 4 of
 * Meltano take into one form: `[global options] command [subcommand] [options and words]`.
 */
import { TaplineError } from '../errors.js';
import { configCommands, defaultCommand, groups, wordsBeforePassThrough } from './command-words.js';
import { globalOptions, type OptionVariable, takesValue, variablesOf } from './options/known.js';

export interface CommandLine {
  /** For commander: global options, then the command with all that is its own. */
  argv: string[];
  /** The command's words, e.g. `['state', 'list']`; empty where there is none. */
  command: string[];
}

/** An option with its value, a word, or the untouched rest after `--` or a plugin's name. */
interface Item {
  kind: 'option' | 'word' | 'rest';
  tokens: string[];
}

interface Parts {
  globals: string[];
  items: Item[];
}

/** Brings a command line into the form described above. Doing it twice changes nothing. */
export function arrangeArguments(argv: readonly string[], env: NodeJS.ProcessEnv = {}): CommandLine {
  const { globals, items } = split(helpFirst(argv));
  const lead = leadingWords(items);
  const isConfig = textOf(lead[0]) === 'config';
  const command = lead.slice(0, isConfig ? 2 : lead.length).map(textOf);
  const own = items.filter((item) => !lead.includes(item));
  const fromEnv = fromVariables(command, own, env);
  return { argv: [...globals, ...command, ...fromEnv, ...flatten([...lead.slice(command.length), ...own])], command };
}

/** `help run` as `run --help`. */
function helpFirst(argv: readonly string[]): readonly string[] {
  const [first, ...words] = argv;
  if (first !== 'help') return argv;
  return [...words.filter((word) => !word.startsWith('-')), '--help'];
}

function split(argv: readonly string[]): Parts {
  const globals: string[] = [];
  const items: Item[] = [];
  const words: string[] = [];
  for (let i = 0; i < argv.length; i += 1) {
    const token = argv[i] ?? '';
    if (token === '--') {
      items.push({ kind: 'rest', tokens: argv.slice(i) });
      break;
    }
    if (!isOption(token)) {
      words.push(token);
      items.push({ kind: 'word', tokens: [token] });
      if (!isPassThrough(words)) continue;
      if (i + 1 < argv.length) items.push({ kind: 'rest', tokens: argv.slice(i + 1) });
      break;
    }
    const option = withDashes(token);
    const isTaker = takesNext(option, pathOf(words));
    const tokens = isTaker ? [option, ...argv.slice(i + 1, i + 2)] : [option];
    i += tokens.length - 1;
    // One whose value is missing stays last, so that it can't take the command for its value.
    const isWhole = !isTaker || tokens.length === 2;
    if (isWhole && globalOptions.has(nameOf(option))) globals.push(...tokens);
    else items.push({ kind: 'option', tokens });
  }
  return { globals, items };
}

/** The command's words; they go first, so that a group's options are its command's: `config --unsafe print x`. */
function leadingWords(items: readonly Item[]): Item[] {
  const [command, ...rest] = items.filter((item) => item.kind === 'word');
  if (command === undefined) return [];
  if (!groups.has(textOf(command))) return [command];
  const usual = rest.length === 0 ? undefined : defaultCommand(textOf(command), textOf(rest[0]));
  if (usual !== undefined) return [command, { kind: 'word', tokens: [usual] }];
  return textOf(command) === 'config' ? configOrder(command, rest) : [command, ...rest.slice(0, 1)];
}

/** `config tap list` and the bare `config tap` of older versions as `config list tap` and `config print tap`. */
function configOrder(group: Item, [first, second]: Item[]): Item[] {
  if (first === undefined) return [group];
  if (configCommands.has(textOf(first))) return [group, first];
  if (second === undefined) return [group, { kind: 'word', tokens: ['print'] }, first];
  return configCommands.has(textOf(second)) ? [group, second, first] : [group, first];
}

/** The options that variables ask for, where the command line does not have them itself. */
function fromVariables(command: readonly string[], items: readonly Item[], env: NodeJS.ProcessEnv): string[] {
  const given = new Set(items.filter((item) => item.kind === 'option').map((item) => nameOf(item.tokens[0] ?? '')));
  return variablesOf(command.join(' '))
    .filter(({ option }) => !given.has(option))
    .flatMap((each) => fromVariable(each, env[each.variable]));
}

function fromVariable({ option, variable, takesValue: isValue }: OptionVariable, value: string | undefined): string[] {
  if (value === undefined || value === '') return [];
  if (isValue) return [`${option}=${value}`];
  return readFlag(variable, value) ? [option] : [];
}

/** Reads a flag's variable with the words that the original takes for true and false. */
function readFlag(variable: string, value: string): boolean {
  const word = value.trim().toLowerCase();
  if (['1', 'true', 't', 'yes', 'y', 'on'].includes(word)) return true;
  if (['0', 'false', 'f', 'no', 'n', 'off', ''].includes(word)) return false;
  throw new TaplineError('USAGE', `The variable ${variable} is '${value}', which is neither true nor false.`, {
    hint: 'Use true or false (1, 0, yes, no, on and off are understood too).',
  });
}

function isOption(token: string): boolean {
  return token.startsWith('-') && token !== '-';
}

function isPassThrough(words: readonly string[]): boolean {
  return words.length === wordsBeforePassThrough[pathOf(words)];
}

/** The command that the words so far call. */
function pathOf(words: readonly string[]): string {
  return groups.has(words[0] ?? '') ? words.slice(0, 2).join(' ') : (words[0] ?? '');
}

/** `--state_id=a_b` as `--state-id=a_b`. */
function withDashes(token: string): string {
  if (!token.startsWith('--')) return token;
  const name = nameOf(token);
  return name.replaceAll('_', '-') + token.slice(name.length);
}

function nameOf(option: string): string {
  const end = option.indexOf('=');
  return option.startsWith('--') && end !== -1 ? option.slice(0, end) : option;
}

function takesNext(option: string, command: string): boolean {
  if (option.startsWith('--')) {
    return !option.includes('=') && takesValue(option, command);
  }
  // In a cluster such as `-fj 4` the first letter that takes a value takes all that follows.
  const letters = [...option.slice(1)];
  const taker = letters.findIndex((letter) => takesValue(`-${letter}`, command));
  return taker !== -1 && taker === letters.length - 1;
}

function textOf(item: Item | undefined): string {
  return item?.tokens[0] ?? '';
}

function flatten(items: readonly Item[]): string[] {
  return items.flatMap((item) => item.tokens);
}
