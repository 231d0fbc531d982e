/** The built program in folders that are no good project: one clear error, with its code, and never a stack trace. */
import { execFileSync } from 'node:child_process';
import { chmod, readdir, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type Ended, folderWith } from '../e2e/program.js';
import { asOrdinaryUser, canBeOrdinaryUser } from './ordinary-user.js';
import { projectFile, ScriptedProject } from './scripted-project.js';

let project: ScriptedProject;
afterEach(() => project.remove());

const commands = [
  ['run', 'tap-x', 'target-x'],
  ['config', 'print', 'tap-x'],
  ['job', 'list'],
];

/** All commands say the same; `run` is asked for more than its error by some. */
async function refused(code: string, exit = 1): Promise<Ended> {
  const answers = await Promise.all(commands.map((args) => project.tapline(args)));
  for (const answer of answers) {
    expect({ code: answer.code, stdout: answer.stdout }, answer.stderr).toEqual({ code: exit, stdout: '' });
    expect(answer.stderr).toContain(`[${code}]`);
    expect(answer.stderr).not.toMatch(/^\s+at .*\(.*\.js:\d+|This is a bug/m);
  }
  return answers[0] as Ended;
}

async function folder(files: Record<string, string> = {}): Promise<void> {
  project = new ScriptedProject(await folderWith(files));
}

const wrongFiles: [what: string, text: string, code: string, says: RegExp][] = [
  ['empty', '', 'PROJECT_EMPTY', /meltano\.yml/],
  ['only a comment', '# later\n', 'PROJECT_EMPTY', /meltano\.yml/],
  ['broken YAML', 'plugins:\n  extractors: [\n', 'PROJECT_SYNTAX', /meltano\.yml:\d+:\d+/],
  ['indented by a tab', 'plugins:\n\textractors: []\n', 'PROJECT_SYNTAX', /meltano\.yml:2:1/],
  ['a list', '- a\n- b\n', 'PROJECT_SHAPE', /meltano\.yml:1:1/],
  ['text', 'hello\n', 'PROJECT_SHAPE', /meltano\.yml:1:1/],
  ['plugins as a list', 'plugins: []\n', 'PROJECT_SHAPE', /meltano\.yml:1:1/],
  ['an extractor that is text', 'plugins:\n  extractors: [tap-x]\n', 'PROJECT_SHAPE', /meltano\.yml:2:16/],
  ['a misspelt setting kind', projectFile({ tap: 'settings: [{name: a, kind: strng}]' }), 'PROJECT_SHAPE', /'string'/],
  ['binary', 'SQLite format 3\0\u0001\u0002', 'PROJECT_SHAPE', /meltano\.yml/],
  ['a JSON file cut in half', '{"plugins": {"extractors": [', 'PROJECT_SYNTAX', /meltano\.yml:\d+:\d+/],
];

describe('a meltano.yml that is', () => {
  it.each(wrongFiles)('%s', async (_, text, code, says) => {
    await folder({ 'meltano.yml': text });
    expect((await refused(code)).stderr).toMatch(says);
    expect(await readdir(project.folder)).not.toContain('.meltano');
  });

  it('missing, here and above', async () => {
    await folder({ 'inner/x': '' });
    const { stderr } = await refused('PROJECT_NOT_FOUND', 2);
    expect(stderr).toContain('hint:');
  });

  it('a folder', async () => {
    await folder({ 'meltano.yml/x': '' });
    await refused('PROJECT_UNREADABLE');
  });

  it('a link to nowhere, or to itself', async () => {
    await folder();
    await symlink('nowhere', project.path('meltano.yml'));
    expect((await project.tapline(['job', 'list'])).stderr).toMatch(/\[PROJECT_(UNREADABLE|NOT_FOUND)\]/);
    await project.remove();
    await folder();
    await symlink('meltano.yml', project.path('meltano.yml'));
    expect((await project.tapline(['job', 'list'])).stderr).toMatch(/\[PROJECT_(UNREADABLE|NOT_FOUND)\]/);
  });

  it('a pipe, a device', async () => {
    await folder();
    execFileSync('mkfifo', [project.path('meltano.yml')]);
    await refused('PROJECT_UNREADABLE');
    await project.remove();
    await folder();
    await symlink('/dev/zero', project.path('meltano.yml'));
    await refused('PROJECT_UNREADABLE');
  });

  it('far too long', async () => {
    await folder({ 'meltano.yml': 'plugins: {}\n' });
    await truncate(project.path('meltano.yml'), 3 * 1024 ** 3);
    await refused('PROJECT_UNREADABLE');
  });

  it.skipIf(!canBeOrdinaryUser)('not for this user to read', async () => {
    await folder({ 'meltano.yml': projectFile() });
    await chmod(project.path('meltano.yml'), 0o000);
    await chmod(project.folder, 0o755);
    const { code, stderr } = await asOrdinaryUser(project.folder, ['job', 'list']);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('[PROJECT_UNREADABLE]') });
  });
});

