/** The system database is locked, broken, newer, elsewhere: the program says so, and nothing that it holds is lost. */
import { execFileSync } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import Sqlite from 'better-sqlite3';
import { afterEach, describe, expect, it } from 'vitest';
import { loadAnd, messages, record, ScriptedProject, type Started, schema, state } from './scripted-project.js';

let project: ScriptedProject;
let running: Started | undefined;
afterEach(async () => {
  running?.kill('SIGKILL');
  await running?.ended;
  running = undefined;
  await project.remove();
});

const file = () => project.path('.meltano', 'meltano.db');

/** Run once, so that there is a state. */
async function usedProject(): Promise<void> {
  project = await ScriptedProject.make({ tap: messages(schema, record(1), state(1)) });
  expect(await project.run()).toMatchObject({ code: 0 });
}

const commands = [
  ['run', 'tap-x', 'target-x'],
  ['state', 'list'],
  ['state', 'set', '--force', 'dev:x', '{"singer_state": {"a": 1}}'],
  ['runs', 'list'],
  ['lease', 'list'],
];

async function allSay(code: string): Promise<void> {
  const answers = await Promise.all(commands.map((args) => project.tapline(args)));
  for (const [index, { code: exit, stderr }] of answers.entries()) {
    expect(exit, `${commands[index]?.join(' ')}: ${stderr}`).toBe(1);
    expect(stderr).toContain(`[${code}]`);
    expect(stderr).toContain('meltano.db');
    expect(stderr).not.toMatch(/This is a bug|^\s+at .*\.js:\d+/m);
  }
}

describe('a system database that is', () => {
  it('something else', async () => {
    await usedProject();
    const text = 'version: 1\nplugins: {}\n'.repeat(300);
    await rm(file());
    await writeFile(file(), text);
    await allSay('DATABASE_BROKEN');
    expect(await readFile(file(), 'utf8')).toBe(text);
  });

  it('damaged', async () => {
    await usedProject();
    const bytes = await readFile(file());
    bytes.fill(0xff, 100);
    await writeFile(file(), bytes);
    await allSay('DATABASE_BROKEN');
    expect((await readFile(file())).equals(bytes)).toBe(true);
  });

  it('a folder', async () => {
    await usedProject();
    await rm(file());
    await mkdir(file());
    await allSay('DATABASE_OPEN');
  });

  it('of a newer version', async () => {
    await usedProject();
    const database = new Sqlite(file());
    database.exec("INSERT INTO tapline_migrations VALUES (999, 'future', '2030-01-01T00:00:00.000Z')");
    database.pragma('user_version = 741000999');
    database.close();
    await allSay('DATABASE_NEWER');
  });

  it('of an unknown kind', async () => {
    project = await ScriptedProject.make();
    const env = { MELTANO_DATABASE_URI: 'oracle://somewhere/db' };
    for (const args of [
      ['run', 'tap-x', 'target-x'],
      ['state', 'list'],
    ]) {
      const { code, stderr } = await project.tapline(args, env);
      expect(code).toBe(1);
      expect(stderr).toContain('[DATABASE_URI]');
    }
  });

  it('empty, as after a crash when it was made: it is made anew', async () => {
    await usedProject();
    await writeFile(file(), '');
    expect(await project.run()).toMatchObject({ code: 0 });
    expect(await project.state()).toEqual({ singer_state: { id: 1 } });
  });

  it('locked while a state is to be saved: it is saved when the lock is gone', async () => {
    await usedProject();
    const tap = `${messages(schema, record(2))}; read x < gate; ${messages(state(2))}`;
    await project.write({ tap, target: loadAnd('echo printed >&2') });
    execFileSync('mkfifo', [project.path('gate')]);
    await rm(project.path('out.jsonl'));
    running = project.start();
    const holder = new Sqlite(file());
    // Its start is over then, which would wait for the lock.
    await project.appears('out.jsonl');
    await expect.poll(() => lock(holder), { timeout: 20_000 }).toBe(true);
    await writeFile(project.path('gate'), 'go\n');
    await running.said(/printed/);
    holder.exec('ROLLBACK');
    holder.close();
    expect(await running.ended, running.stderr).toMatchObject({ code: 0 });
    expect(await project.state()).toEqual({ singer_state: { id: 2 } });
  });
});

function lock(database: Sqlite.Database): boolean {
  try {
    database.exec('BEGIN IMMEDIATE');
    return true;
  } catch {
    return false;
  }
}

describe('a stored state that is not valid JSON', () => {
  it('is an error before anything starts, and can be cleared', async () => {
    await usedProject();
    const database = new Sqlite(file());
    database.prepare('UPDATE state SET completed_state = \'{"singer_state": \'').run();
    database.close();
    await rm(project.path('out.jsonl'));
    const { code, stderr } = await project.run();
    expect(code, stderr).toBe(1);
    expect(stderr).toContain('[STATE_UNREADABLE]');
    expect(await project.rows()).toEqual([]);
    expect(await project.tapline(['state', 'clear', '--force', 'dev:tap-x-to-target-x'])).toMatchObject({ code: 0 });
    expect(await project.run()).toMatchObject({ code: 0 });
    expect(await project.state()).toEqual({ singer_state: { id: 1 } });
  });
});
