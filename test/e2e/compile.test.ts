import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { folderWith, tapline } from './program.js';

const yaml = `default_environment: dev
state_backend: {s3: {aws_secret_access_key: hunter2hunter2}}
env: {REGION: eu, ROOT: $MELTANO_PROJECT_ROOT/x}
environments:
- name: dev
- name: prod
  env: {REGION: us}
  annotations: {team: {owner: me}}
  config:
    plugins:
      extractors:
      - {name: tap-x, config: {port: 99}, env: {EXTRA: of-$REGION}}
plugins:
  extractors:
  - name: tap-x
    namespace: tap_x
    executable: ./x
    capabilities: [discover]
    settings: [{name: port, kind: integer}, {name: token, sensitive: true}, {name: key, sensitive: true}]
    config: {port: 1, token: $TAP_TOKEN, key: secretly1, region: eu-$REGION}
  - name: tap-child
    inherit_from: tap-x
    config: {port: 2}
  loaders:
  - {name: target-y, variant: meltano}
schedules:
- {name: nightly, interval: '@daily', job: both}
jobs:
- {name: both, tasks: tap-x target-y}
`;

const lock = {
  plugin_type: 'loaders',
  name: 'target-y',
  namespace: 'target_y',
  variant: 'meltano',
  label: 'Target Y',
  docs: 'https://example.com',
  pip_url: 'target-y',
  settings: [{ name: 'out' }],
};

const project = () =>
  folderWith({ 'meltano.yml': yaml, 'plugins/loaders/target-y--meltano.lock': JSON.stringify(lock) });

const manifest = async (file: string) => JSON.parse(await readFile(file, 'utf8'));

describe('compile', () => {
  it('writes a manifest for none and for each environment', async () => {
    const folder = await project();
    const ended = await tapline(folder, ['compile']);
    const manifests = join(folder, '.meltano/manifests');
    const names = ['meltano-manifest.json', 'meltano-manifest.dev.json', 'meltano-manifest.prod.json'];
    expect(ended).toEqual({
      code: 0,
      stderr: '',
      stdout: `Compiling Meltano manifest for environments: no environment, dev, prod\n${names.map((name) => `Compiled ${join(manifests, name)}\n`).join('')}`,
    });
    expect((await readdir(manifests)).sort()).toEqual([...names].sort());
    const prod = await manifest(join(manifests, 'meltano-manifest.prod.json'));
    expect(prod.env).toMatchObject({ REGION: 'us', MELTANO_CLI_LOG_LEVEL: 'info', ROOT: '$MELTANO_PROJECT_ROOT/x' });
    expect(prod).toMatchObject({ annotations: { team: { owner: 'me' } }, schedules: [{ name: 'nightly', env: {} }] });
    expect(prod.environments).toBeUndefined();
    expect(Object.keys(prod)).toEqual(Object.keys(prod).sort());
    const [tap, child] = prod.plugins.extractors;
    // Values stay as they are written; what is not a reference in a sensitive setting is hidden.
    expect(tap.config).toEqual({ port: 99, token: '$TAP_TOKEN', key: '(redacted)', region: 'eu-$REGION' });
    expect(tap.env).toMatchObject({ TAP_X_PORT: '99', TAP_X_KEY: '(redacted)', EXTRA: 'of-$REGION' });
    expect(tap).toMatchObject({ plugin_type: 'extractors', capabilities: ['discover'], label: 'tap-x' });
    expect(child).toMatchObject({ name: 'tap-child', inherit_from: 'tap-x', config: { port: 2 }, executable: './x' });
    expect(prod.plugins.loaders).toMatchObject([{ ...lock, env: { TARGET_Y__DIALECT: 'target_y' } }]);
    expect(prod.plugins.mappers).toEqual([]);
    const none = await manifest(join(manifests, 'meltano-manifest.json'));
    expect(none.plugins.extractors[0].config.port).toBe(1);
    for (const name of names) {
      const text = await readFile(join(manifests, name), 'utf8');
      expect(text).not.toContain('hunter2hunter2');
      expect(text).not.toContain('secretly1');
    }
  });

  it('writes one where one is asked for, as it is asked for', async () => {
    const folder = await project();
    const ended = await tapline(folder, [
      '--environment=prod',
      'compile',
      '--unsafe',
      '--indent=-1',
      '--directory',
      'build/here',
    ]);
    const file = join(folder, 'build/here/meltano-manifest.prod.json');
    expect(ended.stdout).toBe(`Compiling Meltano manifest for environments: prod\nCompiled ${file}\n`);
    const text = await readFile(file, 'utf8');
    expect(text.trimEnd()).not.toContain('\n');
    expect(text).toContain('"key": "secretly1"');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await tapline(folder, ['--no-environment', 'compile'])).stdout).toContain('environments: no environment\n');
  });

  it('warns of faults where it is asked to, and says what it can not write', async () => {
    const folder = await folderWith({
      'meltano.yml': "schedules: [{name: x, interval: '@dayly', job: y}]\n",
      taken: '',
    });
    const linted = await tapline(folder, ['compile', '--lint']);
    expect(linted.code).toBe(0);
    expect(linted.stderr).toContain("names the job 'y', which does not exist");
    expect((await tapline(folder, ['compile'])).stderr).toBe('');
    const refused = await tapline(folder, ['compile', '--directory=taken/x']);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('Unable to write Meltano manifest') });
  });
});
