/** Numbers from meltano.yml and from a state reach plugins, stores and JSON output with their digits. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { folderWith, tapline } from './program.js';

const long = '123456789012345678901234567890';
const bookmark = `{"version":1.0,"id":${long},"rate":1.10}`;
const yaml = `
default_environment: dev
environments: [{name: dev}]
plugins:
  extractors:
  - name: tap-x
    namespace: tap_x
    executable: ./tap.sh
    capabilities: [state]
    settings: [{name: rate, kind: decimal}, {name: opts, kind: object}, {name: preset, value: 3.0}]
    config:
      api_version: 2.0
      account: ${long}
      list: [1.0, {deep: 4.0}]
  loaders:
  - name: target-x
    namespace: target_x
    executable: ./target.sh
`;
const files = {
  'meltano.yml': yaml,
  'tap.sh': `#!/bin/sh
cat "$2" > config.json; env | grep ^TAP_X_API_VERSION > variables
[ -n "$4" ] && cat "$4" > state.json
echo '{"type":"SCHEMA","stream":"s","schema":{"properties":{}},"key_properties":[]}'
echo '{"type":"STATE","value":{"bookmarks":{"s":${bookmark}}}}'
`,
  'target.sh': `#!/bin/sh\ngrep STATE | sed 's/.*"value"://; s/}$//'\n`,
};

describe('numbers keep their digits', () => {
  let folder: string;
  const call = (...args: string[]) => tapline(folder, args, { env: { TAP_X_RATE: '2.50', TAP_X_OPTS: '{"q": 7.0}' } });
  const read = (name: string) => readFile(join(folder, name), 'utf8');
  const inside = [
    '"rate": 2.50',
    '"q": 7.0',
    '"preset": 3.0',
    '"api_version": 2.0',
    `"account": ${long}`,
    '1.0',
    '"deep": 4.0',
  ];

  beforeAll(async () => {
    folder = await folderWith(files);
    expect(await call('run', 'tap-x', 'target-x')).toMatchObject({ code: 0 });
    // The second run reads the parsed project from its cache, and the state of the first.
    expect(await call('run', 'tap-x', 'target-x')).toMatchObject({ code: 0 });
  });

  it.each(inside)('config file: %s', async (text) => {
    expect(await read('config.json')).toContain(text);
  });

  it('variables', async () => {
    expect(await read('variables')).toBe('TAP_X_API_VERSION=2.0\n');
  });

  it('state, in the file of the tap and on stdout', async () => {
    expect((await read('state.json')).replaceAll(/\s/g, '')).toContain(bookmark);
    expect((await call('state', 'get', 'dev:tap-x-to-target-x')).stdout).toContain(bookmark);
  });

  it.each(inside)('config print and the manifest: %s', async (text) => {
    expect((await call('config', 'print', 'tap-x')).stdout).toContain(text);
    await call('compile', '--unsafe');
    if (!/rate|"q"|preset/.test(text)) expect(await read('.meltano/manifests/meltano-manifest.json')).toContain(text);
  });

  it('a lock file', async () => {
    await mkdir(join(folder, 'plugins/extractors'), { recursive: true });
    await writeFile(
      join(folder, 'plugins/extractors/tap-y.lock'),
      '{"plugin_type": "extractors", "name": "tap-y", "namespace": "tap_y", "settings": [{"name": "v", "value": 1.0}]}',
    );
    await writeFile(join(folder, 'meltano.yml'), yaml.replace('  loaders:', '  - name: tap-y\n  loaders:'));
    expect((await call('config', 'print', 'tap-y')).stdout).toContain('"v": 1.0');
  });

  it('config set', async () => {
    expect(await call('config', 'set', 'tap-x', 'rate', '4.20')).toMatchObject({ code: 0 });
    expect(await call('config', 'set', 'tap-x', 'opts', '{"z": 5.0}')).toMatchObject({ code: 0 });
    expect(await read('meltano.yml')).toMatch(/rate: 4\.20\n {6}opts:\n {8}z: 5\.0\n/);
  });
});
