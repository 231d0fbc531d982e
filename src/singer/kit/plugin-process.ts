import { readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { isMap } from '../../values.js';
import { parseExactJson } from '../exact-json.js';
import type { JsonMap } from '../messages.js';

/** What taps and targets that we ship have in common as programs: arguments, files, signals, and how they fail. */

/** Something that a person can mend; printed as one line, without a stack. */
export class PluginError extends Error {
  override readonly name = 'PluginError';
}

export type PluginLog = (level: 'INFO' | 'WARNING' | 'ERROR', message: string) => void;

/** One line on stderr; line ends in the message don't make it two. */
export const log: PluginLog = (level, message) => {
  const line = message.replaceAll(/\s*[\r\n]+\s*/g, ' ');
  process.stderr.write(`${wantsStructuredLogs() ? structured(level, line) : `${level} ${line}`}\n`);
};

let structuredLogs: boolean | undefined;

/** The runner tells plugins by a file how to log; a person at a terminal reads text. */
function wantsStructuredLogs(): boolean {
  structuredLogs ??= !process.stderr.isTTY && loggingConfig().includes('StructuredFormatter');
  return structuredLogs;
}

function loggingConfig(): string {
  try {
    return readFileSync(process.env.SINGER_SDK_LOG_CONFIG ?? '', 'utf8');
  } catch {
    return '';
  }
}

/** A log line with the keys that the Singer SDK gives its own. */
function structured(level: string, message: string): string {
  const name = process.argv[1] === undefined ? '' : basename(process.argv[1], '.js');
  const ts = Date.now() / 1000;
  const { pid } = process;
  return JSON.stringify({
    level: level.toLowerCase(),
    pid,
    logger_name: name,
    ts,
    thread_name: 'main',
    app_name: name,
    message,
  });
}

const options = { config: ['--config', '-c'], catalog: ['--catalog', '--properties', '-p'], state: ['--state', '-s'] };

export interface PluginArguments {
  config?: string;
  catalog?: string;
  state?: string;
  discover: boolean;
}

/** `--name FILE`, `--name=FILE` and `--discover` or `-d`. Throws PluginError for anything else. */
export function parsePluginArguments(args: readonly string[]): PluginArguments {
  const parsed: PluginArguments = { discover: false };
  const rest = [...args];
  for (let argument = rest.shift(); argument !== undefined; argument = rest.shift()) {
    const [name, inline] = splitOption(argument);
    if (name === '--discover' || name === '-d') {
      parsed.discover = true;
      continue;
    }
    const key = (Object.keys(options) as (keyof typeof options)[]).find((option) => options[option].includes(name));
    if (key === undefined) throw new PluginError(`There is no option ${name}.`);
    const value = inline ?? rest.shift();
    if (value === undefined) throw new PluginError(`${name} needs a file.`);
    parsed[key] = value;
  }
  return parsed;
}

function splitOption(argument: string): [name: string, inline: string | undefined] {
  const at = argument.startsWith('--') ? argument.indexOf('=') : -1;
  return at === -1 ? [argument, undefined] : [argument.slice(0, at), argument.slice(at + 1)];
}

/** Throws PluginError for a file that is none, or no JSON. */
export function readJsonFile(file: string, what: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new PluginError(`The ${what} ${file} can't be read: ${reasonOf(error)}.`);
  }
  if (text.trim() === '') return {};
  try {
    return parseExactJson(text.replace(/^\ufeff/, ''));
  } catch (error) {
    throw new PluginError(`The ${what} ${file} is not valid JSON: ${reasonOf(error)}.`);
  }
}

/** As `readJsonFile`; an empty file, and none at all, is an empty map. */
export function readJsonMap(file: string | undefined, what: string): JsonMap {
  if (file === undefined) return {};
  const value = readJsonFile(file, what);
  if (!isMap(value)) throw new PluginError(`The ${what} ${file} is not a JSON object.`);
  return value;
}

/** A state comes as a file, or as the JSON itself. Throws PluginError. */
export function readState(given: string | undefined): JsonMap {
  const text = given?.trim() ?? '';
  if (!text.startsWith('{')) return readJsonMap(given, 'state file');
  try {
    return parseExactJson(text) as JsonMap;
  } catch (error) {
    throw new PluginError(`The state is not valid JSON: ${reasonOf(error)}.`);
  }
}

/** Paths in settings are the project's, wherever the runner was called. */
export function projectPath(path: string): string {
  return resolve(process.env.MELTANO_PROJECT_ROOT || process.cwd(), path);
}

export function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  const known: Record<string, string> = {
    ENOENT: 'there is no such file',
    EACCES: 'it may not be opened',
    EISDIR: 'it is a folder',
    ENOSPC: 'the disk is full',
    EROFS: 'the disk is read-only',
    EDQUOT: 'the disk quota is used up',
  };
  return known[code ?? ''] ?? message ?? String(error);
}

/** `main` with the plugin's way to end: 0, 1 with one line on stderr, or what a signal means. */
export async function runPluginProcess(name: string, main: (stop: AbortSignal) => Promise<void>): Promise<void> {
  const stop = new AbortController();
  let stoppedBy: NodeJS.Signals | undefined;
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(signal, () => {
      stoppedBy ??= signal;
      stop.abort();
    });
  }
  // The reader is gone, so there is nobody to report to.
  process.stdout.on('error', () => process.exit(1));
  process.stderr.on('error', () => {});
  try {
    await main(stop.signal);
    process.exitCode = stoppedBy === undefined ? 0 : exitCodes[stoppedBy];
  } catch (error) {
    const text = error instanceof Error && !(error instanceof PluginError) ? (error.stack ?? error.message) : undefined;
    if (text === undefined)
      log('ERROR', wantsStructuredLogs() ? (error as Error).message : `${name}: ${(error as Error).message}`);
    else process.stderr.write(`${name}: ${text}\n`);
    process.exitCode = 1;
  }
}

const exitCodes: Partial<Record<NodeJS.Signals, number>> = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };
