import { describe, expect, test } from 'vitest';
import { TaplineError } from '../../src/errors.js';
import { Decimal } from '../../src/exact-number.js';
import { box, openProject } from './open-project.js';

async function fault(
  yaml: string,
  options: Parameters<typeof openProject>[1] = {},
  read?: 'config' | 'processEnv',
): Promise<TaplineError> {
  const { resolve } = await openProject(yaml, options);
  try {
    const resolved = resolve('box');
    if (read) void resolved[read];
  } catch (error) {
    if (error instanceof TaplineError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('a value that does not fit is refused with its place', () => {
  test('a bad number in meltano.yml', async () => {
    const error = await fault(box('{name: port, kind: integer}', { config: '{port: abc}' }));
    expect(error).toMatchObject({
      code: 'SETTING_CAST',
      message: "The utility 'box': 'abc' is not an integer, as setting 'port' requires.",
    });
    expect(error.at?.line).toBe(7);
    expect(error.hint).toContain('meltano.yml');
  });

  test('a bad number in a variable names the variable', async () => {
    const error = await fault(box('{name: port, kind: integer}'), { env: { BOX_PORT: 'abc' } });
    expect(error.hint).toContain('BOX_PORT');
  });

  test('a secret is not in the message', async () => {
    const error = await fault(box('{name: pin, kind: integer, sensitive: true}'), { env: { BOX_PIN: 'hunter2' } });
    expect(JSON.stringify([error.message, error.hint, error.data])).not.toContain('hunter2');
  });

  test('two variables of one setting', async () => {
    const error = await fault(box('{name: a, aliases: [b]}'), { env: { BOX_A: '1', BOX_B: '1' } });
    expect(error).toMatchObject({
      code: 'SETTING_CONFLICT',
      message: "The setting 'a' is set by several variables: BOX_A, BOX_B.",
    });
  });

  test('two variables in .env have a place', async () => {
    const error = await fault(box('{name: a, aliases: [b]}'), { dotenv: '\nBOX_A=1\nBOX_B=2\n' });
    expect(error.at).toMatchObject({ line: 2 });
  });

  test('two spellings in meltano.yml', async () => {
    const error = await fault(box('{name: a, aliases: [b]}', { config: '{a: 1, b: 2}' }));
    expect(error).toMatchObject({ code: 'SETTING_CONFLICT', at: { line: 7 } });
  });

  test('a text with a leaf below it, only where a config file is made', async () => {
    const yaml = box('{name: auth}, {name: auth.user}', { config: '{auth: text, auth.user: me}' });
    expect(await fault(yaml, {}, 'config')).toMatchObject({ code: 'SETTING_CONFLICT' });
    const { resolve } = await openProject(yaml);
    expect(resolve('box').settings.get('auth.user')?.value).toBe('me');
  });

  test('an unset variable in strict mode', async () => {
    const error = await fault(`ff: {strict_env_var_mode: true}\n${box('{name: a, value: $GONE}')}`);
    expect(error).toMatchObject({ code: 'VARIABLE_UNSET', data: { variable: 'GONE' } });
  });
});

describe('what the original crashes on works', () => {
  test('a map that is stringified', async () => {
    const yaml = box('{name: json, kind: object, value_post_processor: stringify}', {
      config: '{json: {a: 1, b: {c: 2}}}',
    });
    const { resolve } = await openProject(yaml);
    expect(resolve('box').config).toEqual({ json: '{"a": 1, "b.c": 2}' });
  });

  test('a decimal from text', async () => {
    const { resolve } = await openProject(box('{name: n, kind: decimal}'), { env: { BOX_N: '3.10' } });
    expect(resolve('box').config).toEqual({ n: new Decimal('3.10') });
    expect(resolve('box').exported.BOX_N).toBe('3.10');
  });

  test('a setting of a child that its parent does not have', async () => {
    const yaml = `${box('{name: a}')}  - {name: child, inherit_from: box, settings: [{name: own}, {name: b, value: x}]}\n`;
    const { resolve } = await openProject(yaml);
    expect(resolve('child').config).toEqual({ b: 'x' });
  });

  test('null beside a value of an alias', async () => {
    const { resolve } = await openProject(box('{name: a, aliases: [b]}', { config: '{a: null, b: 2}' }));
    expect(resolve('box').settings.get('a')?.value).toBe(2);
  });

  test('numbers and booleans in env: maps', async () => {
    const { resolve } = await openProject(box('{name: a}', { env: '{BOX_A: 5, FLAG: true}' }));
    expect(resolve('box').processEnv).toMatchObject({ BOX_A: '5', FLAG: 'True' });
  });
});

describe('groups of required settings', () => {
  const groups = { settings_group_validation: '[[user, password], [token]]' };
  const definitions = '{name: user}, {name: password}, {name: token}, {name: other}';

  test.each([
    ['{}', [['user', 'password'], ['token']]],
    ['{user: u}', [['password'], ['token']]],
    ['{user: u, password: p}', []],
    ['{token: t}', []],
    ["{token: ''}", []],
  ])('config %s', async (config, missing) => {
    const { resolve } = await openProject(box(definitions, { ...groups, config }));
    expect(resolve('box').missing).toEqual(missing);
  });

  test('no groups, nothing missing', async () => {
    const { resolve } = await openProject(box(definitions));
    expect(resolve('box').missing).toEqual([]);
  });
});
