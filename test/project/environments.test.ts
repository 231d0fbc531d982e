import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readMapText } from '../../src/project/map-as-text.js';
import type { EnvironmentPolicy, LoadProjectOptions } from '../../src/project/types.js';
import { errorOf, loadFiles } from './project-folder.js';

const three = `default_environment: dev
environments:
- name: dev
- name: staging
- name: prod
plugins: {}
`;
const noDefault = three.split('\n').slice(1).join('\n');

interface Choice {
  what: string;
  yml?: string;
  dotenv?: string;
  options?: LoadProjectOptions;
  name: string | undefined;
  by: string;
}

const choices: Choice[] = [
  { what: 'the default', name: 'dev', by: 'default' },
  {
    what: 'the flag over all',
    options: { environment: 'prod', env: { MELTANO_ENVIRONMENT: 'staging' } },
    name: 'prod',
    by: 'flag',
  },
  {
    what: 'the variable over .env',
    options: { env: { MELTANO_ENVIRONMENT: 'prod' } },
    dotenv: 'MELTANO_ENVIRONMENT=staging',
    name: 'prod',
    by: 'variable',
  },
  { what: '.env over the default', dotenv: 'MELTANO_ENVIRONMENT=staging', name: 'staging', by: 'variable' },
  {
    what: 'an empty variable chooses nothing, not even .env',
    options: { env: { MELTANO_ENVIRONMENT: '' } },
    dotenv: 'MELTANO_ENVIRONMENT=staging',
    name: 'dev',
    by: 'default',
  },
  { what: 'an empty flag chooses nothing', options: { environment: '' }, name: 'dev', by: 'default' },
  {
    what: 'MELTANO_DEFAULT_ENVIRONMENT over default_environment',
    options: { env: { MELTANO_DEFAULT_ENVIRONMENT: 'prod' } },
    name: 'prod',
    by: 'default',
  },
  {
    what: 'MELTANO_DEFAULT_ENVIRONMENT in .env',
    dotenv: 'MELTANO_DEFAULT_ENVIRONMENT=prod',
    name: 'prod',
    by: 'default',
  },
  {
    what: '--no-environment',
    options: { environment: null, env: { MELTANO_ENVIRONMENT: 'prod' } },
    name: undefined,
    by: 'nothing',
  },
  { what: '--environment=null', options: { environment: 'null' }, name: undefined, by: 'nothing' },
  {
    what: 'MELTANO_ENVIRONMENT=NULL',
    options: { env: { MELTANO_ENVIRONMENT: 'NULL' } },
    name: undefined,
    by: 'nothing',
  },
  { what: 'a policy that ignores the default', options: { policy: 'explicit' }, name: undefined, by: 'ignored' },
  {
    what: 'a policy that ignores the default, and a flag',
    options: { policy: 'explicit', environment: 'prod' },
    name: 'prod',
    by: 'flag',
  },
  {
    what: 'a policy that ignores the default, and a variable',
    options: { policy: 'explicit', env: { MELTANO_ENVIRONMENT: 'prod' } },
    name: 'prod',
    by: 'variable',
  },
  {
    what: 'a policy without environments',
    options: { policy: 'none', environment: 'prod' },
    name: undefined,
    by: 'nothing',
  },
  { what: 'none to choose', yml: noDefault, name: undefined, by: 'nothing' },
  { what: 'none to ignore', yml: noDefault, options: { policy: 'explicit' }, name: undefined, by: 'nothing' },
  { what: 'a policy that requires one', options: { policy: 'required' }, name: 'dev', by: 'default' },
];

describe('the active environment', () => {
  it.each(choices)('$what: $name by $by', async ({ yml = three, dotenv = '', options, name, by }) => {
    const project = await loadFiles({ 'meltano.yml': yml, '.env': `${dotenv}\n` }, options);
    expect([project.environment?.name, project.environmentChosenBy]).toStrictEqual([name, by]);
  });

  it.each<[string, LoadProjectOptions, string]>([
    ['the flag', { environment: 'prd' }, '--environment'],
    ['the variable', { env: { MELTANO_ENVIRONMENT: 'prd' } }, 'MELTANO_ENVIRONMENT'],
    ['the default', { env: { MELTANO_DEFAULT_ENVIRONMENT: 'prd' } }, 'default_environment'],
  ])('that is unknown, from %s, is ENVIRONMENT_UNKNOWN and says what there is', async (_, options, source) => {
    const error = await errorOf(loadFiles(three, options));
    expect(error).toMatchObject({ code: 'ENVIRONMENT_UNKNOWN', exitCode: 1 });
    expect(error.message).toContain(`'prd' (from ${source})`);
    expect(error.hint).toBe("Did you mean 'prod'? Available: dev, staging, prod.");
  });

  it.each<EnvironmentPolicy>(['explicit', 'none'])(
    'unknown as the default does not matter to the policy %s',
    async (policy) => {
      const project = await loadFiles('default_environment: gone\nplugins: {}\n', { policy });
      expect(project.environment).toBeUndefined();
    },
  );

  it.each<[string, string, LoadProjectOptions]>([
    ['no default', noDefault, {}],
    ['--no-environment', three, { environment: null }],
  ])('that is required, with %s, is ENVIRONMENT_REQUIRED', async (_, yml, options) => {
    const error = await errorOf(loadFiles(yml, { ...options, policy: 'required' }));
    expect(error.code).toBe('ENVIRONMENT_REQUIRED');
    expect(error.hint).toContain('default_environment');
  });
});

