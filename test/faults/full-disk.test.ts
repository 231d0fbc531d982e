/** No room, at the worst moments: nothing that was there is lost, and the program says so. Needs the right to mount. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { messages, record, ScriptedProject, type Started, schema, state, stateId } from './scripted-project.js';
import { canMount, SmallDisk } from './small-disk.js';

/** Waits at the gate between a small state and one that needs room. */
const tap = `${messages(schema, record(1), state(1))}
read line < gate
${messages(record(2))}
printf '{"type":"STATE","value":{"id":2,"pad":"'; head -c 300000 /dev/zero | tr '\\0' a; echo '"}}'`;

let disk: SmallDisk;
let project: ScriptedProject;
let running: Started | undefined;

beforeEach(async () => {
  disk = (await SmallDisk.mount()) as SmallDisk;
  project = await ScriptedProject.make({ tap });
  execFileSync('mkfifo', [project.path('gate')]);
});
afterEach(async () => {
  running?.kill('SIGKILL');
  await running?.ended;
  running = undefined;
  await disk.unmount();
  await project.remove();
});

const stores: [what: string, env: () => NodeJS.ProcessEnv][] = [
  ['the system database', () => ({ MELTANO_DATABASE_URI: `sqlite:///${disk.path}/meltano.db` })],
  ['the filesystem state backend', () => ({ MELTANO_STATE_BACKEND_URI: `file://${disk.path}/state` })],
];
const openGate = () => writeFile(project.path('gate'), 'go\n');
const saved = async (env: NodeJS.ProcessEnv) => {
  const { stdout } = await project.tapline(['state', 'get', stateId], env);
  return (JSON.parse(stdout) as { singer_state?: { id: number } }).singer_state?.id;
};

describe.skipIf(!(await canMount()))('a full disk', () => {
  describe.each(stores)('below %s', (_, envOf) => {
    /** A run whose first state is saved, on a disk that is full then, and whose second one finds no room. */
    async function runIntoFullDisk(env: NodeJS.ProcessEnv): Promise<Started> {
      running = project.start(undefined, env);
      await running.said(/Incremental state has been updated/);
      await disk.fill();
      await openGate();
      await running.said(/can't be saved now/);
      return running;
    }

    it('is waited out: the run ends well when there is room again', async () => {
      const env = envOf();
      const run = await runIntoFullDisk(env);
      expect(await saved(env)).toBe(1);
      await disk.free();
      expect(await run.ended, run.stderr).toMatchObject({ code: 0 });
      expect(await saved(env)).toBe(2);
    });

    it('that stays full: the state before stands, the new one is in a file, and can be brought in', async () => {
      const env = envOf();
      const run = await runIntoFullDisk(env);
      run.kill('SIGTERM');
      await run.said(/Stopping: /);
      run.kill('SIGTERM');
      expect(await run.ended, run.stderr).toMatchObject({ code: 143 });
      expect(run.stderr).toContain('[STATE_NOT_SAVED]');
      const [, cure = ''] = /`tapline (state set .* --input-file .*)`/.exec(run.stderr) ?? [];
      const words = cure.split(' ');
      expect(JSON.parse(await readFile(words.at(-1) ?? '', 'utf8'))).toMatchObject({ singer_state: { id: 2 } });
      expect(await saved(env)).toBe(1);
      await disk.free();
      expect(await project.tapline([...words, '--force'], env)).toMatchObject({ code: 0 });
      expect(await saved(env)).toBe(2);
      expect(await project.leftovers()).toEqual([]);
    });

    it('from the start: nothing runs, and what was there is there', async () => {
      const env = envOf();
      await project.write({ tap: messages(schema, record(1), state(1)) });
      expect(await project.run([], env)).toMatchObject({ code: 0 });
      await disk.fill();
      const { code, stderr } = await project.run([], env);
      // SQLite may still find room in a file that it has; then all of it is well.
      if (code !== 0) expect(stderr).toMatch(/\[(DISK_FULL|DATABASE_READONLY|DATABASE_OPEN|STATE_NOT_SAVED)\]/);
      expect(stderr).not.toContain('This is a bug');
      await disk.free();
      expect(await saved(env)).toBe(1);
    });
  });

  it('below the run directory and all: one clear error', async () => {
    await mkdir(project.path('.meltano'));
    await symlink(disk.path, project.path('.meltano', 'run'));
    await disk.fill();
    const { code, stderr } = await project.run();
    expect(code).toBe(1);
    expect(stderr).toContain('[DISK_FULL]');
    expect(stderr).not.toContain('This is a bug');
    await disk.free();
    await project.write({ tap: messages(schema, record(1), state(1)) });
    expect(await project.run()).toMatchObject({ code: 0 });
  });

  it('below the log files costs the log files only', async () => {
    await project.write({ tap: messages(schema, record(1), state(1)) });
    await disk.fill();
    const { code, stderr } = await project.run([], { HOME: disk.path, XDG_STATE_HOME: disk.path });
    expect(code, stderr).toBe(0);
    expect(await saved({})).toBe(1);
  });

  it.each([
    ['.env', ['config', 'set', 'tap-x', 'token', 'x'.repeat(5000)], 'OTHER=1\n'],
    ['meltano.yml', ['config', 'set', 'tap-x', 'region', 'x'.repeat(5000)], undefined],
    ['meltano.yml', ['job', 'add', 'nightly', '--tasks', `tap-x target-x ${'tap-x target-x '.repeat(500)}`], undefined],
  ] as const)('below an edit of %s: the file stays as it was', async (name, args, text) => {
    const tapSettings = 'settings: [{name: token, sensitive: true}, {name: region}]';
    await project.remove();
    project = await ScriptedProject.make({ yaml: { tap: tapSettings } });
    if (text !== undefined) await writeFile(project.path(name), text);
    const place = join(disk.path, 'project');
    await cp(project.folder, place, { recursive: true });
    const there = new ScriptedProject(place);
    await mkdir(join(place, '.meltano', 'run'), { recursive: true });
    const before = await readFile(join(place, name), 'utf8');
    await disk.fill();
    const { code, stderr } = await there.tapline([...args], { HOME: project.folder });
    expect(code, stderr).toBe(1);
    expect(stderr).toContain('[DISK_FULL]');
    expect(await readFile(join(place, name), 'utf8')).toBe(before);
    await disk.free();
    expect(await there.tapline([...args], { HOME: project.folder })).toMatchObject({ code: 0 });
    expect(await readFile(join(place, name), 'utf8')).not.toBe(before);
    expect(existsSync(join(place, `${name}.tmp`))).toBe(false);
  });
});
