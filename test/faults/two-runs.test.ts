/** Runner processes at once: on one state ID, on one tap, under one limit, on one fresh database. */
import { execFileSync } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { afterEach, describe, expect, it } from 'vitest';
import {
  load,
  messages,
  processesWith,
  record,
  ScriptedProject,
  type Started,
  schema,
  state,
} from './scripted-project.js';

let project: ScriptedProject;
const started: Started[] = [];
afterEach(async () => {
  for (const run of started) run.kill('SIGKILL');
  await Promise.all(started.splice(0).map(({ ended }) => ended));
  await project.remove();
});

/** Prints one state, waits at the gate, then the next. */
const gatedTap = `${messages(schema, record(1), state(1))}
echo at the gate >&2
read line < gate
${messages(record(2), state(2))}`;

async function gatedProject(yaml: { tap?: string; more?: string } = {}): Promise<void> {
  project = await ScriptedProject.make({ tap: gatedTap, yaml });
  execFileSync('mkfifo', [project.path('gate')]);
}
const openGate = () => writeFile(project.path('gate'), 'go\n');
function start(args: string[] = [], env: NodeJS.ProcessEnv = {}): Started {
  const run = project.start(['run', 'tap-x', 'target-x', ...args], env);
  started.push(run);
  return run;
}
const saved = /Incremental state has been updated/;

describe('two runs of one state ID', () => {
  it('the second is refused, skipped or waits, and says who has it', async () => {
    await gatedProject();
    const first = start();
    await first.said(saved);

    const refused = await project.run();
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('[LEASE_HELD]');
    expect(refused.stderr).toContain(`pid ${first.pid}`);
    expect(refused.stderr).toMatch(/since \d{4}-\d\d-\d\d|started/);
    expect(await project.run(['--if-running=fail'])).toMatchObject({ code: 1 });
    const skipped = await project.run(['--if-running=skip']);
    expect(skipped.code).toBe(99);
    expect(skipped.stderr).toContain(`pid ${first.pid}`);
    const leases = JSON.parse((await project.tapline(['lease', 'list', '--format=json'])).stdout).leases;
    expect(leases).toEqual([expect.objectContaining({ owner: expect.objectContaining({ pid: first.pid }) })]);

    const waiting = start(['--if-running=wait']);
    await waiting.said(new RegExp(`Waiting for the run that holds its state ID.*pid ${first.pid}`));
    await openGate();
    expect(await first.ended, first.stderr).toMatchObject({ code: 0 });
    await waiting.said(saved);
    await openGate();
    expect(await waiting.ended, waiting.stderr).toMatchObject({ code: 0 });
    expect(await project.rows()).toEqual([1, 2, 1, 2]);
    expect(await project.state()).toEqual({ singer_state: { id: 2 } });
  });

  it('--force takes it over: the old run stops, writes no state any more, and leaves nobody', async () => {
    await gatedProject();
    const first = start([], { MARKER: `first ${project.folder}` });
    await first.said(saved);
    const second = start(['--force']);
    await second.said(/at the gate/);
    expect(await first.ended, first.stderr).toMatchObject({ code: 1 });
    expect(first.stderr).toMatch(/\[LEASE_(LOST|HELD)\]/);
    expect(await processesWith(`first ${project.folder}`)).toEqual([]);
    await openGate();
    expect(await second.ended, second.stderr).toMatchObject({ code: 0 });
    expect(await project.state()).toEqual({ singer_state: { id: 2 } });
    expect(await project.leftovers()).toEqual([]);
  });

  it('in the filesystem state backend, too', async () => {
    await gatedProject();
    const env = { MELTANO_STATE_BACKEND_URI: `file://${project.path('states')}` };
    const first = start([], env);
    await first.said(saved);
    const refused = await project.run([], env);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining(`pid ${first.pid}`) });
    first.kill('SIGKILL');
    await first.ended;
    // Its lease is dead with it.
    const second = start([], env);
    await second.said(/at the gate/);
    await openGate();
    expect(await second.ended, second.stderr).toMatchObject({ code: 0 });
  });
});

describe('many runs at once', () => {
  it('of one tap with different suffixes share no file, and keep a state each', async () => {
    // Each says which files it was given, and gives up if they change while it is there.
    const tap = `config=$2; before=$(cat "$config")
printf '%s\\n' "$config" >> configs
${messages(schema, record(1))}
printf '{"type":"STATE","value":{"id":"%s"}}\\n' "$TAP_X_PART"
until [ "$(wc -l < configs)" -ge 8 ]; do sleep 0.05; done
[ "$before" = "$(cat "$config")" ]`;
    project = await ScriptedProject.make({ tap, yaml: { tap: 'settings: [{name: part}]' } });
    const parts = Array.from({ length: 8 }, (_, index) => `p${index}`);
    const runs = parts.map((part) => start(['--state-id-suffix', part], { TAP_X_PART: part }));
    for (const run of runs) expect(await run.ended, run.stderr).toMatchObject({ code: 0 });
    const configs = (await readFile(project.path('configs'), 'utf8')).trim().split('\n');
    expect(new Set(configs).size).toBe(8);
    for (const part of parts)
      expect(await project.state(`dev:tap-x-to-target-x:${part}`)).toEqual({ singer_state: { id: part } });
    expect(await project.leftovers()).toEqual([]);
  });

  it('of a plugin with concurrency: 1 go one after the other', async () => {
    // mkdir fails where two are inside at once.
    const tap = `mkdir inside || exit 9; read line < "gate-$TAP_X_PART"; ${messages(schema, record(1), state(1))}; rmdir inside`;
    project = await ScriptedProject.make({ tap, yaml: { tap: 'concurrency: 1\nsettings: [{name: part}]' } });
    const parts = ['a', 'b', 'c', 'd'];
    for (const part of parts) execFileSync('mkfifo', [project.path(`gate-${part}`)]);
    const startPart = (part: string) => start(['--state-id-suffix', part], { TAP_X_PART: part });
    const first = startPart('a');
    await project.appears('inside');
    const others = parts.slice(1).map(startPart);
    for (const run of others)
      await run.said(new RegExp(`Waiting for a plugin that is at its limit \\(run .*pid ${first.pid}`));
    const gates = parts.map((part) => writeFile(project.path(`gate-${part}`), 'go\n'));
    for (const run of [first, ...others]) expect(await run.ended, run.stderr).toMatchObject({ code: 0 });
    await Promise.all(gates);
    expect(await project.rows()).toEqual([1, 1, 1, 1]);
  });

  it('20 of them make one fresh database, and all are in its history', async () => {
    project = await ScriptedProject.make({
      tap: messages(schema, record(1), state(1)),
      target: load.replace('>> out.jsonl', '> /dev/null'),
    });
    const runs = Array.from({ length: 20 }, (_, index) => start(['--state-id-suffix', `s${index}`]));
    for (const run of runs) {
      expect(await run.ended, run.stderr).toMatchObject({ code: 0 });
      expect(run.stderr).not.toMatch(/DATABASE_|history/i);
    }
    const states = (await project.tapline(['state', 'list'])).stdout.trim().split('\n');
    expect(states).toHaveLength(20);
    const history = JSON.parse((await project.tapline(['runs', 'list', '--format=json', '--limit=100'])).stdout).runs;
    expect(history.map(({ status }: { status: string }) => status)).toEqual(Array(20).fill('success'));
    expect(await readdir(project.path('.meltano/run/tapline'))).toEqual([]);
  });
});
