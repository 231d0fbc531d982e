import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadProject } from '../../src/project/load.js';
import { errorOf, makeFolder } from './project-folder.js';

const yml = 'plugins: {}\n';

describe('the project root', () => {
  it('is found from any folder below it', async () => {
    const root = makeFolder({ 'meltano.yml': yml, 'a/b/c/x': '' });
    const project = await loadProject({ cwd: join(root, 'a/b/c'), env: {} });
    expect(project).toMatchObject({ root, file: join(root, 'meltano.yml'), sysDir: join(root, '.meltano') });
  });

  it('is the nearest one', async () => {
    const root = makeFolder({ 'meltano.yml': yml, 'inner/meltano.yml': yml, 'inner/deep/x': '' });
    expect((await loadProject({ cwd: join(root, 'inner/deep'), env: {} })).root).toBe(join(root, 'inner'));
  });

  it('is MELTANO_PROJECT_ROOT, wherever the command is called', async () => {
    const root = makeFolder({ 'meltano.yml': yml, 'inner/meltano.yml': yml });
    const project = await loadProject({ cwd: root, env: { MELTANO_PROJECT_ROOT: join(root, 'inner') } });
    expect(project.root).toBe(join(root, 'inner'));
  });

  it('has its links resolved', async () => {
    const root = makeFolder({ 'real/meltano.yml': yml });
    symlinkSync('real', join(root, 'link'));
    expect((await loadProject({ cwd: join(root, 'link'), env: {} })).root).toBe(join(root, 'real'));
  });

  it('keeps its system directory where MELTANO_SYS_DIR_ROOT says', async () => {
    const root = makeFolder({ 'meltano.yml': yml });
    const sysDir = join(makeFolder(), 'sys');
    expect((await loadProject({ cwd: root, env: { MELTANO_SYS_DIR_ROOT: sysDir } })).sysDir).toBe(sysDir);
  });

  it('that is not there is PROJECT_NOT_FOUND, exit 2, and says where it was looked for', async () => {
    const folder = makeFolder();
    const error = await errorOf(loadProject({ cwd: folder, env: {} }));
    expect(error).toMatchObject({ code: 'PROJECT_NOT_FOUND', exitCode: 2 });
    expect(error.message).toContain(folder);
    expect(error.hint).toContain('--cwd');
  });

  it('named by MELTANO_PROJECT_ROOT must be one', async () => {
    const root = makeFolder({ 'meltano.yml': yml, 'sub/x': '' });
    const error = await errorOf(loadProject({ cwd: root, env: { MELTANO_PROJECT_ROOT: join(root, 'sub') } }));
    expect(error.code).toBe('PROJECT_NOT_FOUND');
    expect(error.message).toContain('MELTANO_PROJECT_ROOT');
  });

  it('is not looked for above a meltano.yml that is a folder or a link to nowhere', async () => {
    const root = makeFolder({ 'meltano.yml': yml, 'a/x': '', 'b/x': '' });
    mkdirSync(join(root, 'a/meltano.yml'));
    symlinkSync('gone.yml', join(root, 'b/meltano.yml'));
    const folder = await errorOf(loadProject({ cwd: join(root, 'a'), env: {} }));
    const link = await errorOf(loadProject({ cwd: join(root, 'b'), env: {} }));
    expect([folder.code, link.code]).toStrictEqual(['PROJECT_UNREADABLE', 'PROJECT_UNREADABLE']);
    expect(folder.message).toContain('is a folder');
  });

  it('can be searched from a folder that is gone', async () => {
    const root = makeFolder({ 'sub/x': '' });
    const before = process.cwd();
    process.chdir(join(root, 'sub'));
    try {
      rmSync(join(root, 'sub'), { recursive: true });
      expect((await errorOf(loadProject({ env: {} }))).code).toBe('PROJECT_NOT_FOUND');
    } finally {
      process.chdir(before);
    }
  });
});
