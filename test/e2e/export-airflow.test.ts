import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hasPython, type ReadDag, readDag } from '../export/airflow/export-dags.js';
import { misfits } from '../schemas.js';
import { type Ended, folderWith, tapline } from './program.js';
import { singerProject } from './singer-project.js';

const own = `
include_paths: [more.yml]
`;
const more = `
run_steps:
  load:
    env: {TAP_X_TOKEN: 'of-$TEAM', PLAIN: '{{ x }}'}
    commands: [tap-x target-y, 'invoke box:hello "it''s"']
  greet: {commands: ['invoke box:hello "a b" {{ds}}']}
pipelines:
- {id: nightly, interval: '@daily', steps: [{run_step: load}]}
- {id: later, after: nightly, steps: [{run_step: greet}]}
schedules:
- {name: hourly, interval: '@hourly', extractor: tap-z, loader: target-y, env: {TAP_Z_TOKEN: $TEAM}}
`;

async function project(files: Record<string, string> = {}): Promise<string> {
  const folder = await singerProject({ 'more.yml': more, '.env': 'TEAM=sales-team-of-dotenv\n', ...files });
  const file = join(folder, 'meltano.yml');
  await writeFile(file, own + (await readFile(file, 'utf8')));
  return folder;
}

const dagsOf = (folder: string) => join(folder, 'orchestrate', 'dags');

async function dagOf(folder: string, id: string): Promise<ReadDag> {
  return readDag(await readFile(join(dagsOf(folder), `${id}.py`), 'utf8'));
}

