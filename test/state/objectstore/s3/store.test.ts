/** What only an object store has: writers that hang between two requests, answers that get lost, stores without conditions. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openS3State } from '../../../../src/state/objectstore/s3/open.js';
import { currentOwner } from '../../../../src/state/owner.js';
import type { StateBackend, StateLease } from '../../../../src/state/port.js';
import { codeFrom, errorFrom } from '../../error-from.js';
import { takeLease } from '../../take-lease.js';
import { FakeS3 } from './fake-s3.js';

const id = 'dev:tap-a-to-target-b';
const stateKey = `p/${id}/state.json`;
const lockKey = `p/${id}/lock`;
const versionsKey = `p/.tapline/${id}/versions/`;

let fake: FakeS3;
const opened: StateBackend[] = [];
beforeEach(async () => {
  fake = await FakeS3.start({ pageSize: 3 });
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((backend) => backend.close()));
  await fake.close();
});

async function open(settings: Record<string, string> = {}, uri = `s3://key:secret@${fake.bucket}/p`) {
  const all: Record<string, string> = { endpoint_url: fake.endpoint, ...settings };
  const backend = await openS3State({ uri, setting: (name) => all[name], lockRetrySeconds: 0.02 });
  opened.push(backend);
  return backend;
}

async function acquire(backend: StateBackend, options: { force?: boolean; runId?: string } = {}): Promise<StateLease> {
  const owner = await currentOwner(options.runId ?? 'run');
  return (await takeLease(backend.leases, id, { owner, force: options.force })).lease;
}

const save = (lease: StateLease, by: string, runId = by) =>
  lease.save({ mode: 'completed', state: { singer_state: { by } }, runId });

const savedBy = async (backend: StateBackend) => (await backend.read(id))?.completed.singer_state?.by;

describe('a holder that hangs while another takes the lease over', () => {
  // A first save makes seven requests or more, a later one fewer; each of them is held back once.
  const steps = Array.from({ length: 12 }, (_, step) => step);
  const starts = ['has saved before', 'found a state of the original', 'found a state of Tapline'] as const;

  test.each(starts.flatMap((start) => steps.map((step) => [start, step] as const)))(
    '%s, in request %i of its save: its state never lies over the later one',
    async (start, step) => {
      const backend = await open();
      const same = { singer_state: { by: 'both' } };
      if (start === 'found a state of Tapline') {
        const earlier = await acquire(backend);
        await save(earlier, 'earlier');
        await earlier.release();
      }
      if (start === 'found a state of the original')
        fake.seed(stateKey, '{"completed": {"singer_state": {}}, "partial": {}}');
      const old = await acquire(backend);
      if (start === 'has saved before') await save(old, 'old');
      const hang = hangAt(step);
      const saving = old.save({ mode: 'completed', state: same, runId: 'old' }).then(
        () => 'saved',
        (error: { code: string }) => error.code,
      );
      if (!(await Promise.race([hang.reached, saving.then(() => false)]))) return expect(await saving).toBe('saved');
      const next = await acquire(await open(), { force: true, runId: 'next' });
      await next.save({ mode: 'completed', state: same, runId: 'next' });
      const after = fake.textOf(stateKey);
      hang.goOn();
      expect(['saved', 'LEASE_LOST']).toContain(await saving);
      expect(fake.textOf(stateKey)).toBe(after);
      expect(await codeFrom(save(old, 'old'))).toBe('LEASE_LOST');
      await save(next, 'next');
      expect(await savedBy(backend)).toBe('next');
      const numbers = (await backend.versions(id)).map(({ version }) => version);
      expect(new Set(numbers).size).toBe(numbers.length);
    },
  );

  function hangAt(step: number) {
    let count = 0;
    let goOn = () => {};
    let reach = (_: boolean) => {};
    const reached = new Promise<boolean>((resolve) => {
      reach = resolve;
    });
    fake.intercept = () => {
      count += 1;
      if (count !== step + 1) return undefined;
      reach(true);
      return new Promise((resolve) => {
        goOn = () => resolve(undefined);
      });
    };
    return { reached, goOn: () => goOn() };
  }
});

describe('an answer that gets lost', () => {
  test.each(Array.from({ length: 20 }, (_, step) => step))('in request %i costs nothing', async (step) => {
    let count = 0;
    fake.intercept = () => {
      count += 1;
      return count === step + 1 ? { status: 0, andDo: true } : undefined;
    };
    const backend = await open();
    const lease = await acquire(backend);
    await save(lease, 'first');
    await save(lease, 'second');
    await lease.renew();
    await lease.release();
    expect(await backend.versions(id)).toMatchObject([{ version: 2 }, { version: 1 }]);
    expect(await savedBy(backend)).toBe('second');
    expect(await backend.leases.list()).toEqual([]);
    expect(fake.textOf(lockKey)).toBeUndefined();
  });
});

describe('versions', () => {
  test('one whose writer died right after the state was written stands in the state, and is kept by the next', async () => {
    const backend = await open();
    const lease = await acquire(backend);
    await save(lease, 'first');
    fake.intercept = ({ method, key }) =>
      method === 'PUT' && key.startsWith(versionsKey) ? { status: 503, code: 'SlowDown' } : undefined;
    await save(lease, 'second', 'r2');
    fake.intercept = () => undefined;
    expect(await backend.versions(id)).toMatchObject([
      { version: 2, runId: 'r2', mode: 'completed', completed: { singer_state: { by: 'second' } } },
      { version: 1 },
    ]);
    expect(await backend.versions(id, 1)).toHaveLength(1);
    const next = await acquire(await open(), { force: true });
    await save(next, 'third');
    expect((await backend.versions(id)).map(({ version }) => version)).toEqual([3, 2, 1]);
  });

  test('one that can not be read does not hide the others', async () => {
    const backend = await open();
    const lease = await acquire(backend);
    for (const by of ['a', 'b', 'c']) await save(lease, by, 'run');
    fake.seed(`${versionsKey}2.run.json`, '{"completed": {"singer_');
    expect((await backend.versions(id)).map(({ version }) => version)).toEqual([3, 1]);
  });

  test('a state that can not be read is kept beside the one that replaces it', async () => {
    fake.seed(stateKey, '{"completed": {"singer_');
    const backend = await open();
    await save(await acquire(backend), 'next');
    const beside = [...fake.objects].filter(([key]) => key.startsWith(`p/.tapline/${id}/unreadable-`));
    expect(beside.map(([, { text }]) => text)).toEqual(['{"completed": {"singer_']);
  });
});

describe("the original's lock", () => {
  test('is waited for, until it counts as left behind by the clock of the store', async () => {
    const backend = await open();
    const lease = await acquire(backend);
    const start = Date.now();
    fake.seed(lockKey, String(start / 1000));
    const saving = save(lease, 'next');
    await seen(() => fake.requests.filter((request) => request === `PUT ${lockKey}`).length > 2);
    fake.clock = () => new Date(start + 12_000);
    await saving;
    expect(fake.textOf(lockKey)).toBeUndefined();
  });

  test('that a killed process of ours left is taken at once', async () => {
    const lease = await acquire(await open());
    fake.seed(lockKey, `${Math.floor(Date.now() / 1000)}.1234560000012345`);
    await save(lease, 'next');
  });
});

describe('a store that does not keep its conditions', () => {
  test.each([
    ['if-match', 'If-Match'],
    ['if-none-match', 'If-None-Match'],
  ] as const)('%s is found out before the first lease', async (ignored, header) => {
    fake.ignored = ignored;
    const backend = await open();
    expect(await backend.read(id)).toBeUndefined();
    const error = await errorFrom(acquire(backend));
    expect(error).toMatchObject({ code: 'STATE_BACKEND_REFUSED', message: expect.stringContaining(header) });
  });
});

describe('what the store refuses', () => {
  test.each([
    [404, 'NoSuchBucket', 'STATE_BACKEND_REFUSED', 'There is no bucket states'],
    [403, 'AccessDenied', 'STATE_BACKEND_REFUSED', 'No permission'],
    [403, '', 'STATE_BACKEND_REFUSED', 'No permission'],
    [403, 'InvalidAccessKeyId', 'STATE_BACKEND_REFUSED', 'does not know the access key'],
    [403, 'SignatureDoesNotMatch', 'STATE_BACKEND_REFUSED', 'the secret is wrong'],
    [400, 'ExpiredToken', 'STATE_BACKEND_REFUSED', 'have expired'],
    [403, 'RequestTimeTooSkewed', 'STATE_BACKEND_REFUSED', 'clocks differ'],
    [301, 'PermanentRedirect', 'STATE_BACKEND_REFUSED', 'another region'],
    [400, 'AuthorizationHeaderMalformed', 'STATE_BACKEND_REFUSED', 'another region'],
    [501, 'NotImplemented', 'STATE_BACKEND_REFUSED', 'conditional writes'],
    [418, 'Teapot', 'STATE_BACKEND_REFUSED', 'refused with 418'],
    [503, 'SlowDown', 'STATE_BACKEND_UNREACHABLE', 'SlowDown'],
    [500, 'InternalError', 'STATE_BACKEND_UNREACHABLE', '500'],
  ])('%i %s is %s', async (status, code, expected, words) => {
    fake.intercept = () => ({ status, code });
    const backend = await open();
    for (const work of [() => backend.read(id), () => acquire(backend), () => backend.list()]) {
      const error = await errorFrom(work());
      expect(error).toMatchObject({ code: expected, message: expect.stringContaining(words) });
      expect(error.hint).toBeTruthy();
      expect(JSON.stringify([error.message, error.hint, error.data])).not.toContain('secret@');
    }
  });

  test('a server that knows nothing of S3 is refused, and not asked for ever', async () => {
    fake.intercept = () => ({ status: 404, code: 'NotFound' });
    expect(await errorFrom(acquire(await open()))).toMatchObject({
      code: 'STATE_BACKEND_REFUSED',
      message: expect.stringContaining('refused with 404'),
    });
  });

  test('a server that goes away in the middle is unreachable, and then goes on', async () => {
    const backend = await open();
    const lease = await acquire(backend);
    await save(lease, 'first');
    const { port } = fake;
    await fake.close();
    expect(await codeFrom(save(lease, 'second'))).toBe('STATE_BACKEND_UNREACHABLE');
    expect(await codeFrom(lease.renew())).toBe('STATE_BACKEND_UNREACHABLE');
    await fake.listen(port);
    await save(lease, 'second');
    expect(await savedBy(backend)).toBe('second');
  });
});

describe('settings', () => {
  test.each([
    [{ aws_access_key_id: 'a' }, 'AWS access key ID configured, but no AWS secret access key.'],
    [{ aws_secret_access_key: 'topsecret' }, 'AWS secret access key configured, but not AWS access key ID.'],
    [{ endpoint_url: 'minio:9000' }, 'state_backend.s3.endpoint_url is not the address of a server.'],
  ])('%j is refused', async (settings, message) => {
    const error = await errorFrom(open(settings, `s3://${fake.bucket}/p`));
    expect(error).toMatchObject({ code: 'STATE_BACKEND_SETTINGS', message });
    expect(error.hint).not.toContain('topsecret');
  });

  test('the location names no key', async () => {
    expect(await open()).toMatchObject({ kind: 's3', location: `s3://${fake.bucket}/p` });
    expect((await open({}, `s3://key:sec/r+et@${fake.bucket}/`)).location).toBe(`s3://${fake.bucket}`);
  });
});

test('a checkpoint costs five requests', async () => {
  const lease = await acquire(await open());
  await save(lease, 'first', 'run');
  fake.requests.length = 0;
  await save(lease, 'second', 'run');
  expect(fake.requests.toSorted()).toEqual(
    [
      `PUT ${lockKey}`,
      `PUT p/.tapline/${id}/lease.json`,
      `PUT ${stateKey}`,
      `PUT ${versionsKey}2.run.json`,
      `DELETE ${lockKey}`,
    ].toSorted(),
  );
});

test('what lies in the prefix beside states is not a state', async () => {
  for (const key of ['p/file', 'p/a/b/state.json', 'p/other/lock', 'p2/x/state.json']) fake.seed(key, '{}');
  const backend = await open();
  await save(await acquire(backend), 'x');
  expect((await backend.list()).map(({ stateId }) => stateId)).toEqual([id]);
});

async function seen(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
