import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { WorkerAnswer, WorkerCommand } from './worker.js';

const root = join(import.meta.dirname, '..', '..');

/** Built inside node_modules, so that the program finds its packages as an installed one does. */
export async function buildWorker(): Promise<string> {
  const folder = join(root, 'node_modules', '.cache', 'tapline-tests');
  mkdirSync(folder, { recursive: true });
  const outfile = join(folder, `state-worker-${process.pid}.mjs`);
  await build({
    entryPoints: [join(import.meta.dirname, 'worker.ts')],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    loader: { '.sql': 'text' },
    external: ['better-sqlite3', 'pg-native'],
    // For what is CommonJS inside.
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    logLevel: 'error',
  });
  return outfile;
}

/** A worker that answers each command, in order. */
export class Worker {
  readonly process: ChildProcess;
  readonly #answers: WorkerAnswer[] = [];
  readonly #waiting: ((answer: WorkerAnswer) => void)[] = [];

  constructor(file: string, user: { uid?: number; gid?: number } = {}) {
    this.process = fork(file, [], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], cwd: '/', ...user });
    this.process.on('message', (answer: WorkerAnswer) => {
      const waiting = this.#waiting.shift();
      if (waiting === undefined) this.#answers.push(answer);
      else waiting(answer);
    });
  }

  ready(): Promise<WorkerAnswer> {
    return this.#answer();
  }

  ask(command: WorkerCommand): Promise<WorkerAnswer> {
    this.process.send(command);
    return this.#answer();
  }

  async kill(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const exited = once(this.process, 'exit');
    this.process.kill('SIGKILL');
    await exited;
  }

  #answer(): Promise<WorkerAnswer> {
    const answer = this.#answers.shift();
    return answer === undefined ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve(answer);
  }
}
