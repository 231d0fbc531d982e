import { describe, expect, it } from 'vitest';
import { misfits } from '../schemas.js';
import { folderWith, tapline } from './program.js';

const yaml = `env: {TAP_X_PORT: '7'}
environments:
- name: dev
  env: {TAP_X_PORT: '8'}
  config:
    plugins:
      extractors:
      - {name: tap-x, config: {token: $TOKEN}}
plugins:
  extractors:
  - name: tap-x
    namespace: tapns
    executable: ./x
    settings:
    - {name: port, kind: integer, value: 1}
    - {name: token, sensitive: true}
    - {name: region, value: eu}
    - {name: opts, kind: object}
    - {name: never}
    config: {port: 2, token: literal-secret, region: us-$REGION, opts: {a: 1}}
  - {name: tap-child, inherit_from: tap-x, config: {never: $UNSET_ONE}}
`;

const project = () => folderWith({ 'meltano.yml': yaml, '.env': 'TAP_X_TOKEN=in-dotenv\n' });

describe('config explain', () => {
  it('shows each place that sets a variable, and which of them wins', async () => {
    const folder = await project();
    const args = ['--environment=dev', 'config', 'explain', 'tap-x', 'port'];
    const { code, stdout } = await tapline(folder, args, { env: { TAP_X_PORT: '9' } });
    expect(code).toBe(0);
    expect(stdout).toBe(`port = 8
  → variable TAP_X_PORT  "8"  meltano.yml:4:21
    variable TAP_X_PORT  "7"  meltano.yml:1:19
    variable TAP_X_PORT  "9"
    meltano.yml          2  meltano.yml:20:20
    default              1
    TAP_X_PORT of \`env:\` (meltano.yml:4:21) wins over TAP_X_PORT of \`env:\` (meltano.yml:1:19); the result is 8.
`);
  });

  it('hides secrets, but not what only names a variable', async () => {
    const folder = await project();
    const explain = (...more: string[]) =>
      tapline(folder, ['--environment=dev', 'config', 'tap-x', 'explain', 'token', ...more]);
    const { stdout } = await explain();
    expect(stdout).toContain('→ .env TAP_X_TOKEN  "(redacted)"  .env:1:1\n');
    expect(stdout).toContain('environment       "$TOKEN"  meltano.yml:8:39\n');
    expect(stdout).not.toMatch(/in-dotenv|literal-secret/);
    expect((await explain('--unsafe')).stdout).toContain('"literal-secret"');
  });

  it('does not tell what a secret becomes', async () => {
    const folder = await folderWith({ 'meltano.yml': yaml });
    const env = { TOKEN: 'hunter2hunter2' };
    const { stdout } = await tapline(folder, ['--environment=dev', 'config', 'explain', 'tap-x'], { env });
    expect(stdout).toContain('token = "(redacted)"\n  → environment  "$TOKEN"');
    expect(stdout).not.toContain('hunter2hunter2');
  });

  it('hides secrets inside of others, wherever they stand', async () => {
    const nested = `state_backend.uri: s3://me:hunter2hunter2@x/y
plugins:
  extractors:
  - name: tap-x
    namespace: tap_x
    executable: ./x
    settings: [{name: auth, kind: object}, {name: auth.password, sensitive: true}]
    config: {auth: {user: me, password: hunter2hunter2}}
  - {name: tap-y, inherit_from: tap-x}
`;
    const folder = await folderWith({ 'meltano.yml': nested });
    const env = { TAP_X_AUTH: '{"user": "me", "password": "hunter3hunter3"}' };
    for (const words of [['tap-x'], ['tap-y'], ['tap-y', '--format=json'], ['meltano', 'state_backend.uri']]) {
      const { stdout } = await tapline(folder, ['config', 'explain', ...words], { env });
      expect(stdout).toContain('redacted');
      expect(stdout).not.toMatch(/hunter[23]hunter/);
    }
  });

  it('tells of references, parents, parts and what is not set', async () => {
    const folder = await project();
    const explain = async (...words: string[]) => (await tapline(folder, ['config', 'explain', ...words])).stdout;
    expect(await explain('tap-x', 'region')).toContain('meltano.yml wins over its default; the result is "us-".');
    expect(await explain('tap-child', 'port')).toContain('→ inherited tap-x  7  meltano.yml:1:19\n');
    expect(await explain('tap-child', 'never')).toContain('so the value is empty');
    expect(await explain('tap-x', 'never')).toContain('Nothing sets it (variable: TAP_X_NEVER).');
    expect(await explain('tap-x', 'opts')).toContain('It is merged from opts.a');
    expect(await explain('tap-x', 'select')).toContain('_select = ["*.*"]\n  → default');
    expect(await explain('meltano')).toBe("Nothing is set for 'meltano': all settings have their default values.\n");
    expect(await explain('meltano', 'cli.log_level')).toContain('so the default applies');
    expect(await explain('meltano', '--all')).toContain('\n\nstate_backend.uri = ');
  });

  it('is JSON where that is wanted', async () => {
    const folder = await project();
    const { stdout } = await tapline(folder, ['config', 'explain', 'tap-child', '--format=json']);
    const explained = JSON.parse(stdout);
    expect(misfits('output-config-explain', explained)).toBeUndefined();
    expect(explained.settings.map(({ name }: { name: string }) => name)).toEqual([
      'port',
      'token',
      'region',
      'opts',
      'never',
      'opts.a',
    ]);
    expect(explained.settings[0]).toMatchObject({
      from: 'inherited',
      value: 7,
      layers: [
        { wins: true, inherited_from: 'tap-x', line: 1 },
        { layer: 'default', wins: false },
      ],
    });
  });

  it('suggests a name for one that is unknown', async () => {
    const ended = await tapline(await project(), ['config', 'explain', 'tap-x', 'prot']);
    expect(ended).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining("Did you mean 'port'?") });
  });
});