describe('the top-level env:', () => {
  const both = `default_environment: dev
env:
  SHARED: all
  PORT: 5432
  RATIO: 2.0
  ON: true
  GONE:
  dev:
    MELTANO_ENVIRONMENT: dev
    PG_HOST: localhost
    PG_PORT: 5433
    MELTANO_LOG_LEVEL: debug
  prod:
    MELTANO_ENVIRONMENT: dev
    PG_HOST: db.internal
environments:
- name: dev
  env: {PG_HOST: from-the-list}
  config: {plugins: {extractors: [{name: tap-a, config: {x: 1}}]}}
plugins: {}
`;

  it('holds variables for all, as Python would write them', async () => {
    const { env } = await loadFiles(both);
    expect(env).toStrictEqual({ SHARED: 'all', PORT: '5432', RATIO: '2.0', ON: 'True' });
  });

  it('declares and fills environments with its maps, below the list', async () => {
    const { environments } = await loadFiles(both);
    expect(environments.map(({ name, declaredIn, env }) => ({ name, declaredIn, env }))).toStrictEqual([
      {
        name: 'dev',
        declaredIn: 'environments',
        env: { MELTANO_ENVIRONMENT: 'dev', PG_HOST: 'from-the-list', PG_PORT: '5433', MELTANO_LOG_LEVEL: 'debug' },
      },
      { name: 'prod', declaredIn: 'env', env: { MELTANO_ENVIRONMENT: 'dev', PG_HOST: 'db.internal' } },
    ]);
  });

  it('never selects another environment by the MELTANO_ENVIRONMENT inside a map, and says so', async () => {
    const project = await loadFiles(both, { environment: 'prod' });
    expect(project.environment?.name).toBe('prod');
    expect(project.warnings).toMatchObject([{ code: 'ENVIRONMENT_NAME', at: { line: 13, col: 3 } }]);
  });

  it('knows where the variables of an environment stand, in both forms', async () => {
    const project = await loadFiles(both);
    const place = (...path: (string | number)[]) => project.locate(path)?.line;
    expect(place('environments', 0, 'env', 'PG_HOST')).toBe(18);
    expect(place('environments', 0, 'env', 'PG_PORT')).toBe(11);
    expect(place('environments', 1)).toBe(13);
    expect(place('environments', 1, 'env', 'PG_HOST')).toBe(15);
    expect(place('environments', 1, 'env', 'NOPE')).toBeUndefined();
    expect(place('environments', 0, 'config', 'plugins', 'extractors', 0, 'config', 'x')).toBe(19);
    expect(place('env', 'PORT')).toBe(4);
  });

  /** Meltano 4.4.1 wrote exactly this in place of the map, with project_id at the end. */
  const rewritten = `default_environment: dev
env:
  dev: "{'MELTANO_ENVIRONMENT': 'dev', 'PG_PORT': 5432, 'T': True, 'D': \\"it's\\"}"
  SETTINGS: '{"a": "1"}'
plugins: {}
project_id: 01a20381-0af6-76bd-a673-c1b5925a423e
`;

  it('that the original rewrote as text is read back, with a warning', async () => {
    const project = await loadFiles(rewritten);
    expect(project.environment).toMatchObject({
      name: 'dev',
      declaredIn: 'env',
      env: { MELTANO_ENVIRONMENT: 'dev', PG_PORT: '5432', T: 'True', D: "it's" },
    });
    expect(project.env).toStrictEqual({ SETTINGS: '{"a": "1"}' });
    expect(project.warnings).toMatchObject([
      { code: 'ENVIRONMENT_AS_TEXT', at: { file: join(project.root, 'meltano.yml'), line: 3, col: 8 } },
    ]);
  });

  it.each<[string, string, Record<string, string> | undefined]>([
    ['dev', `{'A': 'x, y: z', 'B': None}`, { A: 'x, y: z' }],
    ['dev', `{"A": "x\\ty", "B": 1.5}`, { A: 'x\ty', B: '1.5' }],
    ['dev', `{'A': 'caf\\xe9 \\u20ac \\\\'}`, { A: 'café € \\' }],
    ['CREDENTIALS', `{"type": "service_account"}`, undefined],
    ['dev', `{"a": {"b": 1}}`, undefined],
    ['dev', `{'a-b': 1}`, undefined],
    ['dev', '{}', undefined],
    ['dev', `{'A': }`, undefined],
    ['dev', '{not a map}', undefined],
    ['dev', 'text', undefined],
  ])('of which %s is %s', (name, text, values) => {
    expect(readMapText(name, text)).toStrictEqual(values);
  });
});

describe('an environment', () => {
  it('has suffix, annotations and plugin entries of any keys', async () => {
    const yml = `environments:
- name: dev
  state_id_suffix: nightly_$TEAM
  annotations: {tapline: {x: 1}}
  env: {A: 1, B: yes, C: 2.50, D: }
  config:
    plugins:
      extractors:
      - name: tap-a
        config: {a: 1}
        pip_url: other
        select: ['a.*']
- name: 2024
plugins: {}
`;
    const { environments, warnings } = await loadFiles(yml);
    expect(environments[0]).toStrictEqual({
      name: 'dev',
      stateIdSuffix: 'nightly_$TEAM',
      annotations: { tapline: { x: 1 } },
      env: { A: '1', B: 'yes', C: '2.5' },
      plugins: { extractors: [{ name: 'tap-a', config: { a: 1 }, pip_url: 'other', select: ['a.*'] }] },
      declaredIn: 'environments',
    });
    expect(environments[1]?.name).toBe('2024');
    expect(warnings).toStrictEqual([]);
  });
});
