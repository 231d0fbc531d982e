/** Two projects that share a store, and mean different things by one state ID. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Ended, tapline } from './program.js';
import { singerProject } from './singer-project.js';

const stateId = 'dev:tap-x-to-target-y';
const newState = '{"singer_state": {"by": "hand"}}';
let ours: string;
let theirs: string;

async function projectWithId(projectId: string): Promise<string> {
  const folder = await singerProject();
  const file = join(folder, 'meltano.yml');
  await writeFile(file, `project_id: ${projectId}\n${await readFile(file, 'utf8')}`);
  return folder;
}

beforeEach(async () => {
  [ours, theirs] = await Promise.all([projectWithId('project-ours'), projectWithId('project-theirs')]);
});
afterEach(() => Promise.all([ours, theirs].map((folder) => rm(folder, { recursive: true }))));

describe.each([
  ['a folder', () => ({ MELTANO_STATE_BACKEND_URI: `file://${ours}/states` })],
  ['a database', () => ({ MELTANO_DATABASE_URI: `sqlite:///${ours}/shared.db` })],
])('in %s', (_where, store) => {
  // A limit on the tap is common to both: places are no states.
  const call = (folder: string, ...args: string[]) =>
    tapline(folder, args, { env: { ...store(), TAP_X__CONCURRENCY: '1' } });
  const run = (folder: string, ...options: string[]) => call(folder, 'run', ...options, 'tap-x', 'target-y');
  const expectRefused = ({ code, stderr }: Ended) => {
    expect(code).toBe(1);
    for (const part of ['[STATE_OF_OTHER_PROJECT]', 'project-ours', 'project-theirs']) expect(stderr).toContain(part);
  };

  it('the second project is refused, by force it takes the state, and then the first one is refused', async () => {
    expect(await run(ours)).toMatchObject({ code: 0 });
    expectRefused(await run(theirs));
    expect(await run(ours)).toMatchObject({ code: 0 });
    expect(await run(theirs, '--force')).toMatchObject({ code: 0 });
    expect(await run(theirs)).toMatchObject({ code: 0 });
    expectRefused(await run(ours));
  });

  it('its state is not edited from the other one, unless that does not ask', async () => {
    expect(await run(ours)).toMatchObject({ code: 0 });
    expectRefused(await call(theirs, 'state', 'merge', stateId, newState));
    expect(await call(theirs, 'state', 'set', '--force', stateId, newState)).toMatchObject({ code: 0 });
    expect(JSON.parse((await call(ours, 'state', 'get', stateId)).stdout)).toEqual(JSON.parse(newState));
    expect(await call(theirs, 'state', 'copy', '--force', stateId, 'another')).toMatchObject({ code: 0 });
    expect(await call(ours, 'state', 'copy', '--force', stateId, 'another')).toMatchObject({ code: 0 });
    expect(await run(ours)).toMatchObject({ code: 0 });
  });
});

it('a state that is not valid JSON is cured by a full refresh', async () => {
  const env = { MELTANO_STATE_BACKEND_URI: `file://${ours}/states` };
  expect(await tapline(ours, ['run', 'tap-x', 'target-y'], { env })).toMatchObject({ code: 0 });
  await writeFile(join(ours, 'states', stateId, 'state.json'), '{"completed": {"singer_st');
  const refused = await tapline(ours, ['run', 'tap-x', 'target-y'], { env });
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('[STATE_UNREADABLE]') });
  const cured = await tapline(ours, ['run', '--full-refresh', 'tap-x', 'target-y'], { env });
  expect(cured.code, cured.stderr).toBe(0);
  expect(cured.stderr).toContain('The full refresh replaces it.');
  expect(await tapline(ours, ['run', 'tap-x', 'target-y'], { env })).toMatchObject({ code: 0 });
});
