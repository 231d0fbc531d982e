/** The library, as a program that imports it sees it. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type BlockOptions,
  backfill,
  editState,
  getState,
  listStates,
  loadProject,
  pipelineStatus,
  type RunEvent,
  retry,
  run,
  setState,
  transferStates,
} from '../src/index.js';
import { cleanEnvironment } from './e2e/program.js';
import { messages, ScriptedProject, schema, state } from './faults/scripted-project.js';

let project: ScriptedProject;
afterEach(() => project.remove());

const stream = (name: string) =>
  `{"tap_stream_id": "${name}", "stream": "${name}", "schema": {"properties": {"id": {}}}, "metadata": [{"breadcrumb": [], "metadata": {}}]}`;

async function runWith(options: BlockOptions): Promise<RunEvent[]> {
  project = await ScriptedProject.make({
    discover: `echo '{"streams": [${stream('a')}, ${stream('b')}]}'`,
    tap: `while [ $# -gt 0 ]; do case $1 in --catalog) cp "$2" seen.json;; --state) cp "$2" start.json;; esac; shift; done\n${messages(schema, state(1))}`,
    files: { 'own.json': `{"streams": [${stream('own')}]}`, 'own-state.json': '{"id": 41}' },
  });
  const events: RunEvent[] = [];
  const loaded = await loadProject({ cwd: project.folder, env: {} });
  const env = cleanEnvironment(project.path('home'));
  const result = await run(loaded, ['tap-x', 'target-x'], {
    ...options,
    cwd: project.folder,
    env,
    onEvent: (event) => events.push(event),
  });
  expect(result.status, JSON.stringify(result.error ?? result.blocks)).toBe('success');
  return events;
}

const selected = (events: readonly RunEvent[]) =>
  events.flatMap((event) => (event.type === 'catalog.ready' ? [[event.streams, event.selected]] : []));

describe('the block options of `run`', () => {
  it('take a selection', async () => {
    expect(selected(await runWith({ selectFilter: ['b'] }))).toEqual([[2, 1]]);
  });

  it('take a catalog of the caller', async () => {
    expect(selected(await runWith({ catalog: 'own.json' }))).toEqual([[1, 0]]);
    expect(await readFile(project.path('seen.json'), 'utf8')).toContain('"own"');
  });

  it('take a state to start from', async () => {
    await runWith({ state: 'own-state.json' });
    expect(JSON.parse(await readFile(join(project.folder, 'start.json'), 'utf8'))).toEqual({ id: 41 });
  });

  it('take none', async () => {
    expect(selected(await runWith({ noStateUpdate: true }))).toEqual([[2, 2]]);
    expect(existsSync(project.path('start.json'))).toBe(false);
  });
});

describe('other calls', () => {
  const stateId = 'dev:tap-x-to-target-x';
  const windows = { from: '2023-01-01', to: '2023-01-03', window: '1d' };

  async function loadedProject(tap: string) {
    project = await ScriptedProject.make({
      tap,
      yaml: { tap: 'settings: [{name: start_date}, {name: end_date}]' },
    });
    const env = cleanEnvironment(project.path('home'));
    return { loaded: await loadProject({ cwd: project.folder, env: {} }), options: { cwd: project.folder, env } };
  }

  it('read, set, edit and copy states', async () => {
    const { loaded, options } = await loadedProject('');
    expect(await getState(loaded, stateId, options)).toEqual({});
    await setState(loaded, stateId, { singer_state: { id: 1 } }, options);
    await editState(loaded, stateId, ({ singer_state }) => ({ singer_state: { ...singer_state, more: 2 } }), options);
    expect(await getState(loaded, stateId, options)).toEqual({ singer_state: { id: 1, more: 2 } });
    expect(await listStates(loaded, options)).toMatchObject([{ stateId }]);
    const copied = await transferStates(loaded, `file://${project.path('states')}`, options);
    expect(copied).toMatchObject({ copied: [stateId], differing: [] });
  });

  it('retry what a run has left', async () => {
    const { loaded, options } = await loadedProject(
      `[ -e again ] || { touch again; exit 3; }\n${messages(schema, state(1))}`,
    );
    const first = await run(loaded, ['tap-x', 'target-x'], options);
    expect(first.status).toBe('failed');
    const second = await retry(loaded, { runId: first.runId }, options);
    expect([second.status, second.blocks.length]).toEqual(['success', 1]);
    await expect(retry(loaded, undefined, options)).rejects.toMatchObject({ code: 'RETRY_NOTHING_LEFT' });
  });

  it('backfill a range of time', async () => {
    const { loaded, options } = await loadedProject(messages(schema, state(1)));
    const listed = await backfill(loaded, ['tap-x', 'target-x'], { ...options, ...windows, dryRun: true });
    expect(listed.windows).toHaveLength(2);
    const loadedWindows = await backfill(loaded, ['tap-x', 'target-x'], { ...options, ...windows });
    expect([loadedWindows.run?.status, loadedWindows.done]).toEqual(['success', 0]);
    const again = await backfill(loaded, ['tap-x', 'target-x'], { ...options, ...windows, advanceState: true });
    expect(again).toMatchObject({ run: undefined, windows: [], done: 2, advanced: { stateId } });
  });

  it('tell the status of pipelines', async () => {
    const { loaded, options } = await loadedProject('');
    expect(await pipelineStatus(loaded, options)).toEqual([]);
  });
});
