/** A command that fails: the cause is named, and the whole log is kept. */
import { afterEach, describe, expect, it } from 'vitest';
import { ScriptedProject } from './scripted-project.js';

let project: ScriptedProject;
afterEach(() => project.remove());

async function make(name: string, script: string): Promise<void> {
  project = await ScriptedProject.make({
    yaml: {
      more: `  utilities:\n  - {name: ${name}, namespace: ${name}, executable: ./box.sh, commands: {run: 'run'}}`,
    },
    files: { 'box.sh': `#!/bin/sh\n${script}\n` },
  });
}

const runId = (stderr: string) => /runs show (\S+)/.exec(stderr)?.[1] ?? '';
const summary = (stderr: string) => stderr.slice(stderr.indexOf('\n  failed'));

describe('a command that fails', () => {
  it('names the error and not the notice after it, in the summary and in the history', async () => {
    await make(
      'box',
      "echo 'Error: relation orders does not exist' >&2; echo 'a new version is available' >&2; exit 1",
    );
    const { code, stderr } = await project.tapline(['run', 'box:run']);
    expect(code).toBe(1);
    expect(summary(stderr)).toContain('box:run failed: it exited with code 1: Error: relation orders does not exist');
    expect(summary(stderr)).not.toContain('a new version');
    const shown = await project.tapline(['runs', 'show', runId(stderr)]);
    expect(shown.stdout).toContain('relation orders does not exist');
  });

  it('has its whole log kept for `logs show`', async () => {
    await make('box', "echo first; echo 'Error: no' >&2; echo last; exit 1");
    const { stderr } = await project.tapline(['run', 'box:run']);
    const { code, stdout } = await project.tapline(['logs', 'show', runId(stderr)]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/Job: box:run\n/);
    for (const line of ['first', 'Error: no', 'last']) expect(stdout).toContain(line);
    const json = JSON.parse((await project.tapline(['logs', 'show', runId(stderr), '--format', 'json'])).stdout);
    expect(json.runs).toMatchObject([{ job_name: 'box:run', state: 'FAIL' }]);
  });

  it('of dbt names the failed models and tests', async () => {
    const results = {
      results: [
        { unique_id: 'model.shop.ok', status: 'success', message: 'OK' },
        {
          unique_id: 'model.shop.orders',
          status: 'error',
          message: 'Database Error in model orders\n  column x does not exist\n  compiled code at target/run/x.sql',
        },
        { unique_id: 'test.shop.not_null_id', status: 'fail', message: 'Got 2 results, configured to fail if != 0' },
      ],
    };
    await make(
      'dbt-x',
      `mkdir -p target\ncat > target/run_results.json <<'END'\n${JSON.stringify(results)}\nEND\necho 'Done. PASS=1 ERROR=1'\necho parsing.\nexit 1`,
    );
    const { code, stderr } = await project.tapline(['run', 'dbt-x:run']);
    expect(code).toBe(1);
    expect(summary(stderr)).toContain('model.shop.orders: Database Error in model orders column x does not exist');
    expect(summary(stderr)).toContain('test.shop.not_null_id: Got 2 results');
    expect(summary(stderr)).not.toContain('parsing.');
  });
});

describe('a loader that logs JSON', () => {
  it('has its message and exception in the summary, and no JSON', async () => {
    const line = {
      level: 'error',
      message: 'Sync failed',
      exception: 'Traceback (most recent call last):\n  File "x.py", line 1\nValueError: bad date',
    };
    project = await ScriptedProject.make({
      target: `cat > /dev/null; printf '%s\\n' '${JSON.stringify(line)}' >&2; exit 1`,
    });
    const { code, stderr } = await project.run();
    expect(code).toBe(1);
    expect(summary(stderr)).toContain('Sync failed: ValueError: bad date');
    expect(summary(stderr)).not.toContain('{"level"');
  });
});

describe('a tap that refuses an option', () => {
  it('has a hint that names its capabilities', async () => {
    project = await ScriptedProject.make({
      tap: `echo 'usage: tap-x [-h] --config CONFIG' >&2; echo 'tap-x: error: unrecognized arguments: --catalog c.json' >&2; exit 2`,
    });
    const { code, stderr } = await project.run();
    expect(code).toBe(1);
    expect(summary(stderr)).toContain('unrecognized arguments: --catalog c.json');
    expect(summary(stderr)).toContain("'tap-x' does not take --catalog: remove `catalog` from its `capabilities`");
  });
});

describe('runs of two chains at once', () => {
  it('can be told apart in the lines of the runner, and keep the columns', async () => {
    project = await ScriptedProject.make({ tap: 'echo hello >&2; exit 1' });
    const yaml = (await project.read('meltano.yml')).replace(
      'loaders:',
      '- name: tap-with-a-long-name\n    inherit_from: tap-x\n  loaders:',
    );
    await project.put('meltano.yml', yaml);
    const { stderr } = await project.tapline([
      'run',
      '--no-fail-fast',
      'tap-x',
      'target-x',
      'tap-with-a-long-name',
      'target-x',
    ]);
    expect(stderr).toMatch(/Block failed\s+block='tap-x target-x'/);
    expect(stderr).toMatch(/\[info {5}\] tap-with-a-long-name hello/);
    expect(stderr).not.toContain('Run completed');
  });
});

describe('the history of a run', () => {
  it('has the options that the command line gave', async () => {
    project = await ScriptedProject.make({ tap: 'exit 1' });
    const { stderr } = await project.run(['--full-refresh']);
    const shown = await project.tapline(['runs', 'show', runId(stderr)]);
    expect(shown.stdout).toContain('command      tap-x target-x --full-refresh');
    const { runs } = JSON.parse((await project.tapline(['runs', 'list', '--format', 'json'])).stdout);
    expect(runs).toMatchObject([{ options: ['--full-refresh'] }]);
  });
});

describe('a mapper that prints what is not a message', () => {
  it('is named, and not only the loader that refuses it', async () => {
    project = await ScriptedProject.make({
      target: "while read -r line; do case $line in oops*) echo 'ValueError: no JSON' >&2; exit 1;; esac; done",
      files: { 'map.sh': '#!/bin/sh\necho oops\ncat > /dev/null\n' },
      yaml: {
        more: '  mappers:\n  - {name: map-x, namespace: map_x, executable: ./map.sh, mappings: [{name: shape, config: {}}]}',
      },
    });
    const { code, stderr } = await project.tapline(['run', 'tap-x', 'shape', 'target-x']);
    expect(code).toBe(1);
    expect(summary(stderr)).toMatch(
      /target-x exited with code 1, after map-x wrote a line that is not a Singer message \(line 1, .*ValueError: no JSON/,
    );
  });
});
