import { describe, expect, it } from 'vitest';
import { count } from '../../src/bundled/tap-rest/settings.js';
import { Decimal } from '../../src/exact-number.js';
import { type Answers, type ApiServer, ordersUpTo, pageOf, startApi } from './api-server.js';
import { finish, lastState, makeProject, type PluginResult, recordsOf, runPlugin, startPlugin } from './plugin-rig.js';

const token = 'tok/en+very secret';
const schema = { id: { type: 'integer' }, updated_at: { type: 'string', format: 'date-time' } };
const orders = { name: 'orders', path: 'orders', primary_keys: ['id'], replication_key: 'updated_at', schema };

function configOf(api: ApiServer, more: object = {}): object {
  return { base_url: `${api.url}/v1`, streams: [orders], backoff_factor: 0.01, ...more };
}
const run = (config: object, state?: unknown): Promise<PluginResult> =>
  runPlugin('tap-rest', { project: makeProject(), config, ...(state === undefined ? {} : { state }) });
const ids = ({ messages }: PluginResult): unknown[] => recordsOf(messages).map(({ id }) => id);
const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

/** `first` for the first request, then orders page by page. */
function failingOnce(first: Answers): Answers {
  let asked = 0;
  return (query, request, response) => {
    asked += 1;
    return asked === 1 ? first(query, request, response) : pageOf(ordersUpTo(3), query);
  };
}

