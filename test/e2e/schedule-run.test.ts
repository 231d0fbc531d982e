import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tapline } from './program.js';
import { singerProject } from './singer-project.js';

const schedules = `
- {name: prod}
schedules:
- {name: nightly, interval: '@daily', job: both, env: {TAP_X_TOKEN: from-schedule, MELTANO_RUN_STATE_ID_SUFFIX: night}}
- {name: pair, interval: '@daily', extractor: tap-x, loader: target-y, transform: skip}
- {name: transformed, interval: '@daily', extractor: tap-x, loader: target-y, transform: run}
`;

async function project(): Promise<string> {
  const folder = await singerProject();
  const file = join(folder, 'meltano.yml');
  await writeFile(file, (await readFile(file, 'utf8')).replace('- name: dev\n', `- name: dev${schedules}`));
  return folder;
}

const states = async (folder: string) => (await tapline(folder, ['state', 'list'])).stdout;

describe('schedule run', () => {
  it('runs the job with the variables of the schedule, in the default environment', async () => {
    const folder = await project();
    const ended = await tapline(folder, ['schedule', 'run', 'nightly']);
    expect(ended).toMatchObject({ code: 0, stdout: '' });
    // The token is a secret: that it is masked shows that it was set.
    expect(ended.stderr).not.toContain('from-schedule');
    expect(await states(folder)).toBe('dev:tap-x-to-target-y:night\n');
  });

  it('keeps the global options, and hands on those after the name', async () => {
    const folder = await project();
    const args = ['--environment=prod', '--log-level=error', 'schedule', 'run', 'nightly', '--state-id-suffix', 'mine'];
    const ended = await tapline(folder, args);
    expect(ended.code).toBe(0);
    expect(ended.stderr).not.toContain('[info');
    expect(await states(folder)).toBe('prod:tap-x-to-target-y:mine\n');
    expect((await tapline(folder, ['--cwd', '.', 'schedule', 'run', 'nightly', '--dry-run'])).code).toBe(0);
  });

  it('runs a pair of plugins under the name of the schedule', async () => {
    const folder = await project();
    expect((await tapline(folder, ['--no-environment', 'schedule', 'run', 'pair', '--full-refresh'])).code).toBe(0);
    expect(await states(folder)).toBe('pair\n');
    const transformed = await tapline(folder, ['schedule', 'run', 'transformed']);
    expect(transformed.stderr).toContain("requires a transformer named 'dbt'");
    expect((await tapline(folder, ['schedule', 'run', 'transformed', '--transform=skip'])).code).toBe(0);
  });

  it.each([
    [['schedule', 'run', 'nigtly'], "Did you mean 'nightly'", 1],
    [['schedule', 'run', 'nightly', '--nope'], '`tapline run --help`', 2],
    [['schedule', 'run'], 'name', 2],
  ])('refuses %j', async (args, text, code) => {
    const ended = await tapline(await project(), args);
    expect(ended.stderr).toContain(text);
    expect(ended).toMatchObject({ code, stdout: '' });
  });

  it('fails as what it runs fails', async () => {
    const ended = await tapline(await project(), ['schedule', 'run', 'nightly'], { env: { TAP_X_FAIL: '7' } });
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain('tap broke');
  });
});
