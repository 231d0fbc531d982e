/** What would otherwise be wrong in silence is told before data moves. */
import { afterEach, describe, expect, it } from 'vitest';
import { messages, ScriptedProject, schema } from '../faults/scripted-project.js';

let project: ScriptedProject;
afterEach(() => project.remove());

describe('a selection for a tap that takes no catalog', () => {
  async function make(more = ''): Promise<void> {
    project = await ScriptedProject.make({ yaml: { tap: 'select: [u.id]', more } });
    const yaml = (await project.read('meltano.yml')).replace('[catalog, discover, state]', '[discover, state]');
    await project.put('meltano.yml', yaml);
  }
  const told = "`select` has no effect on 'tap-x': it does not declare the capability `catalog`";

  it('is told by run, before the tap starts', async () => {
    await make();
    const { code, stderr } = await project.run();
    expect(code, stderr).toBe(0);
    expect(stderr.indexOf(told)).toBeGreaterThan(-1);
    expect(stderr.indexOf(told)).toBeLessThan(stderr.indexOf('Block run completed'));
  });

  it('is told by validate, and an error with --strict', async () => {
    await make();
    const { stdout, stderr } = await project.tapline(['validate']);
    expect(stdout + stderr).toContain(told);
    expect((await project.tapline(['validate', '--strict'])).code).toBe(1);
  });

  it('is told by select, which writes it all the same', async () => {
    await make();
    const { code, stderr } = await project.tapline(['select', 'tap-x', 'u', 'name']);
    expect(code, stderr).toBe(0);
    expect(stderr).toContain(told);
  });

  it('fails with `tapline.unsupported_selection: fail`', async () => {
    await make('tapline: {unsupported_selection: fail}');
    const { code, stderr } = await project.run();
    expect(code).toBe(1);
    expect(stderr).toContain('SELECTION_UNSUPPORTED');
    expect(await project.rows()).toEqual([]);
  });
});

describe('a variable that is not set', () => {
  it('is named by run and validate, with the setting and its location', async () => {
    project = await ScriptedProject.make({ yaml: { tap: 'settings: [{name: host}]\nconfig: {host: $NO_HOST}' } });
    const told = "variable 'NO_HOST' is not set: setting 'host' of 'tap-x' refers to it";
    const run = await project.run();
    expect(run.code, run.stderr).toBe(0);
    expect(run.stderr).toMatch(new RegExp(`${told} \\(meltano.yml:11:\\d+\\)`));
    const validated = await project.tapline(['validate', '--strict']);
    expect(validated).toMatchObject({ code: 0, stdout: 'The project is valid.\n' });
    expect(validated.stderr).toContain(`note: ${told}`);
    const set = { NO_HOST: 'db' };
    expect((await project.run([], set)).stderr).not.toContain('is not set');
    expect((await project.tapline(['validate', '--strict'], set)).code).toBe(0);
  });
});

describe('a schedule of an unknown job', () => {
  const more = `jobs: [{name: good, tasks: [tap-x target-x]}]
schedules:
- {name: ok, interval: '@daily', job: good}
- {name: bad, interval: '@daily', job: goood}`;

  it('leaves the others in the list and in the export, and is named', async () => {
    project = await ScriptedProject.make({ yaml: { more } });
    const list = await project.tapline(['schedule', 'list', '--format', 'json']);
    expect(list.code, list.stderr).toBe(0);
    expect(JSON.parse(list.stdout).schedules.job).toMatchObject([{ name: 'ok' }]);
    expect(list.stderr).toMatch(/job 'goood' of schedule 'bad' not found \(meltano\.yml:\d+:\d+\)/);
    const exported = await project.tapline(['export', 'airflow']);
    expect(exported.code).toBe(1);
    expect(exported.stdout).toContain('ok.py');
    expect(exported.stderr).toContain("Schedule 'bad' names the job 'goood'");
  });

  it('is told when it is added', async () => {
    project = await ScriptedProject.make({ yaml: { more } });
    const added = await project.tapline(['schedule', 'add', 'new', '--interval', '@daily', '--job', 'goodd']);
    expect(added.code, added.stderr).toBe(0);
    expect(added.stderr).toContain("job 'goodd' does not exist yet. Did you mean 'good'?");
  });
});

