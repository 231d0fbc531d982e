/** The library, as a program that imports it sees it. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type BlockOptions, loadProject, type RunEvent, run } from '../src/index.js';
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