describe('reading', () => {
  it('reads pages until one is empty, and next time from the bookmark', async () => {
    const api = await startApi({ '/v1/orders': (query) => ({ data: { items: pageOf(ordersUpTo(5), query) } }) });
    const streams = [{ ...orders, records_path: 'data.items', start_param: 'updated_since' }];
    const config = configOf(api, { page_size: 2, streams, start_date: '2026-01-02', api_token: token });
    const first = await run(config);
    expect([first.code, ids(first)]).toEqual([0, [2, 3, 4, 5]]);
    expect(api.requests.map(({ query }) => query.page)).toEqual(['1', '2', '3']);
    expect(api.requests[0]?.query.updated_since).toBe('2026-01-02');
    expect(api.requests[0]?.headers.authorization).toBe(`Bearer ${token}`);
    const second = await run(config, lastState(first.messages));
    expect([ids(second), lastState(second.messages)]).toEqual([[5], lastState(first.messages)]);
  });

  it('leaves out older records itself where the server has no parameter for it', async () => {
    const api = await startApi({ '/v1/orders': (query) => pageOf(ordersUpTo(4), query) });
    expect(ids(await run(configOf(api, { start_date: '2026-01-03' })))).toEqual([3, 4]);
  });

  const size = 2;
  const rows = ordersUpTo(5);
  const styles: Record<string, [config: object, answers: Answers]> = {
    offset: [
      { pagination: 'offset' },
      ({ offset, limit }) => rows.slice(Number(offset), Number(offset) + Number(limit)),
    ],
    cursor: [
      { pagination: 'cursor', cursor_path: 'meta.next', records_path: 'rows' },
      ({ cursor = '0' }) => {
        const end = Number(cursor) + size;
        return { rows: rows.slice(Number(cursor), end), meta: { next: end < rows.length ? end : null } };
      },
    ],
    link: [
      { pagination: 'link' },
      ({ page = '1' }, request, response) => {
        const next = `</v1/orders?page=${Number(page) + 1}>; rel="next"`;
        if (Number(page) * size < rows.length) response.setHeader('link', `</v1/orders?page=1>; rel="first", ${next}`);
        expect(request.headers.authorization).toBe('Basic bWU6cGFzc3dvcmQ=');
        return rows.slice((Number(page) - 1) * size, Number(page) * size);
      },
    ],
    none: [{ pagination: 'none' }, () => rows],
  };
  it.each(Object.keys(styles))('follows pagination: %s', async (style) => {
    const [config, answers] = styles[style] as [object, Answers];
    const api = await startApi({ '/v1/orders': answers });
    const result = await run(configOf(api, { ...config, page_size: size, username: 'me', password: 'password' }));
    expect([result.code, ids(result), result.stderr]).toEqual([0, upTo(5), 'INFO orders: 5 records\n']);
  });

  it('sends a token in a header or in the query, and never says it', async () => {
    const api = await startApi({
      '/v1/orders': (_query, _request, response) => void response.writeHead(403).end(token),
    });
    for (const auth of [{ auth_method: 'header', auth_name: 'X-Key' }, { auth_method: 'query' }]) {
      const { code, stderr } = await run(configOf(api, { ...auth, api_token: token }));
      expect([code, stderr]).toEqual([1, expect.stringContaining('the server answered 403 Forbidden, "***"')]);
    }
    expect(api.requests.map(({ headers, query }) => [headers['x-key'], query.api_key])).toEqual([
      [token, undefined],
      [undefined, token],
    ]);
  });

  it('takes 12.0 for a number: in a record, as a replication key and as a setting', async () => {
    const rows = '[{"id": 1, "price": 12.0}, {"id": 2, "price": 13.0}]';
    const api = await startApi({ '/v1/orders': () => rows });
    const stream = { name: 'orders', path: 'orders', primary_keys: ['id'], replication_key: 'price' };
    const result = await run(configOf(api, { pagination: 'none', streams: [stream] }));
    expect(result.code, result.stderr).toBe(0);
    expect(result.messages[0]).toMatchObject({ schema: { properties: { price: { type: ['null', 'number'] } } } });
    expect(result.stdout).toContain('"replication_key_value":13.0');
    expect(count({ page_size: new Decimal('60.0') }, 'page_size', 1)).toBe(60);
  });

  it('infers what records hold, and reads several streams at once', async () => {
    const users = [
      { id: 1, tags: ['a'], score: 1 },
      { id: 2, tags: [], score: 1.5, city: { zip: '1' } },
    ];
    let waiting = 0;
    const together: (() => void)[] = [];
    const both =
      (rows: object[]): Answers =>
      ({ page }, request, response) => {
        if (request.headers['x-mode'] !== 'together') return page === '1' ? rows : [];
        // Neither is answered before both have asked.
        waiting += 1;
        together.push(() => response.end(JSON.stringify(page === '1' ? rows : [])));
        if (waiting % 2 === 0) for (const answer of together.splice(0)) answer();
        return undefined;
      };
    const api = await startApi({ '/v1/users': both(users), '/v1/orders': both(ordersUpTo(2)) });
    const config = configOf(api, { streams: ['users', 'orders'], primary_keys: ['id'] });
    const project = makeProject();
    const discovery = await runPlugin('tap-rest', { project, config, args: ['-d'] });
    const catalog = JSON.parse(discovery.stdout) as { streams: { schema: { properties: object } }[] };
    expect(catalog.streams[0]?.schema.properties).toEqual({
      id: { type: ['null', 'integer'] },
      tags: { type: ['null', 'array'], items: { type: ['null', 'string'] } },
      score: { type: ['null', 'number'] },
      city: { type: ['null', 'object'], properties: { zip: { type: ['null', 'string'] } } },
    });
    const again = { ...config, headers: { 'x-mode': 'together' } };
    const result = await runPlugin('tap-rest', { project, config: again, catalog });
    expect([result.code, recordsOf(result.messages, 'users'), recordsOf(result.messages, 'orders').length]).toEqual([
      0,
      users,
      2,
    ]);
  });

  it('keeps a state every batch_size records of a sorted stream, also when it fails', async () => {
    const api = await startApi({
      '/v1/orders': (query, _request, response) =>
        query.page === '3' ? void response.writeHead(400).end() : pageOf(ordersUpTo(9), query),
    });
    const config = configOf(api, { page_size: 3, batch_size: 2, streams: [{ ...orders, sorted: true }] });
    const { code, messages, stderr } = await run(config);
    const values = messages.flatMap(({ type, value }) => (type === 'STATE' ? [value] : []));
    expect([code, values.length]).toEqual([1, 4]);
    expect(values.at(-1)).toMatchObject({
      bookmarks: { orders: { replication_key_value: '2026-01-06T00:00:00.000Z' } },
    });
    expect(stderr).toContain('GET ');
  });
});