describe('records in BATCH files', () => {
  it('are not counted, and the summary says so', async () => {
    const batch = {
      type: 'BATCH',
      stream: 'u',
      encoding: { format: 'jsonl', compression: 'gzip' },
      manifest: ['file:///a.jsonl.gz', 'file:///b.jsonl.gz'],
    };
    project = await ScriptedProject.make({ tap: messages(schema, batch) });
    const { code, stderr } = await project.run();
    expect(code, stderr).toBe(0);
    expect(stderr).toContain('0 records, 2 BATCH files, not counted');
  });
});

describe('config without an environment', () => {
  it('says that the default environment is ignored, where it has values for the plugin', async () => {
    project = await ScriptedProject.make({ yaml: { tap: 'settings: [{name: host}]' } });
    expect((await project.tapline(['config', 'print', 'tap-x'])).stderr).toBe('');
    const yaml = (await project.read('meltano.yml')).replace(
      'environments: [{name: dev}]',
      'environments:\n- {name: dev, config: {plugins: {extractors: [{name: tap-x, config: {host: db}}]}}}',
    );
    await project.put('meltano.yml', yaml);
    const { stdout, stderr } = await project.tapline(['config', 'print', 'tap-x']);
    expect(JSON.parse(stdout)).toEqual({});
    expect(stderr).toContain("The default environment 'dev' is ignored here, but it has values for 'tap-x'");
    const chosen = await project.tapline(['--environment=dev', 'config', 'print', 'tap-x']);
    expect(JSON.parse(chosen.stdout)).toEqual({ host: 'db' });
  });
});

describe('a hint', () => {
  it('works as pasted: it has the environment of the run', async () => {
    project = await ScriptedProject.make({ discover: 'exit 3' });
    const { stderr } = await project.tapline(['--environment=dev', 'run', 'tap-x', 'target-x']);
    expect(stderr).toContain('`tapline --environment=dev invoke tap-x --discover`');
    expect(stderr).toContain('tapline --environment=dev runs show ');
  });
});

describe('an unknown setting', () => {
  it('is refused in .env, and told elsewhere with a suggestion', async () => {
    project = await ScriptedProject.make({ yaml: { tap: 'settings: [{name: host}]' } });
    const refused = await project.tapline(['config', 'set', 'tap-x', 'hosst', 'db', '--store=dotenv']);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain("setting 'hosst' is not defined and can't be stored in .env");
    expect(refused.stderr).toContain("Did you mean 'host'?");
    const told = await project.tapline(['config', 'set', 'tap-x', 'hosst', 'db']);
    expect(told.code).toBe(0);
    expect(told.stderr).toContain("Unknown setting 'hosst'");
  });
});

describe('a selection that leaves no stream', () => {
  const discover = `echo '{"streams": [{"tap_stream_id": "a", "stream": "a", "schema": {"properties": {"id": {}}}, "metadata": [{"breadcrumb": [], "metadata": {}}]}]}'`;
  const make = async (more = '') => {
    project = await ScriptedProject.make({
      discover,
      tap: messages(schema),
      yaml: { tap: 'select: [a.*, b.*]', more },
    });
    const yaml = (await project.read('meltano.yml')).replace(
      'environments: [{name: dev}]',
      "environments:\n- name: dev\n  config:\n    plugins:\n      extractors:\n      - name: tap-x\n        select: ['!a.*']",
    );
    await project.put('meltano.yml', yaml);
  };

  it('is told with the rule and its location', async () => {
    await make();
    const { code, stderr } = await project.run();
    expect(code, stderr).toBe(0);
    expect(stderr).toContain("the selection leaves none of the 1 streams of 'tap-x': `select` is '!a.*'");
    expect(stderr).toMatch(/meltano\.yml:9:\d+/);
  });

  it('fails with --fail-on-empty', async () => {
    await make();
    const { code, stderr } = await project.run(['--fail-on-empty']);
    expect(code).toBe(1);
    expect(stderr).toContain('SELECTION_EMPTY');
  });

  it('fails with `tapline.empty_selection: fail`', async () => {
    await make('tapline: {empty_selection: fail}');
    const { code, stderr } = await project.run();
    expect(code).toBe(1);
    expect(stderr).toContain('SELECTION_EMPTY');
  });
});
