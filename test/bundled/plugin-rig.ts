import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterEach } from 'vitest';

/** The bundled plugins as the runner starts them: built, as processes, in a project folder of their own. */

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

export function makeProject(files: Record<string, string | Buffer> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'tapline-bundled-'));
  folders.push(folder);
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return folder;
}

export interface PluginRun {
  project: string;
  config?: unknown;
  state?: unknown;
  catalog?: unknown;
  args?: string[];
  env?: Record<string, string>;
  /** Lines for stdin: text as it is, all else as JSON. */
  input?: readonly unknown[];
}

export interface PluginResult {
  code: number | null;
  stdout: string;
  stderr: string;
  /** stdout's lines as JSON. */
  messages: Message[];
}

export type Message = Record<string, unknown> & { type?: string; stream?: string; record?: Record<string, unknown> };

const built = fileURLToPath(new URL('../../dist/bundled/', import.meta.url));
let files = 0;

export function startPlugin(name: string, run: Omit<PluginRun, 'input'>, wrapper: string[] = []): ChildProcess {
  const given = (['config', 'state', 'catalog'] as const).flatMap((option) => {
    if (run[option] === undefined) return [];
    files += 1;
    const file = join(run.project, `.${option}-${files}.json`);
    writeFileSync(file, JSON.stringify(run[option]));
    return [`--${option}`, file];
  });
  const words = [...wrapper, process.execPath, join(built, `${name}.js`), ...given, ...(run.args ?? [])];
  const env = { PATH: process.env.PATH ?? '', MELTANO_PROJECT_ROOT: run.project, ...run.env };
  return spawn(words[0] as string, words.slice(1), { cwd: run.project, env, stdio: 'pipe' });
}

export async function runPlugin(name: string, run: PluginRun, wrapper: string[] = []): Promise<PluginResult> {
  const child = startPlugin(name, run, wrapper);
  child.stdin?.on('error', () => {});
  child.stdin?.end(
    (run.input ?? []).map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join(''),
  );
  return finish(child);
}

/** Reads all that it still prints. */
export async function finish(child: ChildProcess): Promise<PluginResult> {
  const stdout = gather(child.stdout);
  const stderr = gather(child.stderr);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout: stdout(), stderr: stderr(), messages: messagesOf(stdout()) };
}

function gather(stream: Readable | null): () => string {
  const chunks: Buffer[] = [];
  stream?.on('data', (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString('utf8');
}

export function messagesOf(stdout: string): Message[] {
  return stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .flatMap((line) => parse(line));
}

function parse(line: string): Message[] {
  try {
    return [JSON.parse(line) as Message];
  } catch {
    return [];
  }
}

/** The records that a tap has emitted, in order. */
export function recordsOf(messages: Message[], stream?: string): Record<string, unknown>[] {
  return messages.flatMap((message) =>
    message.type === 'RECORD' && (stream === undefined || message.stream === stream) ? [message.record ?? {}] : [],
  );
}

/** The value of the last STATE. */
export function lastState(messages: Message[]): unknown {
  return messages.filter((message) => message.type === 'STATE').at(-1)?.value;
}

export const schema = (stream: string, properties: Record<string, unknown>, keys: string[] = []): Message => ({
  type: 'SCHEMA',
  stream,
  schema: { type: 'object', properties },
  key_properties: keys,
});

export const record = (stream: string, values: Record<string, unknown>): Message => ({
  type: 'RECORD',
  stream,
  record: values,
});
export const state = (value: unknown): Message => ({ type: 'STATE', value });
