import { lstatSync, readFileSync, statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { TaplineError } from '../errors.js';
import type { ProjectWarning } from './types.js';

/**
 * The variables of `.env`, or of `--env-file` (relative to the project root, as in the original), parsed as python-dotenv
 * does. A file that is not there has none. Throws DOTENV_UNREADABLE.
 */
export async function readDotenv(
  root: string,
  envFile: string | undefined,
  environment: NodeJS.ProcessEnv,
): Promise<{ file: string; values: Record<string, string>; warnings: ProjectWarning[] }> {
  const file = envFile === undefined ? join(root, '.env') : isAbsolute(envFile) ? envFile : join(root, envFile);
  const text = readText(file);
  if (text === undefined) return { file, values: {}, warnings: envFile === undefined ? [] : [noFile(file)] };
  const warnings: ProjectWarning[] = [];
  const values = await parseDotenv(text, environment, (line) => warnings.push(unreadLine(file, line)));
  return { file, values, warnings };
}

/** The original continues silently, but a user who named a file wants to know. */
function noFile(file: string): ProjectWarning {
  return {
    code: 'DOTENV_MISSING',
    message: `There is no environment file ${file}.`,
    hint: '--env-file is relative to the project folder.',
  };
}

function unreadLine(file: string, line: number): ProjectWarning {
  return {
    code: 'DOTENV_LINE',
    message: "This line of the environment file can't be read and is ignored.",
    hint: 'Write NAME=value, and close every quote.',
    at: { file, line, col: 1 },
  };
}

function readText(file: string): string | undefined {
  try {
    const facts = statSync(file, { throwIfNoEntry: false });
    if (!facts) return danglingLink(file);
    // A pipe is taken too: `--env-file <(decrypt .env.enc)`.
    if (!facts.isFile() && !facts.isFIFO()) return undefined;
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file));
  } catch (error) {
    if (error instanceof TaplineError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    const reason = code === 'ERR_ENCODING_INVALID_ENCODED_DATA' ? 'it is not UTF-8 text' : (code ?? String(error));
    throw new TaplineError('DOTENV_UNREADABLE', `The environment file ${file} can't be read: ${reason}.`, {
      cause: error,
      hint: 'Check its owner, its mode and its encoding.',
    });
  }
}

function danglingLink(file: string): undefined {
  if (!lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink()) return undefined;
  throw new TaplineError('DOTENV_UNREADABLE', `The environment file ${file} is a link to a file that does not exist.`);
}

