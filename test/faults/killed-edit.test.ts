import { spawn } from 'node:child_process';
import { watch } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { cleanEnvironment, cli, folderWith, tapline } from '../e2e/program.js';

const before = `# of the data team
plugins:
  extractors:
  - name: tap-x
    namespace: tap_x
    executable: ./tap.sh
    config:
      rows: 1   # few
`;
const after = before.replace('rows: 1', 'rows: 2');

/** Kills the editor with -9 at the first or second thing that happens in the project's folder while it edits. */
async function killedAt(event: number): Promise<string> {
  const folder = await folderWith({ 'meltano.yml': before });
  await tapline(folder, ['config', 'print', 'tap-x']);
  const editor = spawn(process.execPath, [cli, 'config', 'set', 'tap-x', 'rows', '2'], {
    cwd: folder,
    env: cleanEnvironment(join(folder, 'home')),
    stdio: 'ignore',
  });
  let seen = 0;
  const watcher = watch(folder, (_kind, name) => {
    if (!String(name).startsWith('meltano.yml')) return;
    seen += 1;
    if (seen === event) editor.kill('SIGKILL');
  });
  await new Promise((resolve) => editor.once('close', resolve));
  watcher.close();
  return folder;
}

it.each([1, 2, 3, 4])('an edit that is killed leaves the old file or the new one (event %i)', async (event) => {
  const folder = await killedAt(event);
  expect([before, after]).toContain(await readFile(join(folder, 'meltano.yml'), 'utf8'));
  // The next edit goes on at once, and nothing of the killed one stays.
  const { code } = await tapline(folder, ['config', 'set', 'tap-x', 'rows', '2']);
  expect(code).toBe(0);
  expect(await readFile(join(folder, 'meltano.yml'), 'utf8')).toBe(after);
  expect((await readdir(folder)).filter((name) => name.startsWith('meltano.yml'))).toEqual(['meltano.yml']);
});

it('edits at once lose none', async () => {
  const folder = await folderWith({ 'meltano.yml': before });
  const names = Array.from({ length: 8 }, (_, index) => `k${index}`);
  await Promise.all(names.map((name) => tapline(folder, ['config', 'set', 'tap-x', name, 'v'])));
  const text = await readFile(join(folder, 'meltano.yml'), 'utf8');
  for (const name of names) expect(text).toContain(`      ${name}: v\n`);
  expect(text).toContain('rows: 1   # few');
});
