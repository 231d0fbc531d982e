import { describe, expect, test } from 'vitest';
import { TaplineError } from '../../src/errors.js';
import { printableProject } from '../../src/settings/redact.js';
import { box, openProject } from './open-project.js';

describe('the log level', () => {
  test.each([
    ['its default', {}, undefined, '', 'info'],
    ['the short variable, in any case', { MELTANO_LOG_LEVEL: 'DEBUG' }, undefined, '', 'debug'],
    [
      'the long variable before it',
      { MELTANO_LOG_LEVEL: 'debug', MELTANO_CLI_LOG_LEVEL: 'error' },
      undefined,
      '',
      'error',
    ],
    [
      'the long one in .env before it too',
      { MELTANO_LOG_LEVEL: 'debug' },
      'MELTANO_CLI_LOG_LEVEL=error\n',
      '',
      'error',
    ],
    [
      'the short one before meltano.yml',
      { MELTANO_LOG_LEVEL: 'debug' },
      undefined,
      'cli: {log_level: error}\n',
      'debug',
    ],
    ['the short one in .env', {}, 'MELTANO_LOG_LEVEL=debug\n', '', 'debug'],
    ['the map of the environment in env:', {}, undefined, 'env: {dev: {MELTANO_LOG_LEVEL: warning}}\n', 'warning'],
    [
      'env: of the environment',
      {},
      undefined,
      'environments: [{name: dev, env: {MELTANO_LOG_LEVEL: warning}}]\n',
      'warning',
    ],
  ])('%s', async (_, env, dotenv, yaml, level) => {
    const environment = yaml.includes('dev') ? 'dev' : undefined;
    const { settings } = await openProject(`${yaml}plugins: {}\n`, { env, dotenv, environment });
    expect(settings.projectSetting('cli.log_level')).toBe(level);
  });

  test('one that does not exist is refused', async () => {
    const { settings } = await openProject('plugins: {}\n', { env: { MELTANO_LOG_LEVEL: 'loud' } });
    expect(() => settings.projectSetting('cli.log_level')).toThrow(TaplineError);
  });
});

describe('settings of the project', () => {
  test('the command line wins over all', async () => {
    const { settings } = await openProject('database_uri: sqlite:///a.db\n', {
      env: { MELTANO_DATABASE_URI: 'sqlite:///b.db' },
      overrides: { database_uri: 'sqlite:///c.db' },
    });
    expect(settings.projectSetting('database_uri')).toBe('sqlite:///c.db');
  });

  test('unknown keys can be asked for and are not listed', async () => {
    const { settings } = await openProject('mine: {a: $WORD}\n', { env: { WORD: 'w' } });
    expect(settings.projectSetting('mine.a')).toBe('w');
    expect(settings.projectSettings().has('mine.a')).toBe(false);
    expect(settings.projectSetting('not.there')).toBeUndefined();
  });

  test('a map in env: counts for its environment only', async () => {
    const yaml =
      'env: {MELTANO_HUB_URL: http://all, dev: {MELTANO_HUB_URL: http://dev}, prod: {MELTANO_PYTHON: python3.9}}\nplugins: {}\n';
    const dev = await openProject(yaml, { environment: 'dev' });
    expect(dev.settings.projectSetting('hub_url')).toBe('http://dev');
    expect(dev.settings.projectSetting('python')).toBeUndefined();
    const none = await openProject(yaml);
    expect(none.settings.projectSetting('hub_url')).toBe('http://all');
  });

  test('ours come from tapline:, from annotations of the environment, from variables; others see them only when set', async () => {
    const yaml = `tapline: {history: {retention_days: 7}}
environments:
- name: dev
  annotations: {tapline: {history: {retention_days: 3}}}
${box('{name: a}')}`;
    const name = 'tapline.history.retention_days';
    const none = await openProject(yaml);
    expect(none.settings.projectSetting(name)).toBe(7);
    const dev = await openProject(yaml, { environment: 'dev' });
    expect(dev.settings.projectSetting(name)).toBe(3);
    const shell = await openProject(yaml, { environment: 'dev', env: { MELTANO_TAPLINE_HISTORY_RETENTION_DAYS: '1' } });
    expect(shell.settings.projectSetting(name)).toBe(1);
    expect(printableProject(shell.settings.projectSettings(), { safe: true })).toMatchObject({
      tapline: { history: { retention_days: 1 } },
    });
    const unset = await openProject(box('{name: a}'));
    expect(unset.settings.projectSetting(name)).toBeTypeOf('number');
    expect(printableProject(unset.settings.projectSettings(), { safe: true })).not.toHaveProperty('tapline');
    expect(Object.keys(unset.resolve('box').processEnv).filter((key) => key.includes('TAPLINE'))).toEqual([]);
  });
});

