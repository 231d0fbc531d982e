/** The launcher named `meltano`, and what shells are told to complete. */
import { execFile } from 'node:child_process';
import { readFile, symlink, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { cleanEnvironment, cli, folderWith, tapline } from './program.js';
import { singerProject } from './singer-project.js';

const call = promisify(execFile);

describe('the shim', () => {
  it('answers as meltano, and runs all else', async () => {
    const folder = await singerProject();
    const made = await tapline(folder, ['shim', "it's here/bin"]);
    const file = join(folder, "it's here", 'bin', 'meltano');
    expect([made.code, made.stdout]).toEqual([0, expect.stringContaining(`Made ${file}`)]);
    const env = cleanEnvironment(join(folder, 'home'));
    for (const args of [['--version'], ['--no-environment', '--version']]) {
      expect((await call(file, args, { env })).stdout).toBe('meltano, version 4.4.1\n');
    }
    const { stdout } = await call(file, ['invoke', 'box', 'say', '--version'], { env, cwd: folder });
    expect(stdout).toBe('say|--version|\n');
    expect((await tapline(folder, ['shim', "it's here/bin"])).code).toBe(0);
  });

  it('leaves another program of that name, but with --force', async () => {
    const folder = await folderWith({ meltano: '#!/bin/sh\necho mine\n' });
    const { code, stderr } = await tapline(folder, ['shim', '.']);
    expect([code, stderr]).toEqual([1, expect.stringContaining('--force')]);
    expect(await readFile(join(folder, 'meltano'), 'utf8')).toContain('mine');
    expect((await tapline(folder, ['shim', '.', '--force'])).code).toBe(0);
    await writeFile(join(folder, 'file'), '');
    expect((await tapline(folder, ['shim', 'file/bin'])).stderr).toContain('OUTPUT_FAILED');
  });

  it('may be a link', async () => {
    const folder = await folderWith({});
    await symlink(cli, join(folder, 'meltano'));
    const { stdout } = await call(process.execPath, [join(folder, 'meltano'), '--version']);
    expect(stdout).toBe('meltano, version 4.4.1\n');
  });
});

describe('completion', () => {
  const complete = async (folder: string, ...words: string[]) =>
    (await tapline(folder, ['complete', '--', ...words])).stdout.split('\n').filter((line) => line !== '');

  it('knows commands, options, and the names of the project', async () => {
    const folder = await singerProject();
    await tapline(folder, ['run', 'tap-x', 'target-y']);
    expect(await complete(folder, 'sch')).toEqual(expect.arrayContaining(['schedule', 'schema']));
    expect(await complete(folder, '')).not.toContain('complete');
    expect(await complete(folder, 'state', 'mo')).toEqual(['move']);
    expect(await complete(folder, 'run', '--full')).toEqual(['--full-refresh']);
    expect(await complete(folder, 'run', 'tap-')).toEqual(['tap-x', 'tap-z']);
    expect(await complete(folder, 'run', 'tap-x', '--jobs', '2', 'bo')).toEqual(['box', 'both']);
    expect(await complete(folder, 'el', 'tap-x', '')).toEqual(['target-y']);
    expect(await complete(folder, 'backfill', '')).toEqual(['list', 'run', 'show', 'tap-x', 'tap-z']);
    expect(await complete(folder, 'backfill', 'tap-x', 'ta')).toEqual(['target-y']);
    expect(await complete(folder, 'backfill', 'tap-x', '--open')).toEqual(['--open-end']);
    expect(await complete(folder, '--environment', '')).toEqual(['dev']);
    expect(await complete(folder, 'job', 'list', '--format', '')).toEqual(['text', 'json']);
    expect(await complete(folder, 'state', 'get', 'dev:')).toEqual(['dev:tap-x-to-target-y']);
    expect(await complete(folder, 'config', 'set', 'b')).toEqual(['box']);
    expect(await complete(folder, 'job', 'remove', '')).toEqual(['both']);
  });

  it('is silent where there is no project, or a broken one', async () => {
    for (const files of [{}, { 'meltano.yml': 'plugins: [' }]) {
      const ended = await tapline(await folderWith(files), ['complete', '--', 'run', '']);
      expect([ended.code, ended.stdout]).toEqual([0, '']);
    }
  });

  it('works in bash, with colons in a word', async () => {
    const folder = await singerProject({ tapline: `#!/bin/sh\nexec '${process.execPath}' '${cli}' "$@"\n` });
    await tapline(folder, ['run', 'tap-x', 'target-y']);
    const { stdout: script } = await tapline(folder, ['completion', 'bash']);
    const answers = `${script}
try() { COMP_LINE="$1"; COMP_POINT=\${#1}; _tapline; printf '%s,' "\${COMPREPLY[@]}"; echo; }
try 'tapline run tap-x tar'
try 'tapline state get dev:tap'
try 'tapline state get '`;
    const env = { ...cleanEnvironment(join(folder, 'home')), PATH: `${folder}${delimiter}${process.env.PATH}` };
    const { stdout } = await call('bash', ['-c', answers], { cwd: folder, env });
    expect(stdout).toBe('target-y,\ntap-x-to-target-y,\ndev:tap-x-to-target-y,\n');
  });

  it('prints a script for each shell it knows', async () => {
    const folder = await folderWith({});
    for (const shell of ['bash', 'zsh', 'fish']) {
      expect((await tapline(folder, ['completion', shell])).stdout).toContain('tapline complete -- ');
    }
    expect((await tapline(folder, ['completion', 'csh'])).code).toBe(2);
  });
});
