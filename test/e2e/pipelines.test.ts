/** Run steps and pipelines by the built program, with real processes. */
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { processesWith, type Started } from '../faults/scripted-project.js';
import { misfits } from '../schemas.js';
import { meet, PipelineProject, wait } from './pipeline-project.js';

let project: PipelineProject;
let run: Started | undefined;
afterEach(async () => {
  run?.kill('SIGKILL');
  await run?.ended;
  run = undefined;
  await project.remove();
});

const statuses = async () => (await project.lastRun()).blocks.map(({ block_id, status }) => `${block_id} ${status}`);

const twoSteps = `run_steps:
  load:
    commands:
    - meltano run tap-a target-x
    - tapline run tap-b target-x
    - meltano invoke box:say 'one two' *.*
    - tap-c target-x
    jobs: 2
  after:
    commands: ["box:say"]
pipelines:
- {id: all, steps: [{run_step: load}, {run_step: after}]}
`;

describe('a pipeline', () => {
  it('runs chains side by side at once, commands between them alone, and its steps in order', async () => {
    project = await PipelineProject.of(twoSteps, { 'a.part': meet('a', 'b'), 'b.part': meet('b', 'a') });
    const ended = await project.tapline(['run', 'all']);
    expect(ended, ended.stderr).toMatchObject({ code: 0, stdout: '' });
    const order = await project.order();
    expect(order.slice(0, 4).sort()).toEqual(['end a', 'end b', 'start a', 'start b']);
    expect(order.slice(4)).toEqual(['box say one two *.*', 'start c', 'end c', 'box say']);
    expect(ended.stderr).toMatch(
      /Pipeline 'all' started[\s\S]*Run step 'load' completed[\s\S]*Pipeline 'all' completed/,
    );
  });

  it('is kept in the history as a tree', async () => {
    project = await PipelineProject.of(twoSteps);
    expect((await project.tapline(['run', 'all'])).code).toBe(0);
    const shown = await project.lastRun();
    expect(misfits('output-runs-show', shown)).toBeUndefined();
    const rows = shown.blocks.map(({ block_id, parent_id, kind, name }) => [block_id, parent_id, kind, name].join(' '));
    expect(rows.sort()).toEqual([
      '1  pipeline all',
      '1.1 1 step load',
      '1.1.1 1.1 chain tap-a target-x',
      '1.1.2 1.1 chain tap-b target-x',
      '1.1.3 1.1 command box:say',
      '1.1.4 1.1 chain tap-c target-x',
      '1.2 1 step after',
      '1.2.1 1.2 command box:say',
    ]);
  });

  it('fails with the step that fails, and begins no other', async () => {
    project = await PipelineProject.of(twoSteps, { 'a.part': 'echo broke >&2; exit 3' });
    const ended = await project.tapline(['run', 'all']);
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain('tap-a exited with code 3');
    expect(await project.order()).not.toContain('box say');
    expect((await statuses()).filter((line) => /^1( |\.1 |\.1\.[134] |\.2\.1 )/.test(line)).sort()).toEqual([
      '1 failed',
      '1.1 failed',
      '1.1.1 failed',
      '1.1.3 not_started',
      '1.1.4 not_started',
      '1.2.1 not_started',
    ]);
    expect(await project.json('pipeline', 'list')).toMatchObject({ pipelines: [{ last_run: { status: 'failed' } }] });
  });

  it('goes on with what stands beside it on the command line', async () => {
    project = await PipelineProject.of(twoSteps);
    expect((await project.tapline(['run', 'box:say', 'after', 'all', 'tap-c', 'target-x'])).code).toBe(0);
    const order = await project.order();
    expect([...order.slice(0, 2), ...order.slice(-3)]).toEqual(['box say', 'box say', 'box say', 'start c', 'end c']);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s: what runs is stopped, its state is saved, nothing more begins', async (signal, code) => {
    project = await PipelineProject.of(twoSteps, { 'a.part': wait, 'b.part': wait });
    run = project.start(['run', 'all'], { MARKER: project.folder });
    await run.said(/waiting[\s\S]*waiting/);
    run.kill(signal);
    expect(await run.ended, run.stderr).toMatchObject({ code });
    expect(await project.order()).not.toContain('box say one two *.*');
    expect(await project.state('dev:tap-a-to-target-x')).toEqual({ singer_state: { id: 1 } });
    expect(await statuses()).toEqual(expect.arrayContaining(['1 stopped', '1.1 stopped', '1.1.3 not_started']));
    expect(await processesWith(`MARKER=${project.folder}`)).toEqual([]);
  });

  it('kill -9 leaves nobody and no file behind, and the next run goes on', async () => {
    const inFolder = twoSteps.replace('    jobs: 2\n', '    jobs: 2\n    run_dir: work\n');
    project = await PipelineProject.of(inFolder, { 'a.part': wait, 'b.part': wait });
    run = project.start(['run', 'all'], { MARKER: project.folder });
    await run.said(/waiting[\s\S]*waiting/);
    expect(await filesIn(project.path('work'))).not.toEqual([]);
    run.kill('SIGKILL');
    await run.ended;
    await expect.poll(() => processesWith(`MARKER=${project.folder}`), { timeout: 20_000 }).toEqual([]);
    await expect.poll(() => filesIn(project.path('work')), { timeout: 20_000 }).toEqual([]);
    expect(await project.json('pipeline', 'list')).toMatchObject({ pipelines: [{ last_run: { status: 'dead' } }] });
    for (const name of ['a.part', 'b.part']) await project.put(name, ':');
    const next = await project.tapline(['run', 'all']);
    expect(next, next.stderr).toMatchObject({ code: 0 });
    expect(await project.json('pipeline', 'list')).toMatchObject({ pipelines: [{ last_run: { status: 'success' } }] });
  });
});

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => !entry.isDirectory()).map(({ name }) => name);
}

