/** An error that ends the program, as text for people or as a log record. */
import { relative } from 'node:path';
import picocolors from 'picocolors';
import { type ErrorDetails, formatLocation, type SourceLocation, type TaplineError } from '../errors.js';
import { printable } from './log-format.js';
import type { LogRecord } from './log-record.js';

/** One block: what is wrong, where, and what to do. */
export function errorText(error: TaplineError, { colors, cwd }: { colors: boolean; cwd: string }): string {
  const paint = picocolors.createColors(colors);
  const lines = [
    `${paint.red(paint.bold('Error:'))} ${printable(error.message, false)} ${paint.dim(`[${error.code}]`)}`,
  ];
  if (error.at !== undefined) lines.push(`  ${paint.dim('at')} ${formatLocation(shortened(error.at, cwd))}`);
  if (error.hint !== undefined) lines.push(`  ${paint.cyan('hint:')} ${printable(error.hint, false)}`);
  return lines.join('\n');
}

export function errorRecord(error: TaplineError): LogRecord {
  const { code, hint, at, data } = error;
  return { time: new Date(), level: 'error', event: error.message, fields: { code, hint, at, data } };
}

/** A bug of ours: the stack, and what to do with it. */
export function bugText(error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `${stack}\n\nThis is a bug in Tapline, not in your project. Please report it with the lines above, the command and the output of \`tapline --version\`.`;
}

export function bugRecord(error: unknown): LogRecord {
  const isError = error instanceof Error;
  return {
    time: new Date(),
    level: 'critical',
    event: `Unexpected error: ${isError ? error.message : String(error)}`,
    fields: { code: 'BUG', exception: isError ? error.stack : undefined },
  };
}

/** A warning in one line, since console lines show no fields: `message (file:line:col). Hint.` */
export function inlineText({ message, hint, at }: Pick<ErrorDetails, 'hint' | 'at'> & { message: string }): string {
  const location = at === undefined ? '' : ` (${formatLocation(shortened(at, process.cwd()))})`;
  const text = `${message.replace(/[.]$/, '')}${location}`;
  return hint === undefined ? text : `${text}. ${hint}`;
}

/** As typed from here, where that is shorter. */
export function shortened(at: SourceLocation, cwd: string): SourceLocation {
  const near = relative(cwd, at.file);
  return near === '' || near.startsWith('..') ? at : { ...at, file: near };
}