test('the environment for the project as a whole: shell, .env, project, env: of meltano.yml expanded', async () => {
  const { settings, project } = await openProject('env: {A: top, HOME_OF: $MELTANO_PROJECT_ROOT/x}\nplugins: {}\n', {
    env: { A: 'shell', B: 'shell', PATH: '/bin' },
    dotenv: 'B=dotenv\nC=dotenv\n',
  });
  expect(settings.projectEnv()).toMatchObject({
    A: 'top',
    B: 'dotenv',
    C: 'dotenv',
    HOME_OF: `${project.root}/x`,
    MELTANO_PROJECT_ROOT: project.root,
    MELTANO_USER_AGENT: 'Meltano/4.4.1',
  });
});

test('variables of a run step are stronger than those of the environment, the project, the plugin and the shell', async () => {
  const all = '{A: no, BOX_A: no}';
  const plugin = box('{name: a}, {name: b, value: $B}', { env: '{A: no, SEEN: $A}' });
  const ofPlugin = `{plugins: {utilities: [{name: box, env: ${all}}]}}`;
  const yaml = `env: ${all}\nenvironments: [{name: dev, env: ${all}, config: ${ofPlugin}}]\n${plugin}`;
  const { resolve } = await openProject(yaml, { environment: 'dev', env: { A: 'no', BOX_A: 'shell' } });
  const { settings, processEnv } = resolve('box', { extraEnv: { A: 'step', BOX_A: 'of the step', B: 'b' } });
  expect([settings.get('a')?.value, settings.get('b')?.value]).toEqual(['of the step', 'b']);
  expect(processEnv).toMatchObject({ A: 'step', BOX_A: 'of the step', B: 'b', SEEN: 'step' });
});

test('variables of a run step count as the shell does where nobody else sets them', async () => {
  const { resolve } = await openProject(box('{name: a}, {name: b, value: $B}'), { env: { BOX_A: 'shell' } });
  const { settings, processEnv } = resolve('box', { extraEnv: { BOX_A: 'schedule', B: 'b' } });
  expect([settings.get('a')?.value, settings.get('b')?.value, processEnv.B]).toEqual(['schedule', 'b', 'b']);
  expect(resolve('box').settings.get('a')?.value).toBe('shell');
});

test('a suffix of state IDs sees the tap and .env, not the env: of its environment', async () => {
  const yaml = `environments: [{name: dev, env: {OF_ENVIRONMENT: e}}]\n${box('{name: a}')}`;
  const { settings, plugins } = await openProject(yaml, { environment: 'dev', env: { TEAM: 't' }, dotenv: 'DOT=d\n' });
  const text = '$TEAM-$DOT-$MELTANO_UTILITY_NAME-$OF_ENVIRONMENT';
  expect(settings.stateIdSuffix(text, plugins.get('box'))).toBe('t-d-box-');
});

test("a process's env: falls back on shell and project where the original finds nothing; a parent's env: is expanded", async () => {
  const yaml = `${box('{name: a}', { env: '{DIR: $MELTANO_PROJECT_ROOT/x, WHO: $TEAM}' })}  - {name: child, inherit_from: box}\n`;
  const { resolve, project } = await openProject(yaml, { env: { TEAM: 't' } });
  expect(resolve('box').processEnv).toMatchObject({ DIR: `${project.root}/x`, WHO: 't' });
  expect(resolve('child').processEnv).toMatchObject({ DIR: `${project.root}/x`, WHO: 't' });
});
