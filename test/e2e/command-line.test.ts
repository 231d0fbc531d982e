import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { exitCodeMeanings } from '../../src/cli/exit-codes.js';
import { misfits } from '../schemas.js';
import { cleanEnvironment, cli, folderWith, tapline } from './program.js';

const project = `
default_environment: dev
environments:
- name: dev
- name: prod
plugins:
  extractors:
  - name: tap-x
    namespace: tap_x
    executable: ./tap
    capabilities: []
    settings:
    - {name: token, sensitive: true}
    - {name: region, value: us, description: Where it is.}
    config: {region: $REGION}
  loaders:
  - name: target-y
    namespace: target_y
    executable: ./target
jobs:
- name: nightly
  tasks: [tap-x target-y, [tap-x target-y, box:ok]]
schedules:
- {name: daily, interval: '@daily', job: nightly, env: {A: b}}
- {name: once, interval: '@once', extractor: tap-x, loader: target-y, transform: skip}
`;

let folder: string;
beforeAll(async () => {
  folder = await folderWith({ 'meltano.yml': project, 'inner/x': '' });
});

describe('the command line', () => {
  it('prints its version in the form that tools look for', async () => {
    const { version } = JSON.parse(await readFile(join(import.meta.dirname, '../../package.json'), 'utf8'));
    expect(await tapline('/', ['--version'])).toEqual({ code: 0, stdout: `tapline, version ${version}\n`, stderr: '' });
    expect((await tapline('/', ['--log-level=debug', '--version'])).stdout).toBe(`tapline, version ${version}\n`);
  });

  it('shows commands, examples and each exit code in its help', async () => {
    const { code, stdout, stderr } = await tapline('/', ['--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const name of ['run', 'invoke', 'config', 'state', 'install'])
      expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'));
    for (const meaning of Object.values(exitCodeMeanings)) expect(stdout).toContain(meaning);
    expect((await tapline('/', ['state', 'set', '--help'])).stdout).toContain('--input-file');
  });

  it.each([
    [['nosuch'], "Unknown command 'nosuch'"],
    [['stat'], 'Did you mean state?'],
    [['job', 'list', '--nosuch'], "Unknown option '--nosuch'"],
    [['job', 'list', '--format=xml'], 'Allowed choices are text, json'],
    [['config', 'print'], "Missing required argument 'plugin'"],
    [['--cwd', 'nowhere', 'job', 'list'], "folder 'nowhere'"],
    [['--log-level', 'loud', 'job', 'list'], 'Allowed choices are debug'],
  ])('ends with 2 and a hint on wrong usage: %j', async (args, text) => {
    const { code, stdout, stderr } = await tapline(folder, args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(text);
    expect(stderr).not.toMatch(/^\s+at .*\.js/m);
  });

  it('shows help on stderr and ends with 2 where a command is missing', async () => {
    for (const args of [[], ['state']]) {
      const { code, stdout, stderr } = await tapline(folder, args);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toMatch(/Run and build:|Commands:/);
    }
  });

  it('ends with 2 outside a project', async () => {
    const { code, stderr } = await tapline('/', ['job', 'list']);
    expect(code).toBe(2);
    expect(stderr).toContain('[PROJECT_NOT_FOUND]');
  });

  it('tells an error as a log line under --log-format json', async () => {
    const { code, stderr } = await tapline(folder, ['config', 'print', 'tap-z', '--log_format', 'json']);
    expect(code).toBe(1);
    const lines = stderr
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    for (const line of lines) expect(misfits('output-log-line', line)).toBeUndefined();
    expect(lines.at(-1)).toMatchObject({
      level: 'error',
      code: 'PLUGIN_UNKNOWN',
      hint: expect.stringContaining('tap-x'),
    });
  });

  it.runIf(existsSync('/dev/full'))('says when its output finds no space', async () => {
    const child = spawn('sh', ['-c', `"${process.execPath}" "${cli}" job list > /dev/full`], {
      cwd: folder,
      env: cleanEnvironment(folder),
    });
    let stderr = '';
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect(code).toBe(1);
    expect(stderr).toContain('[DISK_FULL]');
  });

  it('ends in silence when nobody reads its output', async () => {
    const child = spawn(process.execPath, [cli, 'job', 'list'], { cwd: folder, env: cleanEnvironment(folder) });
    child.stdout.destroy();
    let stderr = '';
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });
});

describe('environment list', () => {
  it('prints JSON with the default environment', async () => {
    const { stdout } = await tapline(folder, ['environment', 'list', '--format=json']);
    const list = JSON.parse(stdout);
    expect(misfits('output-environment-list', list)).toBeUndefined();
    expect(list.environments).toContainEqual({ name: 'dev', is_default: true });
  });
});

describe('job and schedule list', () => {
  it('print JSON alone, as clients read it', async () => {
    const jobs = await tapline(folder, ['--log-level=debug', 'job', 'list', '--format=json']);
    const list = JSON.parse(jobs.stdout);
    expect(misfits('output-job-list', list)).toBeUndefined();
    expect(list).toEqual({ jobs: [{ job_name: 'nightly', tasks: ['tap-x target-y', ['tap-x target-y', 'box:ok']] }] });
    expect(JSON.parse((await tapline(folder, ['job', 'list', 'nightly', '--format', 'json'])).stdout)).toEqual(
      list.jobs[0],
    );
    expect((await tapline(folder, ['job', 'list', 'nope'])).code).toBe(0);
  });

  it('list schedules of both kinds, with nulls, and make no database', async () => {
    const { code, stdout } = await tapline(folder, ['--log-level=warning', 'schedule', 'list', '--format=json']);
    expect(code).toBe(0);
    const list = JSON.parse(stdout);
    expect(misfits('output-schedule-list', list)).toBeUndefined();
    expect(list.schedules.job).toEqual([
      {
        name: 'daily',
        interval: '@daily',
        cron_interval: '0 0 * * *',
        env: { A: 'b' },
        job: { name: 'nightly', tasks: ['tap-x target-y', ['tap-x target-y', 'box:ok']] },
      },
    ]);
    expect(list.schedules.elt[0]).toMatchObject({
      cron_interval: null,
      last_successful_run_ended_at: null,
      elt_args: ['tap-x', 'target-y', '--transform=skip', '--state-id=once'],
    });
    expect(existsSync(join(folder, '.meltano', 'meltano.db'))).toBe(false);
  });

  it('have a form for people', async () => {
    expect((await tapline(folder, ['job', 'list'])).stdout).toBe(
      "nightly: ['tap-x target-y', ['tap-x target-y', 'box:ok']]\n",
    );
    expect((await tapline(folder, ['schedule', 'list'])).stdout).toContain(
      '[@once] elt once: tap-x → target-y x transforms',
    );
  });
});

describe('config', () => {
  const env = { REGION: 'eu', TAP_X_TOKEN: 'hunter2-secret' };

  it.each([[['config', 'print', 'tap-x']], [['config', 'tap-x']], [['--no_environment', 'config', 'tap-x', 'print']]])(
    'prints without secrets, in each word order: %j',
    async (args) => {
      const { stdout } = await tapline(folder, args, { env });
      expect(JSON.parse(stdout)).toEqual({ token: '*****', region: 'eu' });
    },
  );

  it('shows secrets when asked to, and variables', async () => {
    const { stdout } = await tapline(folder, ['config', '--unsafe', 'print', 'tap-x', '--format=env'], { env });
    expect(stdout).toContain("TAP_X_TOKEN='hunter2-secret'\n");
  });

  it('lists where each value comes from', async () => {
    const { stdout } = await tapline(folder, ['config', 'list', 'tap-x'], { env });
    expect(stdout).toContain(
      "region [env: TAP_X_REGION] (default: 'us') current value: 'eu' (from `meltano.yml` line 15: '$REGION')",
    );
    expect(stdout).toContain('current value: (redacted) (from the TAP_X_TOKEN variable in the environment)');
    expect(stdout).not.toContain('hunter2');
    const filtered = await tapline(folder, ['config', 'list', 'tap-x', '--filter', 'REG'], { env });
    expect(filtered.stdout).not.toContain('token');
  });

  it('knows the settings of the project as meltano', async () => {
    const { stdout } = await tapline(folder, ['config', 'print', 'meltano'], {
      env: { MELTANO_CLI_LOG_LEVEL: 'error' },
    });
    expect(JSON.parse(stdout)).toMatchObject({ cli: { log_level: 'error' } });
  });
});
