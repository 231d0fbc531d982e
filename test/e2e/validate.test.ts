import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { misfits } from '../schemas.js';
import { folderWith, tapline } from './program.js';

const yaml = `default_environment: stagin
include_paths: [more.yml]
environments:
- name: staging
  config:
    plugins:
      extractors:
      - name: tap-x
        config: {port: abc}
      - name: tap-y
plugins:
  extractors:
  - name: tap-x
    namespace: tap_x
    executable: ./x
    settings:
    - {name: port, kind: integer}
    - {name: token, sensitive: true}
    - {name: mode, kind: options, options: [{label: a, value: a}]}
    config: {port: $PORT, tokn: x, mode: b, opts: {a: 1}}
    commands: {bad: "say 'x"}
  - name: tap-hub
  loaders:
  - name: target-y
    namespace: target_y
    executable: ./y
jobs:
- {name: good, tasks: [tap-x target-y]}
- {name: bad, tasks: [tap-x target-z]}
schedules:
- {name: typo, interval: '@dayly', job: goood}
- {name: half, interval: '* * * * *', extractor: tap-q}
`;
const more = `schedules:
- {name: both, interval: '@daily', job: good, loader: target-y}
`;

/** As \`place severity code\`, one a line. */
async function findings(folder: string, ...args: string[]): Promise<{ code: number; lines: string[] }> {
  const ended = await tapline(folder, ['validate', '--format=json', ...args]);
  const result = JSON.parse(ended.stdout);
  expect(misfits('output-validate', result)).toBeUndefined();
  const lines = result.findings.map(
    (each: Record<string, string>) =>
      `${each.file?.slice(folder.length + 1)}:${each.line} ${each.severity} ${each.code}${each.environment === null ? '' : ` in ${each.environment}`}`,
  );
  return { code: ended.code, lines };
}