describe('export airflow', () => {
  it('writes a file for each pipeline, schedule and job, and only again what has changed', async () => {
    const folder = await project();
    const first = await tapline(folder, ['export', 'airflow']);
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(first.stdout.split('\n').map((line) => line.replace(dagsOf(folder), ''))).toEqual([
      'Wrote /nightly.py (pipeline nightly)',
      'Wrote /later.py (pipeline later)',
      'Wrote /hourly.py (schedule hourly)',
      'Wrote /both.py (job both)',
      '',
    ]);
    expect((await readdir(dagsOf(folder))).sort()).toEqual(['both.py', 'hourly.py', 'later.py', 'nightly.py']);
    const old = new Date(2020, 1, 1);
    for (const name of await readdir(dagsOf(folder))) await utimes(join(dagsOf(folder), name), old, old);
    await writeFile(join(folder, 'more.yml'), more.replace('@hourly', '5 * * * *'));
    const second = await tapline(folder, ['export', 'airflow']);
    expect(second.stdout.match(/^\w+/gm)).toEqual(['Kept', 'Kept', 'Wrote', 'Kept']);
    const times = await Promise.all(
      ['both', 'hourly'].map(async (id) => (await stat(join(dagsOf(folder), `${id}.py`))).mtime.getFullYear()),
    );
    expect(times).toEqual([2020, expect.not.closeTo(2020, 0)]);
  });

  it('removes what nothing stands for any more, and touches nothing else', async () => {
    const folder = await project();
    await tapline(folder, ['export', 'airflow']);
    await tapline(folder, ['export', 'airflow', '--prefix=other-']);
    const dags = dagsOf(folder);
    await writeFile(join(dags, 'mine.py'), '# Made by hand\n');
    await writeFile(
      join(dags, 'foreign.py'),
      '# Made by `tapline export airflow`.\n# tapline-export: {"project":"x","prefix":""}\n',
    );
    await writeFile(join(folder, 'more.yml'), more.replace(/- \{id: later.*\n/, ''));
    const limited = await tapline(folder, ['export', 'airflow', 'nightly']);
    expect(limited.stdout).not.toContain('Removed');
    const all = await tapline(folder, ['export', 'airflow']);
    expect(all.stdout).toContain(`Removed ${join(dags, 'later.py')}: no longer in the project\n`);
    const left = ['both', 'foreign', 'hourly', 'mine', 'nightly'].map((name) => `${name}.py`);
    const others = ['both', 'hourly', 'later', 'nightly'].map((name) => `other-${name}.py`);
    expect((await readdir(dags)).sort()).toEqual([...left, ...others].sort());
  });

  it('says what it would do, for people, programs and checks', async () => {
    const folder = await project();
    const dry = await tapline(folder, ['--environment=dev', 'export', 'airflow', '--dry-run', '--format=json']);
    const summary = JSON.parse(dry.stdout);
    expect(misfits('output-export-airflow', summary)).toBeUndefined();
    expect(summary).toMatchObject({
      folder: dagsOf(folder),
      environment: 'dev',
      dry_run: true,
      dags: [
        { dag_id: 'nightly', kind: 'pipeline', change: 'new', schedule: '0 0 * * *', after: [], tasks: 2 },
        { dag_id: 'later', schedule: '0 0 * * *', after: ['nightly'], tasks: 1 },
        { dag_id: 'hourly', kind: 'schedule', schedule: '0 * * * *', timezone: 'UTC' },
        { dag_id: 'both', kind: 'job', schedule: null },
      ],
      removed: [],
    });
    await expect(stat(dagsOf(folder))).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await tapline(folder, ['export', 'airflow', '--check'])).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/^Would write/),
    });
    await tapline(folder, ['export', 'airflow']);
    expect(await tapline(folder, ['export', 'airflow', '--check'])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^Would keep/),
    });
    const printed = await tapline(folder, ['export', 'airflow', 'nightly', '--stdout']);
    expect(printed.stdout).toBe(await readFile(join(dagsOf(folder), 'nightly.py'), 'utf8'));
    // No secret, and nothing that is only known when a task runs.
    expect(printed.stdout).not.toContain('sales-team-of-dotenv');
  });

  it('takes other places of the program and the project', async () => {
    const folder = await project();
    const line = ['export', 'airflow', 'both', '--stdout', '--program=/usr/bin/tap line', '--project-dir=/opt/project'];
    const { stdout } = await tapline(folder, line);
    expect(stdout).toContain(`"exec '/usr/bin/tap line' --cwd=/opt/project run tap-x target-y"`);
    expect(stdout).not.toContain(folder);
  });

  it('has nothing to do in an empty project, and needs an environment for what `run` would', async () => {
    const empty = await folderWith({ 'meltano.yml': 'version: 1\n' });
    const nothing = await tapline(empty, ['export', 'airflow']);
    expect(nothing).toMatchObject({
      code: 0,
      stdout: '',
      stderr: expect.stringContaining('nothing to export'),
    });
    const folder = await project();
    const without = await tapline(folder, ['--no-environment', 'export', 'airflow']);
    expect(without).toMatchObject({ code: 1, stderr: expect.stringContaining('ENVIRONMENT_REQUIRED') });
  });

  it('warns of a sensor that only a person can satisfy', async () => {
    const folder = await project({ 'more.yml': more.replace("interval: '@daily', ", '') });
    const { stderr } = await tapline(folder, ['export', 'airflow', '--dry-run']);
    expect(stderr).toContain("'later' waits for 'nightly', which has no interval");
  });

  it.each([
    ['a file of somebody else', async (dags: string) => writeFile(join(dags, 'nightly.py'), 'x = 1\n'), 'ENTRY_EXISTS'],
    [
      'a folder of this name',
      async (dags: string) => mkdir(join(dags, 'nightly.py')).then(() => undefined),
      'ENTRY_EXISTS',
    ],
    ['a link that leads nowhere', (dags: string) => symlink('/nowhere/x', join(dags, 'nightly.py')), 'ENTRY_EXISTS'],
    [
      'a file in place of the folder',
      async (dags: string) => {
        await rm(dags, { recursive: true });
        await writeFile(dags, '');
      },
      'OUTPUT_FAILED',
    ],
    [
      'a file in place of the folder above',
      async (dags: string) => {
        await rm(join(dags, '..'), { recursive: true });
        await writeFile(join(dags, '..'), '');
      },
      'OUTPUT_FAILED',
    ],
  ])('writes nothing where %s is in the way', async (_, put, code) => {
    const folder = await project();
    await mkdir(dagsOf(folder), { recursive: true });
    await put(dagsOf(folder));
    const refused = await tapline(folder, ['export', 'airflow']);
    expect(refused).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining(`[${code}]`) });
    expect(refused.stderr).toContain('--output');
    expect(refused.stderr).not.toMatch(/\n\s+at .*\.js/);
    const left = await readdir(dagsOf(folder)).catch(() => ['nightly.py']);
    expect(left.filter((name) => name !== 'nightly.py')).toEqual([]);
  });

  it('names the place of a fault, and writes nothing', async () => {
    const folder = await project({ 'more.yml': more.replace('after: nightly', 'after: nightli') });
    const refused = await tapline(folder, ['export', 'airflow']);
    expect(refused).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('PIPELINE_INVALID') });
    expect(refused.stderr).toMatch(/more\.yml:9:\d+/);
    await expect(stat(dagsOf(folder))).rejects.toMatchObject({ code: 'ENOENT' });
    const unknown = await tapline(folder, ['export', 'airflow', 'nothing']);
    expect(unknown.stderr).toContain('PIPELINE_UNKNOWN');
  });
});

