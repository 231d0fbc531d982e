import { TaplineError } from '../../errors.js';
import type { UnfinishedLine } from '../../singer/line-scanner.js';
import { describeExit, type Exit, exitNumber } from '../process/child.js';
import { reasonText } from '../process/failure-cause.js';

/** A process of a chain that has ended. */
export interface JudgedProcess {
  role: 'tap' | 'mapper' | 'target';
  plugin: string;
  exit: Exit;
  lastLines: readonly string[];
  /** See `Child.cause`. */
  cause: readonly string[];
  /** We ended it, or it died of a closed pipe because a later process failed: not a failure of its own. */
  consequence: boolean;
}

/** The original's words for a failed chain, and the field of its log that has the exit code. */
const originals = {
  tap: { noun: 'Extractor', field: 'extractors' },
  mapper: { noun: 'Mappers', field: 'mappers' },
  target: { noun: 'Loader', field: 'loaders' },
} as const;

export function failedByItself(process: JudgedProcess): boolean {
  return !process.consequence && (process.exit.code !== 0 || process.exit.signal !== null);
}

/** Exit codes in the original's fields; a signal is its negative number. Undefined if nothing failed. */
export function exitCodesOf(processes: readonly JudgedProcess[]): Record<string, number> | undefined {
  const codes: Record<string, number> = {};
  for (const process of processes) {
    if (failedByItself(process)) codes[originals[process.role].field] ??= exitNumber(process.exit);
  }
  return Object.keys(codes).length === 0 ? undefined : codes;
}

/** The original's summary: `Extractor failed`, `Extractor and loader failed`, `Mappers failed` ... */
function summary(failed: readonly JudgedProcess[]): string {
  const nouns = [...new Set(failed.map((process) => originals[process.role].noun))];
  const [first = 'Block', ...others] = nouns;
  return `${[first, ...others.map((noun) => noun.toLowerCase())].join(' and ')} failed`;
}

/** A line that is not a Singer message, and the plugin that wrote it. */
export interface BadLine {
  writer: string;
  lineNumber: number;
  reason: string;
}

/** The error of failed processes; the first one is the cause, unless it was given a bad line. */
export function processFailure(
  failed: readonly [JudgedProcess, ...JudgedProcess[]],
  badLine?: BadLine | undefined,
): TaplineError {
  const [cause] = failed;
  const described = failed.map((process) => `${process.plugin} ${describeExit(process.exit)}`).join(', ');
  const given = badLine === undefined ? '' : `, after ${badLineText(badLine)}`;
  return new TaplineError('PROCESS_FAILED', `${summary(failed)}: ${described}${given}${reasonText(cause.cause)}`, {
    hint: hintFor(cause),
    data: causeData(cause),
  });
}

function badLineText({ writer, lineNumber, reason }: BadLine): string {
  return `${writer} wrote a line that is not a Singer message (line ${lineNumber}, ${reason})`;
}

/** The error of a process that exited with 0 too early. */
export function leftEarly(process: JudgedProcess, before: string): TaplineError {
  const noun = originals[process.role].noun.toLowerCase();
  const text = `${process.plugin} ${describeExit(process.exit)} while ${before} still had data for it`;
  return new TaplineError('TARGET_LEFT_EARLY', `${noun === 'mappers' ? 'mapper' : noun} exited too early: ${text}`, {
    hint: 'The data that it did not read is not loaded. Its last lines of output may say why it stopped.',
    data: causeData(process),
  });
}

export function closedInput({ plugin, role }: { plugin: string; role: string }): TaplineError {
  const message = `'${plugin}' closed its input and keeps running while there is more data for it`;
  return new TaplineError('TARGET_LEFT_EARLY', message, { data: { plugin, role } });
}

/** An error if a part was passed on, else the text of a warning. */
export function unfinishedLine(plugin: string, { stream, bytes, passedOn }: UnfinishedLine): TaplineError {
  const where = stream === undefined ? '' : ` of stream ${stream}`;
  const what = `'${plugin}' ended inside a line${where} after ${bytes} bytes`;
  const rest =
    passedOn === 0 ? 'it is not passed on' : `${passedOn} of them were already passed on and cannot be recalled`;
  return new TaplineError('PROCESS_FAILED', `${what}; ${rest}`, {
    hint: 'The target received an unfinished line. Run again: the saved state is from before this line.',
    data: { plugin, bytes, passedOn },
  });
}

export function saveFailure(cause: unknown): TaplineError {
  if (cause instanceof TaplineError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new TaplineError('STATE_NOT_SAVED', `the state could not be saved: ${reason}`, { cause });
}

function causeData(process: JudgedProcess): Record<string, unknown> {
  const { role, plugin, exit, lastLines, cause } = process;
  return { role, plugin, exitCode: exit.code, signal: exit.signal, lastLines: [...lastLines], cause: [...cause] };
}

/** How argparse and click refuse an option that the plugin does not have. */
const refusedOption = /(?:unrecognized arguments|no such option):? .*?--(catalog|properties|state)\b/i;

function hintFor({ exit, cause, plugin }: JudgedProcess): string | undefined {
  const refused = refusedOption.exec(cause.join(' '))?.[1];
  if (refused !== undefined)
    return `'${plugin}' does not take --${refused}: remove \`${refused}\` from its \`capabilities\` in meltano.yml.`;
  if (exit.signal === 'SIGKILL')
    return 'Tapline did not kill it. The system does so when the machine or container runs out of memory.';
  if (exit.code === 127) return 'Code 127 usually means that a program that it calls was not found.';
  return undefined;
}
