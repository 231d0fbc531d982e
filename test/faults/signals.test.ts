/** Signals and time limits, at each stage of a run: what is loaded is saved, the exit code says why, nobody is left. */
import { readFile, writeFile } from 'node:fs/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { writePythonPackage } from '../install/python-package.js';
import {
  loadAnd,
  messages,
  processesWith,
  record,
  ScriptedProject,
  type Started,
  schema,
  state,
} from './scripted-project.js';

let project: ScriptedProject;
let run: Started;
afterEach(async () => {
  run.kill('SIGKILL');
  await run.ended;
  await project.remove();
});

const start = (args: string[] = []) => {
  run = project.start(['run', 'tap-x', 'target-x', ...args], { MARKER: project.folder });
  return run;
};
const waiting = `${messages(schema, record(1), state(1))}
trap 'exit 0' TERM
echo waiting >&2
while :; do sleep 0.05; done`;

async function nobodyIsLeft(): Promise<void> {
  await expect.poll(() => processesWith(`MARKER=${project.folder}`), { timeout: 20_000 }).toEqual([]);
  expect(await project.leftovers()).toEqual([]);
  expect(JSON.parse((await project.tapline(['lease', 'list', '--format=json'])).stdout)).toEqual({ leases: [] });
}

describe('a run', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('%s: the state is saved, the exit code is %i', async (signal, code) => {
    project = await ScriptedProject.make({ tap: waiting });
    start();
    await run.said(/waiting/);
    run.kill(signal);
    expect(await run.ended, run.stderr).toMatchObject({ code });
    expect(run.stderr).toMatch(/^ {2}stopped +tap-x → target-x/m);
    expect(run.stdout).toBe('');
    expect(await project.state()).toEqual({ singer_state: { id: 1 } });
    const [{ status }] = JSON.parse((await project.tapline(['runs', 'list', '--format=json'])).stdout).runs;
    expect(status).toBe('stopped');
    await nobodyIsLeft();
  });

  it('a second signal kills what does not end, and what the target has printed is saved', async () => {
    const stubborn = `trap '' TERM INT HUP; ${waiting.replace("trap 'exit 0' TERM", '')}`;
    project = await ScriptedProject.make({ tap: stubborn, target: `trap '' TERM; ${loadAnd('echo printed >&2')}` });
    start();
    await run.said(/waiting/);
    await run.said(/printed/);
    run.kill('SIGTERM');
    await run.said(/Stopping: /);
    run.kill('SIGTERM');
    expect(await run.ended, run.stderr).toMatchObject({ code: 143 });
    expect(await project.state()).toEqual({ singer_state: { id: 1 } });
    await nobodyIsLeft();
  });

  it('--timeout stops it as gracefully, and fails it', async () => {
    project = await ScriptedProject.make({ tap: waiting });
    start(['--timeout', '3']);
    expect(await run.ended, run.stderr).toMatchObject({ code: 1 });
    expect(run.stderr).toMatch(/RUN_TIMEOUT|timed out after 3 s/);
    expect(await project.state()).toEqual({ singer_state: { id: 1 } });
    await nobodyIsLeft();
  });

  it('in a discovery: nothing is started after it', async () => {
    project = await ScriptedProject.make({ discover: 'echo discovering >&2; sleep 1000 & sleep 1000' });
    start();
    await run.said(/discovering/);
    run.kill('SIGTERM');
    expect(await run.ended, run.stderr).toMatchObject({ code: 143 });
    expect(await project.rows()).toEqual([]);
    await nobodyIsLeft();
  });

  it('in a plugin command: it is ended with all that it has started', async () => {
    const more = `  utilities:
  - {name: box, namespace: box, executable: ./box.sh, commands: {wait: wait}}`;
    project = await ScriptedProject.make({
      yaml: { more },
      files: { 'box.sh': '#!/bin/sh\necho there; sleep 1000 & sleep 1000\n' },
    });
    start(['box:wait', 'tap-x', 'target-x']);
    await run.said(/there/);
    run.kill('SIGINT');
    expect(await run.ended, run.stderr).toMatchObject({ code: 130 });
    expect(run.stderr).toMatch(/^ {2}ok +tap-x → target-x/m);
    expect(await project.rows()).toEqual([1, 2, 3]);
    await nobodyIsLeft();
  });

  it('in an install: the tools are ended, and the next run installs', async () => {
    project = await ScriptedProject.make({ yaml: { tap: 'pip_url: ./package\nvariant: x' } });
    await writePythonPackage(project.path('package'), 'tap_x', 'never');
    // Its build backend says that it is there, and stays.
    const backend = await readFile(project.path('package/backend.py'), 'utf8');
    const stay = `import time\nopen(${JSON.stringify(project.path('building'))}, 'w').close()\ntime.sleep(1000)\n`;
    await writeFile(project.path('package/backend.py'), stay + backend);
    start();
    await project.appears('building');
    run.kill('SIGTERM');
    expect(await run.ended, run.stderr).toMatchObject({ code: 143 });
    await expect.poll(() => processesWith(`MARKER=${project.folder}`), { timeout: 20_000 }).toEqual([]);
    await writeFile(project.path('package/backend.py'), backend);
    const installed = await project.tapline(['install', 'tap-x']);
    expect(installed.code, installed.stderr).toBe(0);
    expect(installed.stderr).toContain('Installed 1/1 plugins');
  });
});

describe('tapline install', () => {
  it('ends its tools when it is stopped', async () => {
    project = await ScriptedProject.make({ yaml: { tap: 'pip_url: ./package\nvariant: x' } });
    await writePythonPackage(project.path('package'), 'tap_x', 'never');
    const stay = `import time\nopen(${JSON.stringify(project.path('building'))}, 'w').close()\ntime.sleep(1000)\n`;
    await writeFile(project.path('package/backend.py'), stay);
    run = project.start(['install', 'tap-x'], { MARKER: project.folder });
    await project.appears('building');
    run.kill('SIGTERM');
    expect(await run.ended, run.stderr).toMatchObject({ code: 143 });
    expect(run.stderr).not.toMatch(/This is a bug/);
    await expect.poll(() => processesWith(`MARKER=${project.folder}`), { timeout: 20_000 }).toEqual([]);
  });
});
