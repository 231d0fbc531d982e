/** The program with its system database on PostgreSQL, in a schema of its own. */
import { readdir, readFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ScriptedProject, stateId } from '../../faults/scripted-project.js';
import { hasPostgres, type OwnSchema, ownSchema } from '../postgres.js';

const isThere = await hasPostgres();
const password = 'hunter2/&=';

let schema: OwnSchema;
let project: ScriptedProject;
let uri: string;

beforeEach(async () => {
  if (!isThere) return;
  schema = await ownSchema();
  // The server of the tests asks for none, and takes any.
  uri = Object.assign(new URL(schema.uri), { password: encodeURIComponent(password) }).href;
  project = await ScriptedProject.make({ yaml: { tap: 'settings: [{name: color}]' } });
});
afterEach(async () => {
  if (!isThere) return;
  await Promise.all([schema.drop(), project.remove()]);
});

const tapline = async (...args: string[]) => {
  const ended = await project.tapline(args, { MELTANO_DATABASE_URI: uri, MELTANO_DATABASE_MAX_RETRIES: '0' });
  expect(ended.stderr).not.toContain('hunter2');
  return ended;
};
const ok = async (...args: string[]) => {
  const ended = await tapline(...args);
  expect(ended.code, `${args.join(' ')}\n${ended.stderr}`).toBe(0);
  return ended.stdout;
};

describe.skipIf(!isThere)('the program on PostgreSQL', () => {
  test('runs, keeps states and their past, and the history of runs', async () => {
    await ok('run', 'tap-x', 'target-x');
    expect(JSON.parse(await ok('state', 'get', stateId))).toEqual({ singer_state: { id: 3 } });
    await ok('state', 'set', '--force', stateId, '{"singer_state": {"id": 9}}');
    expect((await ok('state', 'list')).trim()).toBe(stateId);
    const versions = JSON.parse(await ok('state', 'history', '--format=json', stateId));
    expect(JSON.stringify(versions)).toContain('"version":2');
    await ok('state', 'rollback', '--force', stateId);
    expect(JSON.parse(await ok('state', 'get', stateId))).toEqual({ singer_state: { id: 3 } });
    expect(JSON.stringify(JSON.parse(await ok('runs', 'list', '--format=json')))).toContain('"success"');
    await ok('lease', 'list');
    await ok('upgrade', 'database');
    await ok('doctor');
    await ok('clean', '--older-than', '0d', '--dry-run');
    await expect(readFile(project.path('.meltano/meltano.db'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('keeps settings', async () => {
    await ok('config', 'set', '--store=db', 'tap-x', 'color', 'green');
    expect(await ok('config', 'print', 'tap-x')).toContain('green');
    await ok('config', 'unset', '--store=db', 'tap-x', 'color');
    expect(await ok('config', 'print', 'tap-x')).not.toContain('green');
  });

  test('makes no table for those who only look, or would only change what is there', async () => {
    for (const words of [
      ['state', 'list'],
      ['runs', 'list'],
      ['lease', 'list'],
      ['config', 'list', 'tap-x'],
      ['doctor'],
      ['clean'],
      ['schedule', 'list'],
    ]) {
      await ok(...words);
    }
    expect(await schema.sql(`SELECT 1 FROM pg_tables WHERE schemaname = '${schema.name}'`)).toEqual([]);
  });

  test('shows the password of database_uri nowhere: not in logs, errors, history, leases or files', async () => {
    const given = project.tapline(['--log-level=debug', 'run', '--database-uri', uri, 'tap-x', 'target-x']);
    const { code, stderr, stdout } = await given;
    expect(code, stderr).toBe(0);
    expect(stderr + stdout).not.toContain('hunter2');
    for (const table of ['tapline_runs', 'tapline_blocks', 'tapline_leases', 'tapline_processes', 'runs', 'state']) {
      expect(JSON.stringify(await schema.sql(`SELECT * FROM ${table}`))).not.toContain('hunter2');
    }
    expect((await schema.sql('SELECT command FROM tapline_leases')).flat()[0]).toContain(':*****@');
    const files = await readdir(project.path('.meltano'), { recursive: true, withFileTypes: true });
    for (const file of files.filter((entry) => entry.isFile())) {
      expect(await readFile(`${file.parentPath}/${file.name}`, 'utf8')).not.toContain('hunter2');
    }
    const wrong = new URL(uri);
    wrong.port = '1';
    const failed = await project.tapline(['state', 'list', '--database-uri', wrong.href], {
      MELTANO_DATABASE_MAX_RETRIES: '0',
    });
    expect(failed.code).toBe(1);
    expect(failed.stderr).toContain('[DATABASE_UNREACHABLE]');
    expect(failed.stderr).not.toContain('hunter2');
  });
});
