import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeEach, expect, it } from 'vitest';
import { editFiles } from '../../../src/project/edit/project-files.js';

let root: string;
let file: string;
const project = () => ({ sysDir: join(root, '.meltano'), readonly: false });

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'tapline-edit-'));
  file = join(root, 'meltano.yml');
  await writeFile(file, 'a: 1\n');
});

it('loses none of many edits at once', async () => {
  await Promise.all(
    Array.from({ length: 20 }, (_, i) => editFiles(project(), [{ file, edit: (text) => `${text}k${i}: ${i}\n` }])),
  );
  const lines = (await readFile(file, 'utf8')).trim().split('\n');
  expect(lines.length).toBe(21);
  expect(new Set(lines).size).toBe(21);
});

it('changes no file when one of the edits throws', async () => {
  const other = join(root, 'other.yml');
  await expect(
    editFiles(project(), [
      { file: other, edit: () => 'new' },
      {
        file,
        edit: () => {
          throw new Error('no');
        },
      },
    ]),
  ).rejects.toThrow('no');
  expect(await readdir(root)).not.toContain('other.yml');
  expect(await readFile(file, 'utf8')).toBe('a: 1\n');
});

it('keeps the mode, gives a new file the asked one, writes through a link', async () => {
  await chmod(file, 0o640);
  const link = join(root, 'link.yml');
  await symlink(file, link);
  const secret = join(root, '.env');
  const changed = await editFiles(project(), [
    { file: link, edit: () => 'a: 2\n' },
    { file: secret, edit: (text) => `${text}X='1'\n`, mode: 0o600 },
  ]);
  expect(changed).toEqual([link, secret]);
  expect((await stat(file)).mode & 0o777).toBe(0o640);
  expect(await readFile(file, 'utf8')).toBe('a: 2\n');
  expect((await stat(secret)).mode & 0o777).toBe(0o600);
});

it('leaves a file alone that the edit does not change', async () => {
  const before = await stat(file);
  expect(await editFiles(project(), [{ file, edit: (text) => text }])).toEqual([]);
  expect((await stat(file)).ino).toBe(before.ino);
});

it('says that a project is read-only', async () => {
  await expect(editFiles({ ...project(), readonly: true }, [])).rejects.toMatchObject({ code: 'PROJECT_READONLY' });
});

it('is not held up by a holder that was killed', async () => {
  const lock = join(root, '.meltano', 'run', 'tapline-edit.lock');
  await editFiles(project(), []);
  const holder = `const D = require('better-sqlite3'); const d = new D(${JSON.stringify(lock)}); d.exec('BEGIN EXCLUSIVE'); process.kill(process.pid, 'SIGKILL')`;
  await expect(promisify(execFile)(process.execPath, ['-e', holder], { cwd: process.cwd() })).rejects.toMatchObject({
    signal: 'SIGKILL',
  });
  expect(await editFiles(project(), [{ file, edit: () => 'b: 1\n' }])).toEqual([file]);
});
