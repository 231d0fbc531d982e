import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let directory: string;
let program: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tapline-invoke-'));
  program = join(directory, 'invoke-runner.mjs');
  const entry = join(import.meta.dirname, 'invoke-runner.ts');
  await build({
    entryPoints: [entry],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
  });
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** A runner in a group of its own, as a shell would start it. */
function invoke(script: string, mode: 'relay' | 'inherit' = 'inherit') {
  const args = [program, mode, 'sh', '-c', script];
  const runner: ChildProcess = spawn(process.execPath, args, { detached: true, stdio: 'pipe' });
  const exit = new Promise<number | string | null>((resolve) => {
    runner.once('exit', (code, signal) => resolve(signal ?? code));
  });
  const { stdin, stdout, stderr } = runner;
  if (stdin === null || stdout === null || stderr === null) throw new Error('no pipes');
  const ready = new Promise<void>((resolve) => {
    stdout.once('data', () => resolve());
  });
  return { runner, exit, stdin, out: text(stdout), err: text(stderr), ready };
}

describe('invokeProcess', () => {
  it('hands over stdin, stdout, stderr and the exit code', async () => {
    const { stdin, exit, out, err } = invoke('cat; echo oops >&2; exit 42');
    stdin.end('data');
    expect(await exit).toBe(42);
    expect(await out).toBe('data');
    expect(await err).toBe('oops\n');
  });

  it('relays stderr where it is told to', async () => {
    const { exit, err } = invoke('echo one >&2; printf two >&2', 'relay');
    expect(await exit).toBe(0);
    expect(await err).toBe('relayed: one\nrelayed: two\n');
  });

  it('gives a death by signal as the original does', async () => {
    expect(await invoke('kill -KILL $$').exit).toBe(256 - 9);
  });

  it.each(['SIGTERM', 'SIGHUP'] as const)('hands on %s', async (signal) => {
    const { runner, ready, exit } = invoke(
      `trap 'exit 7' ${signal.slice(3)}; echo ready; while :; do sleep 0.05; done`,
    );
    await ready;
    runner.kill(signal);
    expect(await exit).toBe(7);
  });

  it.each(['SIGINT', 'SIGQUIT'] as const)(
    'survives the terminal\u2019s %s, which the plugin gets itself',
    async (signal) => {
      const { runner, ready, exit } = invoke(
        `trap 'exit 8' ${signal.slice(3)}; echo ready; while :; do sleep 0.05; done`,
      );
      await ready;
      process.kill(-(runner.pid ?? 0), signal);
      expect(await exit).toBe(8);
    },
  );
});