/** Lines on which dotenv and python-dotenv agree: `NAME=value` without quotes, escapes, `$` or `#`; blank lines; comments. */
const plainLine =
  /^(?:[ \t]*(?:#[^\r\n]*)?|(?:export[ \t]+)?[A-Za-z_][A-Za-z0-9_]*=(?:[A-Za-z0-9_./:@%+,;=?&*()[\]{}!|<>~^-](?:[\w ./:@%+,;=?&*()[\]{}!|<>~^-]*[\w./:@%+,;=?&*()[\]{}!|<>~^-])?)?)$/;

/**
 * Plain files are dotenv's work. It reads quotes, escapes and inline comments otherwise than python-dotenv, and never
 * expands `${NAME}`, so a file with any of these is read by the statements below.
 */
export async function parseDotenv(
  text: string,
  environment: NodeJS.ProcessEnv,
  onUnreadLine: (line: number) => void = () => {},
): Promise<Record<string, string>> {
  const lines = text.replaceAll('\r\n', '\n').split('\n');
  if (lines.every((line) => plainLine.test(line))) {
    // Bundled CommonJS has its default export only.
    const { default: dotenv } = await import('dotenv');
    return dotenv.parse(text);
  }
  return parseAsPython(text, environment, onUnreadLine);
}

/** `export NAME=`, with the name in single quotes or bare. A name without `=` is declared, but has no value. */
const nameAndSign = /\s*(?:export[^\S\r\n]+)?(?:'([^']+)'|([^=#\s]+))[^\S\r\n]*(=[^\S\r\n]*)?/y;
const singleQuoted = /'((?:\\[\s\S]|[^'\\])*)'/y;
const doubleQuoted = /"((?:\\[\s\S]|[^"\\])*)"/y;
const unquoted = /[^\r\n]*/y;
const restOfStatement = /[^\S\r\n]*(?:#[^\r\n]*)?[^\S\r\n]*(?:\r\n|\n|\r|$)/y;
const comment = /\s*#[^\r\n]*(?:\r\n|\n|\r|$)/y;
const restOfLine = /[^\r\n]*(?:\r\n|\n|\r|$)/y;

function parseAsPython(
  text: string,
  environment: NodeJS.ProcessEnv,
  onUnreadLine: (line: number) => void,
): Record<string, string> {
  const values: Record<string, string> = {};
  let position = text.startsWith('\uFEFF') ? 1 : 0;
  while (position < text.length && /\S/.test(text.slice(position))) {
    const statement = skipComment(text, position) ?? readStatement(text, position);
    if (statement.isUnread) onUnreadLine(text.slice(0, skipBlank(text, position)).split('\n').length);
    if (statement.name !== undefined && statement.value !== undefined) {
      values[statement.name] = interpolate(statement.value, values, environment);
    }
    position = statement.end;
  }
  return values;
}

interface Statement {
  name?: string | undefined;
  value?: string | undefined;
  end: number;
  isUnread?: boolean | undefined;
}

function skipComment(text: string, position: number): Statement | undefined {
  const match = matchAt(comment, text, position);
  return match ? { end: position + match[0].length } : undefined;
}

/** A statement that can't be read is left out, up to the end of its line, as python-dotenv does. */
function readStatement(text: string, start: number): Statement {
  const head = matchAt(nameAndSign, text, start);
  if (!head) return { end: endOf(restOfLine, text, skipBlank(text, start)), isUnread: true };
  const name = head[1] ?? head[2];
  let end = start + head[0].length;
  let value: string | undefined;
  if (head[3] !== undefined) {
    const read = readValue(text, end, head[3].length > 1);
    if (!read) return { end: endOf(restOfLine, text, end), isUnread: true };
    ({ value, end } = read);
  }
  const rest = matchAt(restOfStatement, text, end);
  return rest ? { name, value, end: end + rest[0].length } : { end: endOf(restOfLine, text, end), isUnread: true };
}

function readValue(text: string, position: number, spaced: boolean): { value: string; end: number } | undefined {
  const first = text.charAt(position);
  if (spaced && first === '#') return { value: '', end: position };
  if (first === "'" || first === '"') {
    const match = matchAt(first === "'" ? singleQuoted : doubleQuoted, text, position);
    if (!match) return undefined;
    const inner = match[1] ?? '';
    const value =
      first === "'"
        ? inner.replace(/\\([\\'])/g, '$1')
        : inner.replace(/\\([\\'"abfnrtv])/g, (_, char: string) => escapes[char] ?? char);
    return { value, end: position + match[0].length };
  }
  const raw = matchAt(unquoted, text, position)?.[0] ?? '';
  return { value: raw.replace(/\s+#.*/, '').trimEnd(), end: position + raw.length };
}

const escapes: Record<string, string> = { a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };

/** `${NAME}` and `${NAME:-default}`, in quotes of both kinds too; earlier lines of the file win over the process. */
function interpolate(value: string, values: Readonly<Record<string, string>>, environment: NodeJS.ProcessEnv): string {
  return value.replace(/\$\{([^}:]*)(?::-([^}]*))?\}/g, (_, name: string, fallback: string | undefined) => {
    if (Object.hasOwn(values, name)) return values[name] ?? '';
    return environment[name] ?? fallback ?? '';
  });
}

function matchAt(pattern: RegExp, text: string, position: number): RegExpExecArray | null {
  pattern.lastIndex = position;
  return pattern.exec(text);
}

function endOf(pattern: RegExp, text: string, position: number): number {
  return position + (matchAt(pattern, text, position)?.[0].length ?? text.length - position);
}

function skipBlank(text: string, position: number): number {
  return position + (/^\s*/.exec(text.slice(position))?.[0].length ?? 0);
}
