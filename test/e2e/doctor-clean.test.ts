/** `doctor` and `clean` on real projects. */
import { existsSync } from 'node:fs';
import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { misfits } from '../schemas.js';
import { folderWith, tapline } from './program.js';
import { singerProject } from './singer-project.js';

interface Check {
  check: string;
  subject: string;
  status: string;
  message: string;
  cure: string | null;
}

async function doctor(folder: string, env: NodeJS.ProcessEnv = {}): Promise<{ code: number; checks: Check[] }> {
  const { code, stdout } = await tapline(folder, ['doctor', '--format', 'json'], { env });
  const report = JSON.parse(stdout) as { ok: boolean; checks: Check[] };
  expect(misfits('output-doctor', report)).toBeUndefined();
  expect(report.ok).toBe(code === 0);
  return { code, checks: report.checks };
}

const broken = `default_environment: dev
environments:
- name: dev
plugins:
  extractors:
  - name: tap-a
    namespace: tap_a
    pip_url: tap-a==\${A_VERSION}
  - name: tap-b
    namespace: tap_b
    pip_url: tap-b
  - name: tap-c
  - name: tap-d
    namespace: tap_d
    executable: ./nowhere.sh
    config: {token: $D_TOKEN, own: $TAP_D_OWN}
    settings: [{name: token}, {name: key}]
    settings_group_validation: [[key]]
`;

describe('doctor', () => {
  it('finds nothing broken in a project that works, and changes nothing', async () => {
    const folder = await singerProject();
    const before = await readdir(folder);
    const { code, checks } = await doctor(folder);
    expect([code, checks.filter(({ status }) => status === 'error')]).toEqual([0, []]);
    expect(checks).toContainEqual({ check: 'plugin', subject: 'tap-x', status: 'ok', message: 'ready', cure: null });
    expect((await readdir(folder)).filter((name) => name !== '.meltano')).toEqual(before);
    expect(existsSync(join(folder, '.meltano', 'meltano.db'))).toBe(false);
  });

  it('names what is missing, each with its cure', async () => {
    const { code, checks } = await doctor(await folderWith({ 'meltano.yml': broken }));
    expect(code).toBe(1);
    const problem = (check: string, subject: string) =>
      checks.find((each) => each.check === check && each.subject === subject && each.status !== 'ok');
    expect(problem('variable', 'tap-a')?.message).toContain('A_VERSION');
    expect(problem('venv', 'tap-b')?.cure).toBe('tapline install --plugin-type extractor tap-b');
    expect(problem('plugin', 'tap-c')?.message).toContain('tap-c');
    expect(problem('variable', 'tap-d')).toMatchObject({ status: 'warning', cure: expect.stringContaining('D_TOKEN') });
    expect(problem('setting', 'tap-d')?.cure).toBe('tapline config set tap-d key VALUE');
    expect(problem('executable', 'tap-d')?.message).toContain('nowhere.sh');
    expect(JSON.stringify(checks)).not.toContain('TAP_D_OWN');
  });

  it('tells a broken or missing project as a finding, and text with cures', async () => {
    const { code, checks } = await doctor(await folderWith({ 'meltano.yml': 'plugins: [\n' }));
    expect([code, checks.at(-1)]).toEqual([1, expect.objectContaining({ check: 'project', status: 'error' })]);
    expect((await doctor(await folderWith({}))).code).toBe(1);
    const text = await tapline(await folderWith({ 'meltano.yml': broken }), ['doctor']);
    expect(text.stdout).toMatch(/^ERROR +venv tap-b: not installed\n +-> tapline install/m);
  });

  it('says it where the machine has no Python and no uv', async () => {
    const { checks } = await doctor(await folderWith({ 'meltano.yml': 'version: 1\n' }), { PATH: '/nonexistent' });
    const missing = checks.filter(({ status }) => status === 'warning').map(({ check }) => check);
    expect(missing).toEqual(['python', 'uv']);
  });

  it('names a lease of a run that was killed', async () => {
    const folder = await singerProject();
    await tapline(folder, ['run', 'tap-x', 'target-y']);
    const { default: Database } = await import('better-sqlite3');
    const database = new Database(join(folder, '.meltano', 'meltano.db'));
    database.prepare("UPDATE tapline_leases SET held = 1, pid = 999999 WHERE scope = 'state'").run();
    database.close();
    const { checks } = await doctor(folder);
    const lease = checks.find(({ check, status }) => check === 'lease' && status === 'warning');
    expect(lease?.cure).toContain('tapline lease release dev:tap-x-to-target-y');
  });
});

