/**
 * Finds the lines in the output of a failed process that say why it failed. Programs rarely end with the reason: after
 * the exception of a traceback comes noise of the interpreter, dbt prints totals after the failed tests, and a
 * structured log line hides its message in JSON.
 */
import { stripVTControlCharacters } from 'node:util';
import { isMap } from '../../values.js';
import { cutText } from './text-lines.js';

/** Details that follow the reason, such as the indented lines after `Compilation Error`. */
const maxDetails = 5;
/** In characters. */
const maxReason = 500;

/** Lines that the Python interpreter and libraries print after the reason. */
const noise =
  /ResourceWarning|DeprecationWarning|FutureWarning|UserWarning|Exception ignored|BrokenPipeError|Broken pipe|^sys:1:|\(Background on this error at|^\s*warnings\.warn\(|tracemalloc to get the object/;

const isErrorText =
  /\b(?:error|fatal|critical|panic|exception|traceback|failed|failure|denied|refused|invalid|cannot|can't|could not|couldn't|unable to|not found|no such|unrecognized|usage)\b|\w(?:Error|Exception)\b/i;

/** Totals such as `Done. PASS=3 ERROR=0` or `Completed with 1 error`, which mention errors without saying which. */
const isTotal = /\b(?:0 errors?|errors?[=:] ?0|PASS=\d+|completed with \d+ (?:error|warning)|finished running \d+)/i;

const exceptionLine =
  /^(?:[A-Za-z_][\w.]*\.)?[A-Za-z_]\w*(?:Error|Exception|Exit|Interrupt|Warning|Failure|Fault|Timeout)\b[^=]*/;
const tracebackStart = /^(?:\S.*?[|:\]] ?)?\s*Traceback \(most recent call last\):/;

/** The reason that a process gave, as the end of a message. */
export function reasonText([reason]: readonly string[]): string {
  return reason === undefined ? '' : `: ${cutText(reason, maxReason)}`;
}

/** Follows the output of one process; `cause` holds the lines found so far, the most important first. */
export class FailureCause {
  #isInTraceback = false;
  /** Whether the next lines may still belong to the last reason. */
  #canContinue = false;
  #reason: string[] = [];
  #hasReason = false;
  #last = '';

  /** One line of its output, without its end. */
  push(line: string): void {
    const text = plainText(line);
    if (text.trim() === '') return;
    if (tracebackStart.test(text)) {
      this.#isInTraceback = true;
      this.#canContinue = false;
    } else if (this.#isInTraceback) this.#readTraceback(text);
    else this.#readLine(text);
  }

  /** The lines, the reason first; empty if the process wrote nothing. */
  get cause(): string[] {
    if (this.#hasReason) return [...this.#reason];
    return this.#last === '' ? [] : [this.#last];
  }

  #readTraceback(text: string): void {
    if (/^\s/.test(text) || /^(?:During handling of|The above exception was)/.test(text)) return;
    this.#isInTraceback = false;
    if (noise.test(text)) return;
    this.#begin(text);
  }

  #readLine(text: string): void {
    if (noise.test(text) || /^\s+at /.test(text)) return;
    if (/^(?:\t| {2,})\s*\S/.test(withoutTime(text)) && this.#canContinue) {
      if (this.#reason.length <= maxDetails) this.#reason.push(text.trimEnd());
      return;
    }
    this.#canContinue = false;
    if (isErrorText.test(text) && !isTotal.test(text)) this.#begin(text);
    else this.#last = text.trim();
  }

  #begin(text: string): void {
    this.#reason = [text.trim()];
    this.#hasReason = true;
    this.#canContinue = true;
  }
}

/** Many programs, dbt among them, put the time before each line. */
function withoutTime(text: string): string {
  return text.replace(/^\d\d:\d\d:\d\d(?:\.\d+)? {2}/, '');
}

/** The message of a structured log line, with its exception; any other line as it is, without colors. */
function plainText(line: string): string {
  const text = stripVTControlCharacters(line);
  if (!text.startsWith('{')) return text;
  const entry = parseObject(text);
  const message = firstText(entry?.message, entry?.msg, entry?.event);
  if (entry === undefined || message === undefined) return text;
  const exception = exceptionText(firstText(entry.exception, entry.exc_info, entry.error, entry.stack_trace));
  return exception === undefined || message.includes(exception) ? message : `${message}: ${exception}`;
}

/** The last line of a traceback that is not indented. */
function exceptionText(text: string | undefined): string | undefined {
  const lines = text?.split('\n').filter((line) => /^\S/.test(line)) ?? [];
  return lines.findLast((line) => exceptionLine.test(line)) ?? lines.at(-1);
}

function firstText(...values: unknown[]): string | undefined {
  return values.find((value): value is string => typeof value === 'string' && value !== '');
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isMap(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
