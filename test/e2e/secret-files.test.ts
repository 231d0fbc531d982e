/** `<VARIABLE>_FILE`, as secrets of Docker and Kubernetes are mounted. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tapline } from './program.js';
import { singerProject } from './singer-project.js';

async function project(secret: string): Promise<{ folder: string; env: NodeJS.ProcessEnv; file: string }> {
  const folder = await singerProject();
  const file = join(folder, 'secret');
  await writeFile(file, secret);
  return { folder, file, env: { TAP_X_TOKEN_FILE: file } };
}

const printed = async (folder: string, env: NodeJS.ProcessEnv) =>
  JSON.parse((await tapline(folder, ['config', '--unsafe', 'print', 'tap-x'], { env })).stdout) as { token?: string };

describe('a secret in a file', () => {
  it.each([
    ['s3cret-value\n', 's3cret-value'],
    ['s3cret-value\r\n', 's3cret-value'],
    [' two\nlines \n\n', ' two\nlines \n'],
    ['$NOT_EXPANDED', '$NOT_EXPANDED'],
  ])('is taken from %j without its line end', async (text, value) => {
    const { folder, env } = await project(text);
    expect((await printed(folder, env)).token).toBe(value);
  });

  it('is said to come from there, and is hidden', async () => {
    const { folder, env, file } = await project('s3cret-value\n');
    const { stdout } = await tapline(folder, ['config', 'list', 'tap-x'], { env });
    expect(stdout).toContain(`from the file ${file} of the TAP_X_TOKEN_FILE variable`);
    expect(stdout).not.toContain('s3cret-value');
    const run = await tapline(folder, ['run', 'tap-x', 'target-y'], { env });
    expect([run.code, run.stderr]).toEqual([0, expect.not.stringContaining('s3cret-value')]);
    expect(run.stderr).toContain('token ');
  });

  it('loses against the variable itself, wins over meltano.yml, and may be named in .env', async () => {
    const { folder, env, file } = await project('from-file');
    expect((await printed(folder, { ...env, TAP_X_TOKEN: 'plain' })).token).toBe('plain');
    await writeFile(join(folder, '.env'), `TAP_X_TOKEN_FILE=${file}\n`);
    expect((await printed(folder, {})).token).toBe('from-file');
    await writeFile(join(folder, '.env'), 'TAP_X_TOKEN_FILE=secret\n');
    expect((await printed(folder, {})).token).toBe('from-file');
  });

  it('is for sensitive settings only', async () => {
    const { folder, file } = await project('5');
    expect(await printed(folder, { TAP_X_WAIT_FILE: file })).not.toHaveProperty('wait');
  });

  it('that can not be read is named, with its variable', async () => {
    const { folder, env, file } = await project('x');
    await rm(file);
    const missing = await tapline(folder, ['run', 'tap-x', 'target-y'], { env });
    expect([missing.code, missing.stderr]).toEqual([1, expect.stringContaining('SETTING_FILE')]);
    expect(missing.stderr).toContain('TAP_X_TOKEN_FILE');
    await mkdir(file);
    expect((await tapline(folder, ['config', 'print', 'tap-x'], { env })).stderr).toContain('EISDIR');
  });

  it('holds the address of the system database, too', async () => {
    const { folder, file } = await project('');
    await writeFile(file, `sqlite:///${folder}/elsewhere.db\n`);
    const env = { MELTANO_DATABASE_URI_FILE: file };
    expect((await tapline(folder, ['run', 'tap-x', 'target-y'], { env })).code).toBe(0);
    expect((await tapline(folder, ['state', 'list'], { env })).stdout).toBe('dev:tap-x-to-target-y\n');
    expect((await tapline(folder, ['state', 'list'])).stdout).toBe('');
  });
});
