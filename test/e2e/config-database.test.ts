import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { folderWith, tapline } from './program.js';

const yaml = `plugins:
  utilities:
  - name: box
    namespace: box
    executable: ./box.sh
    settings:
    - {name: text}
    - {name: number, kind: integer}
    - {name: map, kind: object}
    - {name: secret, sensitive: true}
`;
const readOnly = { env: { MELTANO_PROJECT_READONLY: 'true' } };
const project = () => folderWith({ 'meltano.yml': yaml });
const values = async (folder: string) =>
  JSON.parse((await tapline(folder, ['config', '--unsafe', 'print', 'box'])).stdout) as unknown;

describe('settings in the system database', () => {
  it('are set, unset and reset there with --store=db', async () => {
    const folder = await project();
    const set = (...words: string[]) => tapline(folder, ['config', 'set', '--store=db', 'box', ...words]);
    expect((await set('text', 'é "x"')).code).toBe(0);
    await set('number', '70000');
    await set('map', '{"a": [1, 2.5, null, {"b": true}]}');
    const all = { text: 'é "x"', number: 70000, map: { a: [1, 2.5, null, { b: true }] }, secret: null };
    expect(await values(folder)).toEqual(all);
    expect((await tapline(folder, ['config', 'unset', '--store=db', 'box', 'number'])).code).toBe(0);
    expect(await values(folder)).toEqual({ ...all, number: null });
    expect((await tapline(folder, ['config', 'reset', '--yes', 'box'])).code).toBe(0);
    expect(await values(folder)).toEqual({ text: null, number: null, map: null, secret: null });
    expect(await readFile(join(folder, 'meltano.yml'), 'utf8')).toBe(yaml);
  });

  it('are where a read-only project keeps what is set', async () => {
    const folder = await project();
    expect((await tapline(folder, ['config', 'set', 'box', 'secret', 'x'], readOnly)).code).toBe(0);
    expect(await values(folder)).toMatchObject({ secret: 'x' });
    const named = await tapline(folder, ['config', 'set', '--store=meltano_yml', 'box', 'text', 'x'], readOnly);
    expect(named).toMatchObject({ code: 1, stderr: expect.stringContaining('[PROJECT_READONLY]') });
    expect((await tapline(folder, ['config', 'unset', 'box', 'secret'], readOnly)).code).toBe(0);
    expect(await values(folder)).toMatchObject({ secret: null });
  });
});