describe('validate', () => {
  /** A project that a run fails in, by what is wrong with it. */
  const failing: Record<string, { yaml: string; lines: string[] }> = {
    'plugins are hidden by a misspelt type': {
      yaml: 'plugins:\n  extractor:\n  - {name: tap-csv, variant: tapline}\n',
      lines: ['meltano.yml:2 error KEY_UNKNOWN'],
    },
    'plugins are hidden by a misspelt key': {
      yaml: 'pluginz:\n  extractors:\n  - {name: tap-csv, variant: tapline}\n',
      lines: ['meltano.yml:1 error KEY_UNKNOWN'],
    },
    'an environment sets values under a misspelt type': {
      yaml: 'environments:\n- name: dev\n  config: {plugins: {loader: [{name: target-x}]}}\n',
      lines: ['meltano.yml:3 error KEY_UNKNOWN'],
    },
    'a bundled plugin lacks required settings': {
      yaml: 'plugins:\n  extractors:\n  - {name: tap-csv, variant: tapline}\n',
      lines: ['meltano.yml:3 error SETTING_MISSING'],
    },
    'a state ID would have a colon too many': {
      yaml: "environments:\n- {name: dev, state_id_suffix: 'a:b'}\n",
      lines: ['meltano.yml:2 error STATE_ID_INVALID in dev'],
    },
    'the system database is of an unsupported kind': {
      yaml: 'database_uri: mysql://host/name\n',
      lines: ['undefined:null error DATABASE_URI'],
    },
  };

  it.each(Object.entries(failing))('fails when %s', async (_, { yaml, lines }) => {
    const folder = await folderWith({ 'meltano.yml': yaml });
    expect(await findings(folder)).toEqual({ code: 1, lines });
  });

  it('accepts required settings from an environment, a variable, or in a child', async () => {
    const files = '{files: [{entity: a, path: a.csv}]}';
    const folder = await folderWith({
      'meltano.yml': `environments:
- {name: dev}
- name: prod
  config: {plugins: {extractors: [{name: tap-csv, config: ${files}}]}}
plugins:
  extractors:
  - {name: tap-csv, variant: tapline}
  - {name: tap-parent, inherit_from: tap-csv, variant: tapline}
  - {name: tap-child, inherit_from: tap-parent, config: ${files}}
  loaders:
  - {name: target-sqlite, variant: tapline}
`,
      '.env': 'TARGET_SQLITE_PATH=x.db\n',
    });
    expect(await findings(folder)).toEqual({ code: 0, lines: [] });
  });

  it('lists every fault with its place, and is not a run: nothing is made', async () => {
    const folder = await folderWith({ 'meltano.yml': yaml, 'more.yml': more });
    expect(await findings(folder)).toEqual({
      code: 1,
      lines: [
        'meltano.yml:1 error ENVIRONMENT_UNKNOWN',
        'meltano.yml:9 error SETTING_CAST in staging',
        'meltano.yml:10 warning PLUGIN_UNKNOWN in staging',
        'meltano.yml:13 error USAGE',
        'meltano.yml:20 warning SETTING_UNKNOWN',
        'meltano.yml:20 error SETTING_CAST',
        'meltano.yml:22 warning PLUGIN_DEFINITION_MISSING',
        'meltano.yml:29 error BLOCK_UNKNOWN',
        'meltano.yml:31 error SCHEDULE_INVALID',
        'meltano.yml:31 error JOB_UNKNOWN',
        'meltano.yml:32 error SCHEDULE_INVALID',
        'meltano.yml:32 error PLUGIN_UNKNOWN',
        'more.yml:2 error SCHEDULE_INVALID',
      ],
    });
    const text = await tapline(folder, ['validate']);
    expect(text).toMatchObject({ code: 1, stderr: '' });
    expect(text.stdout).toContain(
      "meltano.yml:20:33: warning: 'tokn' is not a setting that tap-x defines. [SETTING_UNKNOWN]\n",
    );
    expect(text.stdout).toContain("  hint: Did you mean 'token'?\n");
    expect(text.stdout).toMatch(/\n10 errors, 3 warnings\n$/);
    const made = await readdir(join(folder, '.meltano')).catch(() => []);
    expect(made).not.toContain('meltano.db');
  });

  it('is content with warnings, unless it is strict', async () => {
    const folder = await folderWith({ 'meltano.yml': 'plugins:\n  extractors:\n  - {name: tap-hub}\n' });
    expect((await findings(folder)).code).toBe(0);
    expect((await findings(folder, '--strict')).code).toBe(1);
    await writeFile(join(folder, 'meltano.yml'), 'plugins: {}\n');
    expect(await tapline(folder, ['validate', '--strict'])).toEqual({
      code: 0,
      stdout: 'The project is valid.\n',
      stderr: '',
    });
  });

  it.each([
    [
      'plugins: {extractors: 5}\njobs: [{nam: x}]\n',
      ['meltano.yml:1 error PROJECT_SHAPE', 'meltano.yml:2 error PROJECT_SHAPE', 'meltano.yml:2 error PROJECT_SHAPE'],
    ],
    ['plugins: [\n', ['meltano.yml:2 error PROJECT_SYNTAX']],
    ['', ['meltano.yml:1 error PROJECT_EMPTY']],
  ])('lists what keeps a project from being read: %j', async (text, lines) => {
    expect(await findings(await folderWith({ 'meltano.yml': text }))).toEqual({ code: 1, lines });
  });

  it('needs a project', async () => {
    expect((await tapline(await folderWith({}), ['validate'])).stderr).toContain('[PROJECT_NOT_FOUND]');
  });
});

describe('plugin list', () => {
  it('has all plugins, those too whose definition is missing', async () => {
    const folder = await folderWith({
      'meltano.yml': yaml.replace('@dayly', '@daily').replace('stagin\n', 'staging\n'),
      'more.yml': more,
    });
    const { code, stdout } = await tapline(folder, ['plugin', 'list', '--format=json']);
    expect(code).toBe(0);
    expect(misfits('output-plugin-list', JSON.parse(stdout))).toBeUndefined();
    expect(JSON.parse(stdout)).toMatchObject([
      { type: 'extractor', name: 'tap-x', variant: 'default', custom: true, pip_url: null },
      { name: 'tap-hub', variant: null, custom: false },
      { type: 'loader', name: 'target-y' },
    ]);
    expect((await tapline(folder, ['plugin', 'list'])).stdout).toMatch(
      /^TYPE +NAME +VARIANT +INHERIT FROM +CUSTOM\nextractor +tap-x +default +✓\n/,
    );
    const empty = await folderWith({ 'meltano.yml': 'plugins: {}\n' });
    expect((await tapline(empty, ['plugin', 'list'])).stdout).toContain('No plugins are defined');
  });
});
