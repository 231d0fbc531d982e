/** States kept in files, by the built program: broken, not to be read or written, something else. */
import { execFileSync } from 'node:child_process';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { asOrdinaryUser, canBeOrdinaryUser } from './ordinary-user.js';
import { stateId as id, messages, record, ScriptedProject, schema, state } from './scripted-project.js';

let project: ScriptedProject;
beforeEach(async () => {
  project = await ScriptedProject.make({ tap: messages(schema, record(1), state(1)) });
});
afterEach(() => project.remove());

const env = () => ({ MELTANO_STATE_BACKEND_URI: `file://${project.path('states')}` });

async function fails(code: RegExp): Promise<void> {
  for (const args of [
    ['run', 'tap-x', 'target-x'],
    ['state', 'get', id],
  ]) {
    const { code: exit, stderr } = await project.tapline(args, env());
    expect(exit, `${args}: ${stderr}`).toBe(1);
    expect(stderr).toMatch(code);
    expect(stderr).toContain(project.path('states'));
    expect(stderr).not.toMatch(/This is a bug|^\s+at .*\.js:\d+/m);
  }
  expect(await project.rows()).toEqual([]);
}

describe('a folder of states', () => {
  it.each(['{"completed": ', 'SQLite format 3\0', '[]', '{"completed": 5}'])(
    'with a state that is %j',
    async (text) => {
      await mkdir(project.path('states', id), { recursive: true });
      await writeFile(project.path('states', id, 'state.json'), text);
      await fails(/\[STATE_UNREADABLE\]/);
      expect(await readFile(project.path('states', id, 'state.json'), 'utf8')).toBe(text);
    },
  );

  it('that is a file, or whose state is a folder', async () => {
    await writeFile(project.path('states'), 'a file');
    await fails(/\[STATE_\w+\]/);
    await project.remove();
    project = await ScriptedProject.make({ tap: messages(schema, record(1), state(1)) });
    await mkdir(project.path('states', id, 'state.json'), { recursive: true });
    await fails(/\[STATE_\w+\]/);
  });

  it.skipIf(!canBeOrdinaryUser)('that this user may not write: nothing starts, what is there stays', async () => {
    expect(await project.run([], env())).toMatchObject({ code: 0 });
    const before = await readFile(project.path('states', id, 'state.json'), 'utf8');
    execFileSync('chmod', ['-R', 'a+rwX', project.folder]);
    execFileSync('chmod', ['-R', 'a-w', project.path('states')]);
    await writeFile(project.path('out.jsonl'), '');
    await chmod(project.path('out.jsonl'), 0o666);
    const settings = `state_backend: {uri: 'file://${project.path('states')}'}\n`;
    await writeFile(project.path('meltano.yml'), (await readFile(project.path('meltano.yml'), 'utf8')) + settings);
    const { code, stderr } = await asOrdinaryUser(project.folder, ['run', 'tap-x', 'target-x']);
    expect(code, stderr).toBe(1);
    expect(stderr).toMatch(/\[STATE_\w+\]/);
    expect(stderr).not.toContain('This is a bug');
    expect(await project.rows()).toEqual([]);
    expect(await readFile(project.path('states', id, 'state.json'), 'utf8')).toBe(before);
    // What only looks still can.
    expect((await asOrdinaryUser(project.folder, ['state', 'get', id])).stdout).toContain('"id":1');
  });
});