describe('a run step', () => {
  const alone = `mkdir lock || exit 9; sleep 0.1; rmdir lock`;
  const parts = { 'a.part': alone, 'b.part': alone, 'c.part': alone };
  const step = (more: string) => `run_steps:
  load:
    commands: [tap-a target-x, tap-b target-x, tap-c target-x]
${more}`;

  it.each([
    ['jobs: 1 of the step', step('    jobs: 1\n'), ['--jobs', '3']],
    ['--jobs 1 where the step says nothing', step(''), ['--jobs', '1']],
  ])('is serial with %s', async (_, yaml, args) => {
    project = await PipelineProject.of(yaml, parts);
    const ended = await project.tapline(['run', 'load', ...args]);
    expect(ended, ended.stderr).toMatchObject({ code: 0 });
    expect(await project.order()).toEqual(['start a', 'end a', 'start b', 'end b', 'start c', 'end c']);
  });

  it('gives its variables to its plugins, over those of the pipeline and the shell', async () => {
    const yaml = `${step('    env: {GREETING: "hello $WHO", BOTH: step}\n')}pipelines:
- {id: p, steps: [{run_step: load}], env: {BOTH: pipeline, OUTER: pipeline, GREETING: no}}
`;
    const say = 'echo "$GREETING, $BOTH, $OUTER, $SHELL_ONLY" >> said';
    project = await PipelineProject.of(yaml, { 'a.part': say });
    const env = { WHO: 'world', GREETING: 'shell', SHELL_ONLY: 'shell' };
    expect((await project.tapline(['run', 'p'], env)).code).toBe(0);
    expect((await project.tapline(['run', 'load'], env)).code).toBe(0);
    expect((await project.tapline(['run', 'tap-a', 'target-x'], env)).code).toBe(0);
    expect(await readFile(project.path('said'), 'utf8')).toBe(
      'hello world, step, pipeline, shell\nhello world, step, , shell\nshell, , , shell\n',
    );
  });

  it('gives variables over those of the environment, and may refer to them', async () => {
    const yaml = `${step("    env: {BOTH: step, GREETING: '$OUTER, $BOTH'}\n")}env:
  dev: {BOTH: environment, OUTER: environment}
`;
    project = await PipelineProject.of(yaml, { 'a.part': 'echo "$BOTH: $GREETING" >> said' });
    expect((await project.tapline(['run', 'load'])).code).toBe(0);
    expect(await readFile(project.path('said'), 'utf8')).toBe('step: environment, environment\n');
  });

  it('that takes too long is stopped gracefully and has failed, and nothing follows', async () => {
    const yaml = `${step('    timeout: 2s\n    jobs: 3\n')}  after: {commands: ["box:say"]}
pipelines: [{id: p, steps: [{run_step: load}, {run_step: after}]}]
`;
    project = await PipelineProject.of(yaml, { 'a.part': wait });
    const ended = await project.tapline(['run', 'p']);
    expect(ended.code, ended.stderr).toBe(1);
    expect(ended.stderr).toContain("run step 'load' timed out after 2 s");
    expect(await project.order()).not.toContain('box say');
    expect(await project.state('dev:tap-a-to-target-x')).toEqual({ singer_state: { id: 1 } });
    expect(await statuses()).toEqual(expect.arrayContaining(['1 failed', '1.1 failed', '1.1.2 success']));
  });

  it('keeps the files of its chains in its run_dir, each chain in a folder of its own, while they run', async () => {
    const say = (name: string) => `echo "$2" > config-${name}; test -e "$2" && touch there-${name}`;
    project = await PipelineProject.of(step('    run_dir: work/here\n'), { 'a.part': say('a'), 'b.part': say('b') });
    const ended = await project.tapline(['run', 'load']);
    expect(ended, ended.stderr).toMatchObject({ code: 0 });
    const configs = await Promise.all(['a', 'b'].map((name) => readFile(project.path(`config-${name}`), 'utf8')));
    for (const config of configs) expect(config).toMatch(new RegExp(`^${project.path('work/here')}/`));
    expect(new Set(configs).size).toBe(2);
    expect(existsSync(project.path('there-a'))).toBe(true);
    expect(await filesIn(project.path('work'))).toEqual([]);
  });

  it('has options of its lines, each for its own blocks', async () => {
    const yaml = `run_steps:
  load:
    commands: [tap-a target-x --state-id-suffix one, run --no-state-update tap-b target-x]
`;
    project = await PipelineProject.of(yaml);
    expect((await project.tapline(['run', 'load'])).code).toBe(0);
    expect((await project.tapline(['state', 'list'])).stdout).toBe('dev:tap-a-to-target-x:one\n');
  });

  it('--dry-run draws it, and starts nothing', async () => {
    project = await PipelineProject.of(twoSteps);
    const { code, stderr, stdout } = await project.tapline(['run', '--dry-run', 'all']);
    expect([code, stdout]).toEqual([0, '']);
    expect(stderr).toContain(`pipeline all
    ├─ step load
    │  ├─ all at once
    │  │  ├─ tap-a target-x (state dev:tap-a-to-target-x)
    │  │  └─ tap-b target-x (state dev:tap-b-to-target-x)
    │  ├─ box:say one two *.*
    │  └─ tap-c target-x (state dev:tap-c-to-target-x)
    └─ step after
       └─ box:say`);
    expect(await project.order()).toEqual([]);
    expect(existsSync(project.path('.meltano/meltano.db'))).toBe(false);
  });
});

