import { describe, expect, test } from 'vitest';
import { printableConfig, printableEnv, redactedValue } from '../../src/settings/redact.js';
import { box, openProject } from './open-project.js';

describe('secrets for masking', () => {
  test('all texts of sensitive values, also inside maps and lists', async () => {
    const yaml = box(
      '{name: a, sensitive: true}, {name: b, kind: password}, {name: m, kind: object, sensitive: true}, {name: open}',
      {
        config: '{a: one, b: two, m: {k: three, l: [four, 5]}, open: plain}',
      },
    );
    const { resolve } = await openProject(yaml);
    expect(resolve('box').secrets.sort()).toEqual(['5', 'four', 'one', 'three', 'two']);
  });

  test('settings that nobody defined, by their names; passwords in URLs, as written and decoded', async () => {
    const yaml = box('{name: url}', {
      config: '{api_key: k1, access_token: t1, tokenizer: no, url: "postgres://me:p%40ss@host/db"}',
    });
    const { resolve } = await openProject(yaml);
    expect(resolve('box').secrets.sort()).toEqual(['k1', 'p%40ss', 'p@ss', 't1']);
  });

  test('what is inherited from a sensitive setting stays a secret', async () => {
    const yaml = `${box('{name: token, sensitive: true}', { config: '{token: hush}' })}  - {name: child, inherit_from: box, settings: [{name: token}]}\n`;
    const { resolve } = await openProject(yaml);
    expect(resolve('child').secrets).toEqual(['hush']);
    expect(printableConfig(resolve('child'), { safe: true })).toEqual({ token: '*****' });
  });

  test.each([
    ['postgresql://me:p%2Fw@host/db', ['p%2Fw', 'p/w']],
    ['postgresql+psycopg2://me:p/w@host/db', ['p/w']],
    ['postgresql:///db?user=me&password=p%26w&sslpassword=other', ['other', 'p%26w', 'p&w']],
  ])('the password in %s', async (uri, passwords) => {
    const { settings } = await openProject(`database_uri: ${uri}\n`);
    expect(settings.projectSecrets().sort()).toEqual([...passwords, uri].sort());
  });

  test('those of the project', async () => {
    const { settings } = await openProject(
      'database_uri: postgresql://me:s3cret@host/db\nstate_backend: {s3: {aws_secret_access_key: AKIA}}\n',
    );
    expect(settings.projectSecrets().sort()).toEqual(['AKIA', 'postgresql://me:s3cret@host/db', 's3cret']);
  });
});

test('a secret of AWS may have slashes in it', async () => {
  const { settings } = await openProject('state_backend: "s3://AKIA:one/two%2Fthree@bucket/prefix"\n');
  expect(settings.projectSecrets()).toEqual(expect.arrayContaining(['one/two%2Fthree', 'one/two/three']));
});

describe('printing', () => {
  test('of a URL only the password is hidden', async () => {
    const { resolve } = await openProject(box('{name: url}', { config: '{url: "postgres://me:pw@host/db"}' }));
    expect(printableConfig(resolve('box'), { safe: true })).toEqual({ url: 'postgres://me:*****@host/db' });
    expect(printableConfig(resolve('box'), { safe: false })).toEqual({ url: 'postgres://me:pw@host/db' });
  });

  test('a sensitive leaf is hidden in an object that is set as a whole', async () => {
    const yaml = box('{name: auth, kind: object}, {name: auth.password, sensitive: true}');
    const { resolve } = await openProject(yaml, { env: { BOX_AUTH: '{"user": "me", "password": "pw"}' } });
    expect(printableConfig(resolve('box'), { safe: true })).toMatchObject({ auth: { user: 'me', password: '*****' } });
  });

  test('lists use their own mask', async () => {
    const { settings } = resolveOne(await openProject(box('{name: a, sensitive: true, value: s}')));
    const setting = settings.get('a');
    expect(setting && redactedValue(setting, settings)).toBe('(redacted)');
  });

  test('variables are hidden too', async () => {
    const { resolve } = await openProject(box('{name: a, sensitive: true, value: s}, {name: b, value: [1]}'));
    expect(printableEnv(resolve('box'), { safe: true })).toEqual({
      BOX_A: '*****',
      MELTANO_UTILIZE_A: '*****',
      BOX_B: '[1]',
      MELTANO_UTILIZE_B: '[1]',
    });
  });
});

function resolveOne(opened: Awaited<ReturnType<typeof openProject>>) {
  return opened.resolve('box');
}
