/** Which log lines go where, and in which shape: from options, variables, the project's settings or a logging file. */
import { readFileSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import { TaplineError } from '../errors.js';
import { type LogFormat, type LogThreshold, logFormats, logThresholds } from './log-record.js';

export interface LogOutput {
  level: LogThreshold;
  format: LogFormat;
  preset?: 'google-cloud-logging' | undefined;
  includeKeys?: readonly string[] | 'all' | undefined;
  /** Absolute; stderr where there is none. */
  file?: string | undefined;
}

export interface LogSettings {
  outputs: LogOutput[];
  /** The logging file that decided, where one did. */
  configFile?: string | undefined;
}

export interface LogChoice {
  level?: string | undefined;
  format?: string | undefined;
  /** Path of a Python logging file (`logging.config.dictConfig` as YAML). */
  config?: string | undefined;
}

export interface LogChoices {
  /** From the command line: these beat a logging file. */
  options: LogChoice;
  /** From variables and the project's settings; `config` defaults to logging.yaml. */
  settings: LogChoice;
  cwd: string;
}

/** Reads the logging file, if there is one. Nothing in it fails a command: what is not understood is left out. */
export async function chooseLogSettings({ options, settings, cwd }: LogChoices): Promise<LogSettings> {
  const level = parseLevel(options.level ?? settings.level ?? 'info');
  const format = parseFormat(options.format ?? settings.format ?? 'colored');
  const found = readConfig(options.config ?? settings.config ?? 'logging.yaml', cwd);
  if (found === undefined) return { outputs: [{ level, format }] };
  const outputs = await outputsOf(found.text, { level, format }, cwd);
  if (outputs === undefined) return { outputs: [{ level, format }], configFile: found.file };
  const overridden = outputs.map((output) => (output.file === undefined ? override(output, options) : output));
  return { outputs: overridden, configFile: found.file };
}

function override(output: LogOutput, options: LogChoice): LogOutput {
  return {
    ...output,
    ...(options.level === undefined ? {} : { level: parseLevel(options.level) }),
    ...(options.format === undefined ? {} : { format: parseFormat(options.format) }),
  };
}

function parseLevel(text: string): LogThreshold {
  const level = text.toLowerCase();
  const found = logThresholds.find((threshold) => threshold === level);
  if (found !== undefined) return found;
  throw new TaplineError('USAGE', `'${text}' is not a log level.`, { hint: `Use one of ${logThresholds.join(', ')}.` });
}

function parseFormat(text: string): LogFormat {
  const format = text.toLowerCase().replaceAll('_', '-');
  const found = logFormats.find((name) => name === format);
  if (found !== undefined) return found;
  throw new TaplineError('USAGE', `'${text}' is not a log format.`, { hint: `Use one of ${logFormats.join(', ')}.` });
}

/** The file, or its twin with the other of the endings .yaml and .yml. */
function readConfig(path: string, cwd: string): { file: string; text: string } | undefined {
  const file = resolve(cwd, path);
  const ending = extname(file);
  const twin = ending === '.yaml' ? '.yml' : ending === '.yml' ? '.yaml' : undefined;
  const candidates = twin === undefined ? [file] : [file, file.slice(0, -ending.length) + twin];
  for (const candidate of candidates) {
    try {
      return { file: candidate, text: readFileSync(candidate, 'utf8') };
    } catch {
      // Not there, or not readable: the defaults hold, as in the original where the file is missing.
    }
  }
  return undefined;
}

type Section = Record<string, unknown>;

/** The handlers of the root logger that we know. Undefined where the text is not a logging configuration. */
async function outputsOf(text: string, fallback: LogOutput, cwd: string): Promise<LogOutput[] | undefined> {
  const { parseYaml } = await import('./parse-yaml.js');
  const config = asSection(parseYaml(text));
  if (config === undefined) return undefined;
  const root = asSection(config.root) ?? asSection(asSection(config.loggers)?.['']) ?? {};
  const names = Array.isArray(root.handlers) ? root.handlers : [];
  const handlers = asSection(config.handlers) ?? {};
  const formatters = asSection(config.formatters) ?? {};
  return names.flatMap((name) => {
    const handler = asSection(handlers[String(name)]);
    if (handler === undefined) return [];
    const level = higher(levelOf(root.level, fallback.level), levelOf(handler.level, 'debug'));
    const shape = shapeOf(asSection(formatters[String(handler.formatter)]), fallback.format);
    const file = typeof handler.filename === 'string' ? resolve(cwd, handler.filename) : undefined;
    const isStream = /StreamHandler$/.test(String(handler.class ?? ''));
    return file === undefined && !isStream ? [] : [{ level, ...shape, file }];
  });
}

/** A formatter of the original's own (`()` names a factory), or a plain format text of Python's. */
function shapeOf(formatter: Section | undefined, fallback: LogFormat): Omit<LogOutput, 'level'> {
  if (formatter === undefined) return { format: 'plain' };
  const factory = String(formatter['()'] ?? formatter.class ?? '');
  const keys = includedKeys(formatter);
  if (/json/i.test(factory)) {
    return formatter.preset === 'google-cloud-logging'
      ? { format: 'json', preset: 'google-cloud-logging' }
      : { format: 'json' };
  }
  if (/key_value/.test(factory)) return { format: 'key-value' };
  if (/plain/.test(factory)) return { format: 'plain' };
  if (/console/.test(factory))
    return { format: formatter.colors === true ? 'colored' : 'uncolored', includeKeys: keys };
  if (typeof formatter.format === 'string')
    return { format: formatter.format === '%(message)s' ? 'plain' : 'uncolored' };
  return { format: fallback };
}

function includedKeys(formatter: Section): readonly string[] | 'all' | undefined {
  if (formatter.all_keys === true) return 'all';
  return Array.isArray(formatter.include_keys) ? formatter.include_keys.map(String) : undefined;
}

/** A name, or one of Python's numbers. */
function levelOf(level: unknown, fallback: LogThreshold): LogThreshold {
  if (typeof level === 'number') {
    if (level > 50) return 'disabled';
    return logThresholds[Math.max(0, Math.ceil(level / 10) - 1)] ?? fallback;
  }
  const name = String(level ?? '').toLowerCase();
  if (name === 'notset') return 'debug';
  const known = name === 'warn' ? 'warning' : name === 'fatal' ? 'critical' : name;
  return logThresholds.find((threshold) => threshold === known) ?? fallback;
}

function higher(a: LogThreshold, b: LogThreshold): LogThreshold {
  return logThresholds.indexOf(a) > logThresholds.indexOf(b) ? a : b;
}

function asSection(value: unknown): Section | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Section) : undefined;
}