describe('what can not run', () => {
  it.each([
    ['tap-a target-x && box:say', 'RUN_STEP_INVALID', '`&&` is for a shell'],
    ['tap-a target-y', 'BLOCK_UNKNOWN', "Did you mean 'target-x'"],
    ['after', 'BLOCK_UNKNOWN', 'a run step is not allowed in a line of a run step'],
    ['meltano --environment=prod run tap-a target-x', 'RUN_STEP_INVALID', "'dev' is active"],
  ])('the line %j: nothing is started', async (line, code, text) => {
    project = await PipelineProject.of(twoSteps.replace('    - tap-c target-x', `    - ${line}`));
    const ended = await project.tapline(['run', 'all']);
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain(`[${code}]`);
    expect(ended.stderr).toContain(text);
    expect(ended.stderr).toMatch(/^ {2}at meltano\.yml:18:7$/m);
    expect(await project.order()).toEqual([]);
  });

  it('validate lists all of it, each at its place', async () => {
    project = await PipelineProject.of(`run_steps:
  load:
    commands:
    - run tap-a target-y tap-z target-x
    - tap-a target-x | tee log
    - meltano --environment=stagin run tap-a target-x
    - invoke box:say $WHO
    timeout: soon
    env: {MELTANO_ENVIRONMENT: prod}
  none: {commands: []}
  box: {commands: ["box:say"]}
pipelines:
- {id: p, steps: [{run_step: lod}, {run_step: load}], interval: "@dayly", timezone: Europe/Berln, after: q}
- {id: q, steps: [{run_step: load}], after: q, retry_delay: later}
`);
    const result = await project.json<{ findings: Record<string, string>[] }>('validate');
    expect(misfits('output-validate', result)).toBeUndefined();
    expect(result.findings.map(({ line, severity, code }) => `${line} ${severity} ${code}`)).toEqual([
      '15 error BLOCK_UNKNOWN',
      '15 error BLOCK_UNKNOWN',
      '16 error RUN_STEP_INVALID',
      '17 error ENVIRONMENT_UNKNOWN',
      '18 warning VARIABLE_UNEXPANDED',
      '19 error RUN_STEP_INVALID',
      '20 error RUN_STEP_INVALID',
      '21 error RUN_STEP_INVALID',
      '22 error BLOCK_AMBIGUOUS',
      '24 error PIPELINE_INVALID',
      '24 error PIPELINE_INVALID',
      '24 error PIPELINE_INVALID',
      '25 error PIPELINE_INVALID',
      '25 error PIPELINE_INVALID',
    ]);
  });
});

