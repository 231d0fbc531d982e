import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { misfits } from '../schemas.js';
import { folderWith, tapline } from './program.js';
import { singerProject } from './singer-project.js';

const runId = '0190aaaa-bbbb-4ccc-8ddd-eeeeffff0000';
const logFolder = (folder: string) => join(folder, 'home/.local/state/meltano/log');

/** After a run of two chains, and one that failed. */
async function afterRuns(): Promise<string> {
  const folder = await singerProject();
  await tapline(folder, ['run', 'tap-x', 'target-y', 'tap-z', 'target-y', `--run-id=${runId}`]);
  await tapline(folder, ['run', 'tap-x', 'target-y'], { env: { TAP_X_FAIL: '3' } });
  return folder;
}

describe('logs', () => {
  it('are listed, the newest first, without changes of states by hand', async () => {
    const folder = await afterRuns();
    await tapline(folder, ['state', 'set', '--force', 'x', '{"singer_state": {}}']);
    const { stdout } = await tapline(folder, ['logs', 'list', '--format=json']);
    const list = JSON.parse(stdout) as { runs: { job_name: string; state: string }[]; total: number };
    expect(misfits('output-logs-list', list)).toBeUndefined();
    expect(list.total).toBe(3);
    expect(list.runs.map(({ job_name, state }) => `${job_name} ${state}`)).toEqual([
      'dev:tap-x-to-target-y FAIL',
      'dev:tap-z-to-target-y SUCCESS',
      'dev:tap-x-to-target-y SUCCESS',
    ]);
    expect((await tapline(folder, ['logs', 'list', '-l', '1'])).stdout).toMatch(/✗ FAIL[^✓]*logs show <LOG_ID>/);
  });

  it('are shown, whole or their end, of one chain or all of a run', async () => {
    const folder = await afterRuns();
    expect((await tapline(folder, ['logs', 'dir'])).stdout).toBe(`${logFolder(folder)}\n`);
    const whole = (await tapline(folder, ['logs', 'show', runId])).stdout;
    expect(whole.match(/^Job: .*$/gm)).toEqual(['Job: dev:tap-x-to-target-y', 'Job: dev:tap-z-to-target-y']);
    expect(whole).toMatch(/\nState: SUCCESS\nStarted: .*\+00:00\nEnded: .*\nTrigger: cli\n\nLog content:\n-{12}\n/);
    const file = join(logFolder(folder), `elt/devtap-z-to-target-y/${runId}/elt.log`);
    const text = await readFile(file, 'utf8');
    const one = (...more: string[]) =>
      tapline(folder, ['logs', 'show', runId.slice(0, 13), '--state-id=dev:tap-z-to-target-y', ...more]);
    expect((await one()).stdout.endsWith(text)).toBe(true);
    const lines = text.trimEnd().split('\n');
    expect(
      (await one('--tail=2')).stdout.endsWith(`Last 2 lines:\n${'-'.repeat(40)}\n${lines.slice(-2).join('\n')}\n`),
    ).toBe(true);
    expect((await one('-n', '99999')).stdout).toContain(`Last ${lines.length} lines:`);
    const json = JSON.parse((await one('--format=json')).stdout);
    expect(misfits('output-logs-show', json)).toBeUndefined();
    expect(json.runs[0]).toMatchObject({ log_file: file, log: text, run_id: runId });
  });

  it('that are unknown, ambiguous or gone are said to be so', async () => {
    const folder = await afterRuns();
    const unknown = await tapline(folder, ['logs', 'show', 'ffff']);
    expect(unknown).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('[RUN_UNKNOWN]') });
    const other = await tapline(folder, ['logs', 'show', runId, '--state-id=dev:x']);
    expect(other.stderr).toContain('dev:tap-x-to-target-y, dev:tap-z-to-target-y');
    await rm(logFolder(folder), { recursive: true });
    const gone = await tapline(folder, ['logs', 'show', runId]);
    expect(gone).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('[LOG_MISSING]') });
  });

  it('of a project without runs are none, and no database is made for that', async () => {
    const folder = await folderWith({ 'meltano.yml': 'plugins: {}\n' });
    expect(await tapline(folder, ['logs', 'list'])).toMatchObject({ code: 0, stdout: 'No job runs found.\n' });
    await expect(readFile(join(folder, '.meltano/meltano.db'))).rejects.toThrow('ENOENT');
  });
});
