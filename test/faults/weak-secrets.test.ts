/** A password that is also an ordinary word hides neither names nor counts, and is hidden where plugins say it. */
import { afterEach, describe, expect, it } from 'vitest';
import { load, messages, projectFile, record, ScriptedProject, schema, state } from './scripted-project.js';

let project: ScriptedProject;
afterEach(() => project.remove());

interface Parts {
  password: string;
  tap?: string;
  target?: string;
}

const settings = `settings: [{name: password, kind: password}, {name: host}]
config: {password: $PASSWORD, host: postgres-prod.internal}`;

/** The plugins are `tap-postgres` and `target-postgres`. */
async function make({ tap = messages(schema, record(1), state(1)), target = load }: Omit<Parts, 'password'> = {}) {
  project = await ScriptedProject.make({ tap, target });
  const yaml = projectFile({ tap: settings }).replaceAll('-x', '-postgres').replaceAll('_x', '_postgres');
  await project.put('meltano.yml', yaml);
}

async function runWith({ password, ...scripts }: Parts) {
  await make(scripts);
  return project.tapline(['run', 'tap-postgres', 'target-postgres'], { PASSWORD: password });
}

describe('a weak secret', () => {
  it.each(['postgres', 'records', 'tap', 'target', 'admin', 'ok', '1', 'tap-postgres'])(
    '%s leaves the summary readable',
    async (password) => {
      const { code, stderr } = await runWith({ password });
      expect(code, stderr).toBe(0);
      expect(stderr).toMatch(/ok +tap-postgres → target-postgres {2}1 record,/);
      expect(stderr).not.toContain('*****');
    },
  );

  it('is told once, by the name of its setting', async () => {
    const { stderr } = await runWith({ password: 'postgres' });
    expect(stderr.match(/too common/g)).toHaveLength(1);
    expect(stderr).toContain("setting 'password' of 'tap-postgres' is too common a word or number to be hidden safely");
  });

  it('is hidden in the output of a plugin where it stands alone, and hosts stay', async () => {
    const said = ['password=postgres rejected', 'could not translate host name "postgres-prod.internal" to address'];
    const tap = `${said.map((line) => `echo '${line}' >&2`).join('\n')}\nexit 3`;
    const { code, stderr } = await runWith({ password: 'postgres', tap });
    expect(code).toBe(1);
    expect(stderr).toContain('password=***** rejected');
    expect(stderr).toContain('host name "postgres-prod.internal"');
    expect(stderr).not.toContain('password=postgres');
    expect(stderr).toContain('tap-postgres');
  });

  it('is hidden in the manifest at its setting only', async () => {
    await make();
    const { code, stderr, stdout } = await project.tapline(['compile'], { PASSWORD: 'postgres' });
    expect(code, stderr + stdout).toBe(0);
    const { readFile } = await import('node:fs/promises');
    const manifest = JSON.parse(await readFile(project.path('.meltano/manifests/meltano-manifest.dev.json'), 'utf8'));
    const [tap] = manifest.plugins.extractors;
    expect(tap).toMatchObject({ name: 'tap-postgres', namespace: 'tap_postgres' });
    expect(tap.config).toEqual({ password: '$PASSWORD', host: 'postgres-prod.internal' });
    expect(tap.env).toMatchObject({ TAP_POSTGRES_PASSWORD: '(redacted)', TAP_POSTGRES_HOST: 'postgres-prod.internal' });
  });

  it('as the name of a pipeline part does not keep a run from being retried', async () => {
    const failing = await runWith({ password: 'tap-postgres', tap: 'exit 3' });
    expect(failing.code).toBe(1);
    const retried = await project.tapline(['retry', '--dry-run'], { PASSWORD: 'tap-postgres' });
    expect(retried.code, retried.stderr).toBe(0);
  });
});