describe('a server that fails', () => {
  it.each<[string, Answers, string]>([
    [
      '429 with Retry-After',
      (_q, _r, response) => void response.writeHead(429, { 'retry-after': '0' }).end(),
      '429 Too',
    ],
    ['503', (_q, _r, response) => void response.writeHead(503).end('<html>down</html>'), '503 Service Unavailable;'],
    ['a connection that is cut', (_q, request) => void request.socket.destroy(), 'the connection failed'],
    [
      'an answer that is cut',
      (_q, request, response) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
        response.write('[{"id":', () => request.socket.destroy());
      },
      'the connection failed',
    ],
    ['half an answer', () => '[{"id":', 'not valid JSON'],
    ['no answer', () => undefined, 'no answer within 0.5 s'],
  ])('is asked again after %s', async (_name, first, said) => {
    const api = await startApi({ '/v1/orders': failingOnce(first) });
    const result = await run(configOf(api, { request_timeout: 0.5 }));
    expect([result.code, ids(result)]).toEqual([0, [1, 2, 3]]);
    expect(result.stderr).toContain('attempt 2 in');
    expect(result.stderr).toContain(said);
  });

  it.each<[string, Answers, object, number, string]>([
    [
      '500 all the time',
      (_q, _r, response) => void response.writeHead(500).end(),
      { max_retries: 2 },
      3,
      'after 3 attempts',
    ],
    ['401', (_q, _r, response) => void response.writeHead(401).end(), {}, 1, '401 Unauthorized'],
    [
      'a Retry-After of a day',
      (_q, _r, response) => void response.writeHead(429, { 'retry-after': '86400' }).end(),
      {},
      1,
      '`max_backoff` allows 300 s',
    ],
    ['a page for people', (_q, _r, response) => void response.end('<html>'), {}, 1, 'the answer is not valid JSON'],
    ['no list', () => ({ error: 'x' }), {}, 1, 'set `records_path`'],
    ['records that are none', () => [1], {}, 1, 'not all JSON objects'],
    ['the same page again and again', () => [{ id: 1 }], {}, 2, 'ignore the parameter page'],
    [
      'redirects without end',
      (_q, _r, response) => void response.writeHead(302, { location: '/v1/orders' }).end(),
      {},
      6,
      'more than 5',
    ],
  ])('ends the tap with one line: %s', async (_name, answers, more, requests, said) => {
    const api = await startApi({ '/v1/orders': answers });
    const { code, stderr } = await run(configOf(api, { api_token: token, ...more }));
    expect([code, api.requests.length, stderr]).toEqual([1, requests, expect.stringContaining(said)]);
    expect(stderr.trim().split('\n').at(-1)).toMatch(/^ERROR tap-rest: /);
    expect(stderr).not.toContain(token);
  });

  it('leads elsewhere, which gets no credentials', async () => {
    const other = await startApi({ '/all': () => ordersUpTo(1) });
    const api = await startApi({
      '/v1/orders': (_q, _r, response) => void response.writeHead(302, { location: `${other.url}/all` }).end(),
    });
    for (const auth of [{}, { auth_method: 'query' }, { auth_method: 'header' }, { headers: { 'x-api-key': token } }]) {
      const config = configOf(api, { ...auth, api_token: token, pagination: 'none' });
      expect((await run(config)).code).toBe(0);
    }
    expect(other.requests.length).toBe(4);
    expect(JSON.stringify(other.requests)).not.toMatch(/secret|tok/);
  });

  it('is left at once when the tap is told to stop', async () => {
    let asked = (): void => {};
    const waiting = new Promise<void>((resolve) => (asked = resolve));
    const api = await startApi({ '/v1/orders': () => asked() });
    const project = makeProject();
    const child = startPlugin('tap-rest', { project, config: configOf(api) });
    const ended = finish(child);
    await waiting;
    child.kill('SIGTERM');
    const { code, messages } = await ended;
    expect([code, lastState(messages)]).toEqual([143, { bookmarks: { orders: {} } }]);
  });
});

describe('settings', () => {
  it.each<[object, string]>([
    [{ base_url: undefined }, '`base_url` is missing'],
    [{ base_url: 'ftp://me:hunter22@host' }, '`base_url` is not a web address'],
    [{ streams: undefined }, '`streams` is missing'],
    [{ streams: [{ ...orders, pahth: 'x' }] }, 'has `pahth`, which is not one of name'],
    [{ streams: [orders, orders] }, 'has orders twice'],
    [{ auth_method: 'basic' }, '`username` is missing'],
    [{ auth_method: 'token' }, 'not one of none, bearer'],
    [{ api_token: 'a\nhunter22' }, "characters that a header can't have"],
    [{ page_size: 0 }, '`page_size` is not a whole number of at least 1'],
    [{ start_date: 'yesterday' }, 'start_date is not a date'],
  ])('%j is refused', async (more, said) => {
    const { code, stderr } = await run({ base_url: 'http://127.0.0.1:9', streams: [orders], ...more });
    expect([code, stderr.split('\n').length, stderr]).toEqual([1, 2, expect.stringContaining(said)]);
    expect(stderr).not.toContain('hunter22');
  });
});