/** As Airflow would without any variable of its own: only what the file says. */
function asTask({ bash_command, env }: ReadDag['tasks'][number]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile('/bin/bash', ['-c', bash_command], { cwd: '/', env }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

describe.skipIf(!hasPython())('a task of an exported file, with no other variables than its own', () => {
  it('runs its chain with the variables of its step, and the state ID of a local run', async () => {
    const folder = await project();
    await tapline(folder, ['export', 'airflow']);
    const { tasks } = await dagOf(folder, 'nightly');
    const [chain, hello] = tasks as [ReadDag['tasks'][number], ReadDag['tasks'][number]];
    expect(chain.env).toMatchObject({ MELTANO_ENVIRONMENT: 'dev' });
    expect(chain.bash_command).toContain("'PLAIN={{ x }}'");
    const ended = await asTask(chain);
    expect(ended, ended.stderr).toMatchObject({ code: 0 });
    expect(await readFile(join(folder, 'out.jsonl'), 'utf8')).toContain('"RECORD"');
    // Of .env, by way of the step; a secret of the tap, so the run hides it.
    expect(ended.stderr).not.toContain('sales-team-of-dotenv');
    expect(ended.stderr).not.toContain('token of-$TEAM');
    const states = await tapline(folder, ['state', 'list']);
    expect(states.stdout).toContain('dev:tap-x-to-target-y');
    const said = await asTask(hello);
    expect(said, said.stderr).toMatchObject({ code: 0, stderr: expect.stringContaining("say|hello|it's|") });
    const runs = JSON.parse((await tapline(folder, ['runs', 'list', '--format=json'])).stdout);
    expect(runs.runs).toMatchObject([{ trigger: 'airflow' }, { trigger: 'airflow' }]);
  });

  it('gives arguments as they stand, and runs a schedule as `schedule run` does', async () => {
    const folder = await project();
    await tapline(folder, ['export', 'airflow']);
    const [greet] = (await dagOf(folder, 'later')).tasks.slice(-1) as [ReadDag['tasks'][number]];
    const said = await asTask(greet);
    expect(said.stderr).toContain('say|hello|a b|{{ds}}|');
    const [el] = (await dagOf(folder, 'hourly')).tasks as [ReadDag['tasks'][number]];
    const ended = await asTask(el);
    expect(ended, ended.stderr).toMatchObject({ code: 0 });
    expect((await tapline(folder, ['state', 'list'])).stdout).toContain('hourly');
  });
});
