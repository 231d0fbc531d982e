/** A project whose tap and target are shell scripts that a test writes: native, and quick to start. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, watch } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cleanEnvironment, cli, type Ended, folderWith, tapline } from '../e2e/program.js';

const sh = (text: string): string => `#!/bin/sh\n${text}\n`;

/** As `sh` prints it: one line a message. */
export const messages = (...lines: unknown[]): string =>
  lines.map((line) => `printf '%s\\n' '${JSON.stringify(line).replaceAll("'", `'\\''`)}'`).join('\n');

export const schema = { type: 'SCHEMA', stream: 'u', schema: { properties: { id: {} } }, key_properties: ['id'] };
export const record = (id: number) => ({ type: 'RECORD', stream: 'u', record: { id } });
export const state = (id: number) => ({ type: 'STATE', value: { id } });
export const threeRecords = messages(schema, record(1), record(2), record(3), state(3));

/** Keeps the lines in `out.jsonl`; prints each state when what came before it is there. */
export const load = loadAnd('');

/** The same, with something to do after each state. */
export function loadAnd(afterState: string): string {
  return `while IFS= read -r line; do
  case $line in
    *'"STATE"'*) line=\${line#*'"value":'}; printf '%s\\n' "\${line%\\}}"; ${afterState};;
    *) printf '%s\\n' "$line" >> out.jsonl;;
  esac
done`.replaceAll('; ;;', ';;');
}

export const stateId = 'dev:tap-x-to-target-x';

/** YAML for its entries, and what follows them. */
export interface ProjectParts {
  tap?: string;
  target?: string;
  more?: string;
  executables?: { tap?: string; target?: string };
}

export const projectFile = ({ tap = '', target = '', more = '', executables = {} }: ProjectParts = {}): string => `
default_environment: dev
environments: [{name: dev}]
plugins:
  extractors:
  - name: tap-x
    namespace: tap_x
    executable: ${executables.tap ?? './tap.sh'}
    capabilities: [catalog, discover, state]
${indented(tap)}
  loaders:
  - name: target-x
    namespace: target_x
    executable: ${executables.target ?? './target.sh'}
${indented(target)}
${more}`;

function indented(text: string): string {
  return text
    .split('\n')
    .map((line) => `    ${line}`)
    .join('\n');
}

export interface Scripts {
  discover?: string;
  tap?: string;
  target?: string;
  /** More files, and other forms of these. */
  files?: Record<string, string>;
  yaml?: ProjectParts;
}

export class ScriptedProject {
  constructor(readonly folder: string) {}

  static async make({ files, yaml, ...scripts }: Scripts = {}): Promise<ScriptedProject> {
    const project = new ScriptedProject(await folderWith({ 'meltano.yml': projectFile(yaml), ...files }));
    await project.write({ discover: `echo '{"streams": []}'`, tap: threeRecords, target: load, ...scripts }, files);
    return project;
  }

  path(...names: string[]): string {
    return join(this.folder, ...names);
  }

  async write({ discover, tap, target }: Scripts, except: Record<string, string> = {}): Promise<void> {
    const parts = { 'discover.part': discover, 'tap.part': tap, 'target.part': target };
    for (const [name, text] of Object.entries(parts)) if (text !== undefined) await this.put(name, `${text}\n`);
    const tapText = sh('case "$*" in *--discover*) . ./discover.part;; *) . ./tap.part;; esac');
    const programs = { 'tap.sh': tapText, 'target.sh': sh('. ./target.part') };
    for (const [name, text] of Object.entries(programs)) if (!(name in except)) await this.put(name, text, 0o755);
  }

  read(name: string): Promise<string> {
    return readFile(this.path(name), 'utf8');
  }

  async put(name: string, text: string, mode = 0o644): Promise<void> {
    await writeFile(this.path(name), text, { mode });
  }

  tapline(args: string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
    return tapline(this.folder, args, { env });
  }

  run(args: string[] = [], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
    return this.tapline(['run', 'tap-x', 'target-x', ...args], env);
  }

  /** A run under way. */
  start(args: string[] = ['run', 'tap-x', 'target-x'], env: NodeJS.ProcessEnv = {}): Started {
    return new Started(this.folder, args, env);
  }

  /** What `state get` prints. */
  async state(id = stateId): Promise<unknown> {
    return JSON.parse((await this.tapline(['state', 'get', id])).stdout);
  }

  /** The records that the target has kept. */
  async rows(): Promise<number[]> {
    const text = existsSync(this.path('out.jsonl')) ? await readFile(this.path('out.jsonl'), 'utf8') : '';
    return text
      .split('\n')
      .filter((line) => line.includes('"RECORD"'))
      .map((line) => JSON.parse(line).record.id);
  }

  appears(name: string): Promise<void> {
    return appears(this.folder, name);
  }

  /** What is left in the place of runs' private files; `rescue` keeps states, and is not a secret. */
  async leftovers(): Promise<string[]> {
    const names = await readdir(this.path('.meltano/run/tapline')).catch(() => []);
    return names.filter((name) => name !== 'rescue');
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }
}

/** The program as a process to signal and to listen to. */
export class Started {
  readonly child: ChildProcess;
  stderr = '';
  stdout = '';
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  readonly #waiting = new Set<() => void>();

  constructor(folder: string, args: string[], env: NodeJS.ProcessEnv = {}, stdin: 'ignore' | 'pipe' = 'ignore') {
    this.child = spawn(process.execPath, [cli, ...args], {
      cwd: folder,
      env: { ...cleanEnvironment(join(folder, 'home')), ...env },
      stdio: [stdin, 'pipe', 'pipe'],
    });
    this.child.stdout?.on('data', (chunk) => {
      this.stdout += chunk;
    });
    this.child.stderr?.on('data', (chunk) => {
      this.stderr += chunk;
      for (const check of [...this.#waiting]) check();
    });
    this.ended = new Promise((resolve) => {
      this.child.once('close', (code, signal) => resolve({ code, signal }));
    });
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Resolves when its log has said so; rejects where it ends before. */
  said(pattern: RegExp): Promise<void> {
    const heard = new Promise<void>((resolve) => {
      const check = () => {
        if (!pattern.test(this.stderr)) return;
        this.#waiting.delete(check);
        resolve();
      };
      this.#waiting.add(check);
      check();
    });
    const silent = this.ended.then(() => {
      if (!pattern.test(this.stderr)) throw new Error(`ended before it said ${pattern}:\n${this.stderr}`);
    });
    return Promise.race([heard, silent]);
  }
}

/** Resolves when there is such a file, with what is wanted in it. */
export function appears(folder: string, name: string, isThere = () => existsSync(join(folder, name))): Promise<void> {
  return new Promise((resolve) => {
    const watcher = watch(folder, () => check());
    const check = () => {
      if (!isThere()) return;
      watcher.close();
      resolve();
    };
    check();
  });
}

/** PIDs of living processes whose environment or arguments hold this text; zombies have neither. */
export async function processesWith(text: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  const has = async (pid: string) => {
    for (const file of ['environ', 'cmdline']) {
      const content = await readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');
      if (content.includes(text)) return true;
    }
    return false;
  };
  const found = await Promise.all(pids.map(async (pid) => ((await has(pid)) ? [Number(pid)] : [])));
  return found.flat();
}
