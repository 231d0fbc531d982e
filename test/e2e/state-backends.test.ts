/** Where state is kept: the words of `state_backend`, S3, and the way from one backend to another. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeS3 } from '../state/objectstore/s3/fake-s3.js';
import { folderWith, tapline } from './program.js';

let folder: string;
let fake: FakeS3;
beforeEach(async () => {
  fake = await FakeS3.start();
  folder = await folderWith({ 'meltano.yml': 'environments:\n- name: dev\n' });
});
afterEach(() => fake.close());

const call = (...args: string[]) => tapline(folder, args, { env });
let env: Record<string, string> = {};
beforeEach(() => {
  env = {};
});
const set = (id: string, value: unknown) =>
  call('state', 'set', '--force', id, JSON.stringify({ singer_state: { value } }));
const project = (text: string) => writeFile(join(folder, 'meltano.yml'), `environments:\n- name: dev\n${text}`);
const s3 = () => `state_backend:
  uri: s3://AKIAEXAMPLE:hunter2hunter2@${fake.bucket}/states
  s3: {endpoint_url: "${fake.endpoint}"}
`;

describe('state in S3', () => {
  it('is set, listed, printed and cleared; the keys are shown nowhere', async () => {
    await project(s3());
    expect(await set('my-id', 1)).toMatchObject({ code: 0 });
    expect(fake.textOf('states/my-id/state.json')).toContain(
      '{"completed": {"singer_state": {"value": 1}}, "partial": {}',
    );
    expect((await call('state', 'list')).stdout).toBe('my-id\n');
    expect((await call('state', 'get', 'my-id')).stdout).toBe('{"singer_state":{"value":1}}\n');
    expect((await call('state', 'history', 'my-id')).stdout).toContain('by hand');
    expect((await call('state', 'clear', '--force', 'my-id')).code).toBe(0);
    expect((await call('state', 'list')).stdout).toBe('');
    await fake.close();
    for (const words of [
      ['state', 'list'],
      ['config', 'print', 'meltano'],
      ['--log-level=debug', 'state', 'get', 'x'],
    ]) {
      const { stdout, stderr } = await call(...words);
      expect(stdout + stderr).not.toContain('hunter2');
    }
    expect((await call('state', 'list')).stderr).toContain(`The server of the bucket ${fake.bucket} can't be reached`);
    expect((await call('state', 'list')).stderr).not.toContain('NodeVersionSupportWarning');
  });

  it('takes the credentials of the AWS SDK, and says when there are none', async () => {
    await project(`state_backend: {uri: "s3://${fake.bucket}/p", s3.endpoint_url: "${fake.endpoint}"}\n`);
    env = { AWS_EC2_METADATA_DISABLED: 'true' };
    expect((await call('state', 'list')).stderr).toContain('There are no credentials for the bucket');
    env = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' };
    expect(await call('state', 'list')).toMatchObject({ code: 0 });
    env = { MELTANO_STATE_BACKEND_S3_AWS_ACCESS_KEY_ID: 'a' };
    expect((await call('state', 'list')).stderr).toContain(
      'AWS access key ID configured, but no AWS secret access key.',
    );
  });
});

describe('a run with state in S3', () => {
  it('saves when the store is there again, though it went away in the middle; history stays in SQLite', async () => {
    await project(`${s3()}plugins:
  extractors: [{name: tap-x, namespace: tap_x, executable: ./tap.sh, capabilities: [state]}]
  loaders: [{name: target-x, namespace: target_x, executable: ./target.sh}]
`);
    const tap = `#!/bin/sh\nfor n in 1 2 3; do echo '{"type": "STATE", "value": {"n": '$n'}}'; done\n`;
    const target = '#!/bin/sh\nsed -n \'s/.*"value": \\(.*\\)}$/\\1/p\'\n';
    await writeFile(join(folder, 'tap.sh'), tap, { mode: 0o755 });
    await writeFile(join(folder, 'target.sh'), target, { mode: 0o755 });
    const stateKey = 'states/dev:tap-x-to-target-x/state.json';
    let refused = 0;
    fake.intercept = ({ method, key }) => {
      if (method !== 'PUT' || key !== stateKey || refused >= 5) return undefined;
      refused += 1;
      return { status: 503, code: 'ServiceUnavailable' };
    };
    const ended = await call('--environment=dev', 'run', 'tap-x', 'target-x');
    expect(ended).toMatchObject({ code: 0 });
    expect(refused).toBe(5);
    expect(fake.textOf(stateKey)).toContain('"singer_state": {"n": 3}');
    expect(ended.stderr).not.toContain('hunter2');
    expect(JSON.parse((await call('runs', 'list', '--format=json')).stdout).runs).toHaveLength(1);
    expect(JSON.parse((await call('lease', 'list', '--format=json')).stdout)).toEqual({ leases: [] });
  });
});

describe('state_backend as a word', () => {
  it('names the database that there must be, with its place where it is wrong', async () => {
    await project('state_backend: sqlite\n');
    expect(await set('my-id', 1)).toMatchObject({ code: 0 });
    await project('state_backend: postgres\n');
    const refused = await call('state', 'list');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('meltano.yml:3:16');
    expect(refused.stderr).toContain('database_uri names SQLite');
    const checked = await call('validate');
    expect(checked.stdout).toContain('meltano.yml:3:16: error: state_backend is postgres');
    expect(checked.code).toBe(1);
    env = { MELTANO_STATE_BACKEND: 'systemdb' };
    expect((await call('state', 'list')).stdout).toBe('my-id\n');
    expect((await call('validate')).code).toBe(0);
  });

  it('filesystem keeps states in .meltano/state', async () => {
    await project('state_backend: filesystem\n');
    await set('my-id', 1);
    expect(await readFile(join(folder, '.meltano/state/my-id/state.json'), 'utf8')).toContain('"value": 1');
  });
});

describe('state copy --to', () => {
  const there = () => `file://${folder}/there`;

  it('takes all states, again without any harm, and replaces what differs only when it is told to', async () => {
    await set('a', 1);
    await set('b', 2);
    await call('state', 'merge', 'b', '{"singer_state": {"part": true}}');
    expect(await call('state', 'copy', '--to', there())).toMatchObject({ code: 0, stdout: 'a\nb\n' });
    const again = await call('state', 'copy', '--to', there());
    expect(again).toMatchObject({ code: 0, stdout: '' });
    expect(again.stderr).toContain('2 already there');
    const both = JSON.parse(await readFile(join(folder, 'there/b/state.json'), 'utf8'));
    expect(both).toEqual({ completed: { singer_state: { value: 2 } }, partial: { singer_state: { part: true } } });
    await set('a', 3);
    const refused = await call('state', 'copy', '--to', there());
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toContain('has different states for: a');
    expect(await readFile(join(folder, 'there/a/state.json'), 'utf8')).toContain('"value": 1');
    expect(await call('state', 'copy', '--force', '--to', there())).toMatchObject({ code: 0, stdout: 'a\n' });
    expect(await readFile(join(folder, 'there/a/state.json'), 'utf8')).toContain('"value": 3');
    expect((await call('state', 'list')).stdout).toBe('a\nb\n');
  });

  it('takes those that are named or match, to another database or S3', async () => {
    for (const id of ['dev:a', 'dev:b', 'prod:a']) await set(id, id);
    expect((await call('state', 'copy', 'prod:a', '--to', `sqlite:///${folder}/other.db`)).stdout).toBe('prod:a\n');
    expect((await call('state', 'list', '--database-uri', `sqlite:///${folder}/other.db`)).stdout).toBe('prod:a\n');
    env = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b', MELTANO_STATE_BACKEND_S3_ENDPOINT_URL: fake.endpoint };
    const to = `s3://${fake.bucket}/x`;
    const copied = await call('state', 'copy', '--pattern', 'dev:*', '--to', to);
    expect(copied.stdout.split('\n').sort()).toEqual(['', 'dev:a', 'dev:b']);
    env.MELTANO_STATE_BACKEND_URI = to;
    expect((await call('state', 'list')).stdout).toBe('dev:a\ndev:b\n');
    expect((await call('state', 'export', '--all')).stdout).toContain(
      '"dev:b":{"completed":{"singer_state":{"value":"dev:b"}}',
    );
  });

  it('writes the password of the destination nowhere', async () => {
    await set('a', 1);
    env = { MELTANO_STATE_BACKEND_S3_ENDPOINT_URL: fake.endpoint };
    const { code, stderr } = await call(
      '--log-level=debug',
      'state',
      'copy',
      '--to',
      `s3://AKIA:hunter2/hunter2@${fake.bucket}/x`,
    );
    expect(code).toBe(0);
    expect(stderr).not.toContain('hunter2');
    for (const [key, { text }] of fake.objects) expect(text, key).not.toContain('hunter2');
    expect(fake.textOf('x/.tapline/a/lease.json')).toContain('s3://AKIA:*****@');
  });

  it('refuses what makes no sense', async () => {
    await set('a', 1);
    expect((await call('state', 'copy', 'nope', '--to', there())).stderr).toContain("no state found for 'nope'");
    expect((await call('state', 'copy', '--to', 'systemdb')).stderr).toContain('already');
    expect((await call('state', 'copy', '--to', 'gs://x')).stderr).toContain('Google Cloud Storage');
    expect(await call('state', 'copy', 'a')).toMatchObject({ code: 2 });
  });
});