describe('pipeline list and show', () => {
  const yaml = `${twoSteps.replace(
    '{run_step: after}]',
    '{run_step: after}], interval: 30 2 * * *, timezone: Europe/Berlin, max_age_hours: 26, retries: 2, retry_delay: 5m, env: {SECRET: hush}, owner: data, tags: [x], after: [other]',
  )}- {id: other, steps: [{run_step: after}]}
`;

  it('say when a pipeline runs next, ran last, and whether that is too long ago', async () => {
    project = await PipelineProject.of(yaml);
    const list = () => project.json<{ pipelines: Record<string, unknown>[] }>('pipeline', 'list');
    const before = await list();
    expect(misfits('output-pipeline-list', before)).toBeUndefined();
    expect(before.pipelines).toMatchObject([
      { id: 'all', steps: ['load', 'after'], timezone: 'Europe/Berlin', last_run: null, stale: true },
      { id: 'other', interval: null, timezone: 'UTC', next_run_at: null, stale: null },
    ]);
    expect(before.pipelines[0]?.next_run_at).toMatch(/T0[01]:30:00\.000Z$/);
    expect(existsSync(project.path('.meltano/meltano.db'))).toBe(false);
    expect((await project.tapline(['run', 'all'])).code).toBe(0);
    const after = await list();
    expect(misfits('output-pipeline-list', after)).toBeUndefined();
    expect(after.pipelines).toMatchObject([{ last_run: { status: 'success' }, stale: false }, { last_run: null }]);
    const elsewhere = await project.tapline(['--environment=prod', 'pipeline', 'list', '--format=json']);
    expect(JSON.parse(elsewhere.stdout).pipelines).toMatchObject([{ last_run: null }, { last_run: null }]);
    const { stdout } = await project.tapline(['pipeline', 'list']);
    expect(stdout).toMatch(/^PIPELINE +STEPS +INTERVAL +NEXT +LAST RUN +STATUS +LAST SUCCESS\nall +load, after +30 2/);
    expect(stdout).toMatch(/success +less than 1m ago$/m);
  });

  it('show what one would run, and its settings, without the values of variables', async () => {
    project = await PipelineProject.of(yaml);
    const shown = await project.json('pipeline', 'show', 'all');
    expect(misfits('output-pipeline-show', shown)).toBeUndefined();
    expect(shown).toMatchObject({
      id: 'all',
      retries: 2,
      retry_delay_seconds: 300,
      variables: ['SECRET'],
      steps: [
        {
          run_step: 'load',
          jobs: 2,
          groups: [
            { blocks: [{ state_id: 'dev:tap-a-to-target-x' }, { state_id: 'dev:tap-b-to-target-x' }] },
            { blocks: [{ kind: 'command', arguments: ['one two', '*.*'] }] },
            { blocks: [{ block_id: '1.1.4' }] },
          ],
        },
        { run_step: 'after', groups: [{ blocks: [{ name: 'box:say' }] }] },
      ],
    });
    const { stdout } = await project.tapline(['pipeline', 'show', 'all']);
    expect(stdout).toContain('pipeline all\n├─ step load\n│  ├─ all at once\n');
    expect(stdout).toContain('interval   30 2 * * * (Europe/Berlin), next ');
    expect(stdout).toContain('retries    2, the first after 5m\n');
    expect(stdout).not.toContain('hush');
  });

  it.each([
    ['al', "Did you mean 'all'?"],
    ['load', "'load' is a run step"],
    ['nothing-like-it', 'Pipelines: all, other.'],
  ])('%s is not a pipeline', async (id, hint) => {
    project = await PipelineProject.of(yaml);
    const ended = await project.tapline(['pipeline', 'show', id]);
    expect(ended).toMatchObject({ code: 1, stdout: '' });
    expect(ended.stderr).toContain(`pipeline '${id}' not found [PIPELINE_UNKNOWN]`);
    expect(ended.stderr).toContain(hint);
  });

  it('list says so where there are none', async () => {
    project = await PipelineProject.of('');
    const ended = await project.tapline(['pipeline', 'list']);
    expect(ended).toMatchObject({ code: 0, stdout: '' });
    expect(ended.stderr).toContain('No pipelines are defined.');
  });
});

describe('elsewhere', () => {
  it('their names complete', async () => {
    project = await PipelineProject.of(twoSteps);
    const complete = async (...words: string[]) =>
      (await project.tapline(['complete', '--', ...words])).stdout.trim().split('\n');
    expect(await complete('run', 'a')).toEqual(['after', 'all']);
    expect(await complete('run', 'lo')).toEqual(['load']);
    expect(await complete('pipeline', 'show', '')).toEqual(['all']);
  });

  it('a compiled manifest has them as they are written, as the original has', async () => {
    const written =
      'run_steps:\n  s: {commands: [tap-a target-x], env: {A: 1, B: null}}\npipelines: [{id: p, steps: [{run_step: s}], after: p2}]\n';
    project = await PipelineProject.of(written);
    expect((await project.tapline(['compile'])).code).toBe(0);
    const manifest = await readFile(project.path('.meltano/manifests/meltano-manifest.dev.json'), 'utf8');
    expect(JSON.parse(manifest)).toMatchObject({
      run_steps: { s: { commands: ['tap-a target-x'], env: { A: 1, B: null } } },
      pipelines: [{ id: 'p', steps: [{ run_step: 's' }], after: 'p2' }],
    });
  });
});