describe('clean', () => {
  const old = new Date('2020-01-01T00:00:00Z');

  async function age(path: string): Promise<void> {
    await utimes(path, old, old);
  }

  /** One old run with its log, one old catalog, one venv without a plugin, and one young run. */
  async function usedProject(): Promise<string> {
    const folder = await singerProject();
    await tapline(folder, ['run', 'tap-x', 'target-y', '--run-id', '00000000-0000-4000-8000-000000000001']);
    await tapline(folder, ['run', 'tap-x', 'target-y', '--run-id', '00000000-0000-4000-8000-000000000002']);
    const { default: Database } = await import('better-sqlite3');
    const database = new Database(join(folder, '.meltano', 'meltano.db'));
    database
      .prepare("UPDATE tapline_runs SET started_at = ?, ended_at = ? WHERE run_id LIKE '%1'")
      .run(old.toISOString(), old.toISOString());
    database.close();
    await age(logOf(folder, 1));
    await mkdir(join(folder, '.meltano/run/tap-q'), { recursive: true });
    await writeFile(join(folder, '.meltano/run/tap-q/tap.properties.json'), '{}');
    await age(join(folder, '.meltano/run/tap-q/tap.properties.json'));
    await mkdir(join(folder, '.meltano/extractors/tap-gone/venv'), { recursive: true });
    await mkdir(join(folder, '.meltano/extractors/tap-x/venv'), { recursive: true });
    await mkdir(join(folder, '.meltano/run/tapline/rescue'), { recursive: true });
    return folder;
  }

  const logOf = (folder: string, run: number) =>
    join(folder, `home/.local/state/meltano/log/elt/devtap-x-to-target-y/00000000-0000-4000-8000-00000000000${run}`);

  it('only tells with --dry-run, then removes what is old or nobody’s', async () => {
    const folder = await usedProject();
    const strange = join(folder, 'home/.local/state/meltano/log/elt/other/11111111-0000-4000-8000-000000000001');
    await mkdir(strange, { recursive: true });
    await age(strange);
    const dry = await tapline(folder, ['clean', '--older-than', '30d', '--dry-run', '--format', 'json']);
    const plan = JSON.parse(dry.stdout) as { removed: { kind: string; path: string }[]; runs: number };
    expect(misfits('output-clean', plan)).toBeUndefined();
    expect([dry.code, plan.runs, plan.removed.map(({ kind }) => kind).sort()]).toEqual([
      0,
      1,
      ['catalog', 'log', 'venv'],
    ]);
    for (const { path } of plan.removed) expect(existsSync(path)).toBe(true);
    const done = await tapline(folder, ['clean', '--older-than', '30d']);
    expect([done.code, done.stdout]).toEqual([0, expect.stringContaining('Removed 1 run from the history')]);
    for (const { path } of plan.removed) expect(existsSync(path)).toBe(false);
    for (const kept of [
      logOf(folder, 2),
      strange,
      join(folder, '.meltano/extractors/tap-x/venv'),
      join(folder, '.meltano/run/tapline/rescue'),
    ]) {
      expect([kept, existsSync(kept)]).toEqual([kept, true]);
    }
    const { stdout } = await tapline(folder, ['runs', 'list', '--format', 'json']);
    expect((JSON.parse(stdout) as { runs: { run_id: string }[] }).runs.map(({ run_id }) => run_id)).toEqual([
      '00000000-0000-4000-8000-000000000002',
    ]);
    expect((await tapline(folder, ['state', 'list'])).stdout).toBe('dev:tap-x-to-target-y\n');
  });

  it('takes the age from the setting, and wants a unit', async () => {
    const folder = await usedProject();
    const env = { TAPLINE_HISTORY_RETENTION_DAYS: '100000', MELTANO_TAPLINE_HISTORY_RETENTION_DAYS: '100000' };
    const { stdout } = await tapline(folder, ['clean', '--dry-run', '--format', 'json'], { env });
    expect((JSON.parse(stdout) as { runs: number }).runs).toBe(0);
    for (const bad of ['30', 'soon', '-1d']) {
      expect((await tapline(folder, ['clean', `--older-than=${bad}`])).code).toBe(2);
    }
  });
});