describe('a project with', () => {
  it('an unknown plugin, job, command or environment: what is meant is named', async () => {
    project = await ScriptedProject.make({ yaml: { more: 'jobs: [{name: nightly, tasks: [tap-x target-x]}]' } });
    const cases: [args: string[], code: string, says: string][] = [
      [['run', 'tap-y', 'target-x'], 'BLOCK_UNKNOWN', 'tap-x'],
      [['run', 'nightli'], 'BLOCK_UNKNOWN', 'nightly'],
      [['run', 'tap-x:sync'], 'BLOCK_', 'tap-x'],
      [['run', 'tap-x', 'tap-x'], 'BLOCK_ORDER', ''],
      [['invoke', 'tap-y'], 'PLUGIN_UNKNOWN', 'tap-x'],
      [['config', 'print', 'tap-y'], 'PLUGIN_UNKNOWN', 'tap-x'],
      [['--environment=def', 'run', 'tap-x', 'target-x'], 'ENVIRONMENT_UNKNOWN', 'dev'],
    ];
    for (const [args, code, says] of cases) {
      const answer = await project.tapline(args);
      expect(answer, args.join(' ')).toMatchObject({ code: 1, stdout: '' });
      expect(answer.stderr).toContain(`[${code}`);
      expect(answer.stderr).toContain(says);
    }
    expect(await project.rows()).toEqual([]);
  });

  it('a lock file, an include or a .env that is broken', async () => {
    await folder({ 'meltano.yml': `${projectFile()}include_paths: [parts/*.yml]\n`, 'parts/a.yml': 'plugins: [' });
    expect((await refused('PROJECT_SYNTAX')).stderr).toMatch(/parts\/a\.yml:\d+:\d+/);
    await project.remove();
    const yaml = 'plugins: {extractors: [{name: tap-x, variant: v}], loaders: [{name: target-x, variant: v}]}\n';
    await folder({ 'meltano.yml': yaml, 'plugins/extractors/tap-x--v.lock': '{"name": ' });
    const { stderr } = await project.tapline(['config', 'print', 'tap-x']);
    expect(stderr).toMatch(/tap-x--v\.lock[\s\S]*\[PLUGIN_LOCK_BROKEN\]/);
    await project.remove();
    await folder({ 'meltano.yml': projectFile() });
    await writeFile(project.path('.env'), '');
    await truncate(project.path('.env'), 3 * 1024 ** 3);
    await refused('DOTENV_UNREADABLE');
  });

  it('a value that its kind can not hold', async () => {
    const tap = 'settings: [{name: rows, kind: integer}]\nconfig: {rows: many}';
    project = await ScriptedProject.make({ yaml: { tap } });
    const { code, stderr } = await project.run();
    expect(code).toBe(1);
    expect(stderr).toMatch(/rows[\s\S]*\[SETTING_CAST\]/);
    expect(stderr).not.toContain('This is a bug');
  });
});

describe.skipIf(!canBeOrdinaryUser)('a folder that this user may not write', () => {
  it('is told by what was to be written there', async () => {
    project = await ScriptedProject.make();
    await chmod(project.folder, 0o555);
    const run = await asOrdinaryUser(project.folder, ['run', 'tap-x', 'target-x']);
    expect(run.code).toBe(1);
    expect(run.stderr).toMatch(/\.meltano.*[\s\S]*\[RUN_DIRECTORY\]/);
    expect(run.stderr).not.toMatch(/This is a bug/);
    // What only looks needs no place to write.
    expect(await asOrdinaryUser(project.folder, ['config', 'print', 'tap-x'])).toMatchObject({ code: 0 });
    const set = await asOrdinaryUser(project.folder, ['config', 'set', 'tap-x', 'rows', '5']);
    expect(set.code).toBe(1);
    expect(set.stderr).toMatch(/\[(PROJECT_READONLY|RUN_DIRECTORY)\]/);
    await chmod(project.folder, 0o755);
  });

  it('nor its run folder, its database, its system folder', async () => {
    project = await ScriptedProject.make();
    expect(await project.run()).toMatchObject({ code: 0 });
    await writeFile(project.path('out.jsonl'), '', { mode: 0o666 });
    await chmod(project.path('out.jsonl'), 0o666);
    await chmod(project.folder, 0o755);
    const places: [path: string, mode: number, code: RegExp][] = [
      ['.meltano/run/tapline', 0o555, /\[RUN_DIRECTORY\]/],
      ['.meltano', 0o555, /\[DATABASE_READONLY\]/],
      ['.meltano/meltano.db', 0o444, /\[DATABASE_READONLY\]/],
    ];
    for (const [path, mode, code] of places) {
      execFileSync('chown', ['-R', '65534', project.path('.meltano')]);
      execFileSync('chmod', ['-R', 'u+rwX', project.path('.meltano')]);
      execFileSync('chown', ['0', project.path(path)]);
      await chmod(join(project.folder, path), mode);
      const { code: exit, stderr } = await asOrdinaryUser(project.folder, ['run', 'tap-x', 'target-x']);
      expect(exit, `${path}: ${stderr}`).toBe(1);
      expect(stderr, path).toMatch(code);
      expect(stderr).not.toMatch(/This is a bug/);
    }
    await chmod(project.path('.meltano/meltano.db'), 0o644);
    expect(await project.state()).toEqual({ singer_state: { id: 3 } });
  });
});
