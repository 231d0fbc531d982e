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
