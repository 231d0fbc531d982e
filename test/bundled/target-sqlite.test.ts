import { once } from 'node:events';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import BetterSqlite from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { finish, makeProject, record, runPlugin, schema, startPlugin, state } from './plugin-rig.js';

const users = schema('users', { id: { type: 'integer' }, name: { type: ['null', 'string'] } }, ['id']);

function query(project: string, sql: string): unknown[] {
  const database = new BetterSqlite(join(project, 'output/warehouse.db'), { readonly: true });
  try {
    return database.prepare(sql).safeIntegers(false).all();
  } finally {
    database.close();
  }
}

async function load(project: string, input: unknown[], config: Record<string, unknown> = {}): Promise<void> {
  const { code, stderr } = await runPlugin('target-sqlite', { project, config, input });
  expect(stderr).toBe('');
  expect(code).toBe(0);
}

async function refused(project: string, input: unknown[], config: Record<string, unknown> = {}): Promise<string> {
  const { code, stderr } = await runPlugin('target-sqlite', { project, config, input });
  expect(code).toBe(1);
  expect(stderr.trim().split('\n')).toHaveLength(1);
  return stderr;
}

describe('values', () => {
  it('come out as they went in', async () => {
    const project = makeProject();
    const properties = {
      i: { type: ['null', 'integer'] },
      n: { type: 'number' },
      b: { type: 'boolean' },
      t: { type: 'string' },
      d: { type: 'string', format: 'date-time' },
      o: { type: ['null', 'object'] },
      l: { type: 'array' },
      any: { type: ['string', 'integer'] },
      choice: { anyOf: [{ type: 'integer' }, { type: 'null' }] },
      none: {},
    };
    const line =
      `{"type":"RECORD","stream":"s","record":{"i":9223372036854775807,"n":1.5,"b":true,"t":"007","d":"2024-01-01T00:00:00Z",
      "o":{"a":[1,12345678901234567890]},"l":[1,"x"],"any":5,"choice":3,"none":"x"}}`.replace(/\n\s*/g, '');
    const second = { i: null, n: 2, b: false, t: 5, d: null, o: null, l: [], any: '5', none: [1] };
    await load(project, [schema('s', properties), line, record('s', second)]);
    const columns = Object.keys(properties).flatMap((name) => [
      `typeof("${name}") t_${name}`,
      `CAST("${name}" AS TEXT) ${name}`,
    ]);
    expect(query(project, `SELECT ${columns.join(', ')} FROM s`)).toEqual([
      {
        t_i: 'integer',
        i: '9223372036854775807',
        t_n: 'real',
        n: '1.5',
        t_b: 'integer',
        b: '1',
        t_t: 'text',
        t: '007',
        t_d: 'text',
        d: '2024-01-01T00:00:00Z',
        t_o: 'text',
        o: '{"a":[1,12345678901234567890]}',
        t_l: 'text',
        l: '[1,"x"]',
        t_any: 'integer',
        any: '5',
        t_choice: 'integer',
        choice: '3',
        t_none: 'text',
        none: 'x',
      },
      {
        t_i: 'null',
        i: null,
        t_n: 'real',
        n: '2.0',
        t_b: 'integer',
        b: '0',
        t_t: 'text',
        t: '5',
        t_d: 'null',
        d: null,
        t_o: 'null',
        o: null,
        t_l: 'text',
        l: '[]',
        t_any: 'text',
        any: '5',
        t_choice: 'null',
        choice: null,
        t_none: 'text',
        none: '[1]',
      },
    ]);
  });

  it('stand in the order of the schema, with facts about the load where wanted', async () => {
    const project = makeProject();
    const line = { ...record('users', { id: 1, name: 'a', surplus: 1 }), time_extracted: '2024-01-01T00:00:00Z' };
    await load(project, [users, line], { add_record_metadata: true });
    const [row] = query(project, 'SELECT * FROM users') as Record<string, string>[];
    expect(Object.keys(row ?? {})).toEqual(['id', 'name', '_sdc_extracted_at', '_sdc_received_at', '_sdc_batched_at']);
    expect(row?._sdc_extracted_at).toBe('2024-01-01T00:00:00Z');
    expect(row?._sdc_batched_at).toMatch(/^\d{4}-\d\d-\d\dT/);
  });
});

describe('load methods', () => {
  const input = [
    users,
    record('users', { id: 1, name: 'a' }),
    record('users', { id: 1, name: 'b' }),
    record('users', { id: 2, name: 'c' }),
  ];
  const later = [users, record('users', { id: 2, name: 'd' })];

  it.each([
    [
      'upsert',
      [
        [1, 'b'],
        [2, 'd'],
      ],
    ],
    [
      'append-only',
      [
        [1, 'a'],
        [1, 'b'],
        [2, 'c'],
        [2, 'd'],
      ],
    ],
    ['overwrite', [[2, 'd']]],
  ])('%s', async (load_method, rows) => {
    const project = makeProject();
    await load(project, input, { load_method });
    await load(project, later, { load_method });
    const found = query(project, 'SELECT id, name FROM users ORDER BY rowid') as { id: number; name: string }[];
    expect(found.map((row) => [row.id, row.name])).toEqual(rows);
  });

  it('upsert appends what has no keys', async () => {
    const project = makeProject();
    const stream = schema('log', { m: { type: 'string' } });
    await load(project, [stream, record('log', { m: 'x' }), record('log', { m: 'x' })]);
    expect(query(project, 'SELECT count(*) n FROM log')).toEqual([{ n: 2 }]);
  });

  it('upsert works on a table that was appended to, unless its keys are not', async () => {
    const project = makeProject();
    await load(project, later, { load_method: 'append-only' });
    await load(project, later);
    expect(query(project, 'SELECT count(*) n FROM users')).toEqual([{ n: 1 }]);
    const doubled = makeProject();
    await load(doubled, input, { load_method: 'append-only' });
    expect(await refused(doubled, input)).toContain('Table users has several rows with one key (id)');
  });

  it('overwrite leaves a table alone whose stream has no record, over several batches too', async () => {
    const project = makeProject();
    await load(project, input, { load_method: 'overwrite' });
    await load(project, [users], { load_method: 'overwrite' });
    expect(query(project, 'SELECT count(*) n FROM users')).toEqual([{ n: 2 }]);
    const many = Array.from({ length: 25 }, (_, id) => record('users', { id }));
    await load(project, [users, ...many, users], { load_method: 'overwrite', batch_size_rows: 10 });
    expect(query(project, 'SELECT count(*) n FROM users')).toEqual([{ n: 25 }]);
  });

  it('a prefix and other names', async () => {
    const project = makeProject();
    const other = schema('a/b', { x: { type: 'integer' } });
    await load(project, [users, other, record('a/b', { x: 1 })], {
      table_prefix: 'raw_',
      table_names: { 'a/b': 'ab' },
    });
    expect(query(project, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")).toEqual([
      { name: 'ab' },
      { name: 'raw_users' },
    ]);
  });
});

describe('schemas that change', () => {
  it('widen the table, in one run and from run to run', async () => {
    const project = makeProject();
    const wider = schema('users', { id: { type: 'integer' }, name: { type: 'string' }, age: { type: 'integer' } }, [
      'id',
    ]);
    await load(project, [users, record('users', { id: 1 }), wider, record('users', { id: 2, age: 3 })]);
    await load(project, [
      schema('users', { id: { type: 'integer' }, x: {} }, ['id']),
      record('users', { id: 3, x: 'y' }),
    ]);
    expect(query(project, 'SELECT * FROM users')).toEqual([
      { id: 1, name: null, age: null, x: null },
      { id: 2, name: null, age: 3, x: null },
      { id: 3, name: null, age: null, x: 'y' },
    ]);
  });

  it('are refused where values would change', async () => {
    const project = makeProject();
    await load(project, [users, record('users', { id: 1 })]);
    const message = await refused(project, [
      schema('users', { id: { type: 'string' } }, ['id']),
      record('users', { id: '007' }),
    ]);
    expect(message).toContain('Column id of table users is INTEGER, but users now has TEXT in it.');
    await load(project, [
      schema('users', { id: { type: 'number' }, name: { type: 'integer' } }, ['id']),
      record('users', { id: 2, name: 5 }),
    ]);
    expect(query(project, 'SELECT name FROM users WHERE id = 2')).toEqual([{ name: '5' }]);
  });

  it('without properties, or without their keys, are refused', async () => {
    expect(await refused(makeProject(), [schema('s', {})])).toContain('The schema of s has no properties');
    expect(await refused(makeProject(), [schema('s', { a: {} }, ['b'])])).toContain(
      'The key b of s is not in its schema',
    );
    expect(await refused(makeProject(), [users, record('users', { name: 'x' })])).toContain(
      'A record of users has no value for its key id',
    );
  });
});

describe('names', () => {
  it('of any kind are only names', async () => {
    const project = makeProject();
    const names = ['a b', 'x"y', "'; DROP TABLE users; --", 'select', 'ü.😀', 'sqlite_x', 'nul\0l', ''];
    const columns = ['a b', 'q"uote', "'; --", 'group', 'ü', '__proto__', ''];
    const values = Object.fromEntries(columns.map((name) => [name, 1]));
    const properties = JSON.parse(
      JSON.stringify(Object.fromEntries(columns.map((name) => [name, { type: 'integer' }]))),
    );
    await load(
      project,
      names.flatMap((name) => [schema(name, properties), record(name, values)]),
    );
    const tables = query(project, "SELECT name FROM sqlite_master WHERE type = 'table'") as { name: string }[];
    expect(tables.map((table) => table.name).sort()).toEqual(
      ["'; DROP TABLE users; --", '_', '_sqlite_x', 'a b', 'null', 'select', 'x"y', 'ü.😀'].sort(),
    );
    expect(query(project, 'SELECT "q""uote" q, "\'; --" s, "__proto__" p, "_" e FROM "x""y"')).toEqual([
      { q: 1, s: 1, p: 1, e: 1 },
    ]);
  });

  it('of columns that differ in case only become two columns, the same ones in each run', async () => {
    const project = makeProject();
    const both = { id: { type: 'integer' }, ID: { type: 'integer' }, Id: { type: 'integer' } };
    await load(project, [schema('s', { id: { type: 'integer' } }), record('s', { id: 1 })]);
    await load(project, [schema('s', both), record('s', { id: 2, ID: 3, Id: 4 })]);
    const turned = Object.fromEntries(Object.entries(both).reverse());
    await load(project, [schema('s', turned), record('s', { id: 5, ID: 6, Id: 7 })]);
    expect(query(project, 'SELECT * FROM s')).toEqual([
      { id: 1, ID__2: null, Id__3: null },
      { id: 2, ID__2: 3, Id__3: 4 },
      { id: 5, ID__2: 6, Id__3: 7 },
    ]);
  });

  it('of streams that differ in case only are refused, with the way out', async () => {
    const other = schema('Users', { id: { type: 'integer' } });
    expect(await refused(makeProject(), [users, other])).toContain('give one of them another in `table_names`');
    const project = makeProject();
    await load(project, [users, other, record('Users', { id: 1 })], { table_names: { Users: 'users_2' } });
    expect(query(project, 'SELECT id FROM users_2')).toEqual([{ id: 1 }]);
  });
});

describe('states', () => {
  it('are printed after their records are committed, newest first come', async () => {
    const project = makeProject();
    const child = startPlugin('target-sqlite', { project });
    const send = (...lines: unknown[]) => child.stdin?.write(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    const next = () =>
      new Promise<string>((resolve) => child.stdout?.once('data', (chunk: Buffer) => resolve(chunk.toString())));
    send(users, record('users', { id: 1 }), state({ at: 1 }));
    expect(await next()).toBe('{"at":1}\n');
    expect(query(project, 'SELECT id FROM users')).toEqual([{ id: 1 }]);
    send(record('users', { id: 2 }), state({ at: 2 }));
    expect(await next()).toBe('{"at":2}\n');
    expect(query(project, 'SELECT id FROM users')).toEqual([{ id: 1 }, { id: 2 }]);
    child.stdin?.end();
    expect(await finish(child)).toMatchObject({ code: 0, stdout: '', stderr: '' });
  });

  it('of a batch that was written come at once, without a flush for each', async () => {
    const project = makeProject();
    const input = [
      users,
      state({ at: 0 }),
      ...Array.from({ length: 30 }, (_, id) => [record('users', { id }), state({ at: id + 1 })]).flat(),
    ];
    const { stdout } = await runPlugin('target-sqlite', { project, config: { batch_size_rows: 10 }, input });
    const printed = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).at as number);
    expect(printed.at(0)).toBe(0);
    expect(printed.at(-1)).toBe(30);
    expect(printed.length).toBeLessThan(30);
  });

  it('kill -9 leaves at least what they say', async () => {
    const project = makeProject();
    const child = startPlugin('target-sqlite', { project, config: { batch_size_rows: 100 } });
    child.stdin?.on('error', () => {});
    let printed = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      printed += chunk.toString();
      child.kill('SIGKILL');
    });
    const lines = [
      users,
      ...Array.from({ length: 20_000 }, (_, id) => [record('users', { id }), state({ at: id })]).flat(),
    ];
    child.stdin?.write(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    await once(child, 'close');
    const last = JSON.parse(printed.trim().split('\n').at(-1) ?? '{}').at as number;
    const [{ n }] = query(project, 'SELECT count(*) n FROM users') as [{ n: number }];
    expect(n).toBeGreaterThanOrEqual(last + 1);
    await load(project, lines.slice(0, 401));
    expect(query(project, 'SELECT count(*) = count(DISTINCT id) whole FROM users')).toEqual([{ whole: 1 }]);
  });

  it('TERM commits what it has, and says so', async () => {
    const project = makeProject();
    const child = startPlugin('target-sqlite', { project });
    child.stdin?.write(
      `${[users, state({ at: 0 }), record('users', { id: 1 }), state({ at: 1 })].map((line) => JSON.stringify(line)).join('\n')}\n`,
    );
    await new Promise((resolve) => child.stdout?.once('data', resolve));
    const rest = finish(child);
    child.kill('SIGTERM');
    expect(await rest).toMatchObject({ code: 143, stdout: '{"at":1}\n' });
    expect(query(project, 'SELECT id FROM users')).toEqual([{ id: 1 }]);
  });

  it('ACTIVATE_VERSION and blank lines change nothing', async () => {
    const project = makeProject();
    await load(project, [
      users,
      { type: 'ACTIVATE_VERSION', stream: 'users', version: 1 },
      '',
      record('users', { id: 1 }),
    ]);
    expect(query(project, 'SELECT id FROM users')).toEqual([{ id: 1 }]);
  });
});

describe('a shared or broken file', () => {
  it('takes several targets at once', async () => {
    const project = makeProject();
    const streams = ['a', 'b', 'c'];
    const runs = streams.map((name) => {
      const rows = Array.from({ length: 3000 }, (_, id) => record(name, { id }));
      return load(project, [schema(name, { id: { type: 'integer' } }, ['id']), ...rows], { batch_size_rows: 50 });
    });
    await Promise.all(runs);
    for (const name of streams) expect(query(project, `SELECT count(*) n FROM ${name}`)).toEqual([{ n: 3000 }]);
  });

  it('that stays locked is one clear line, and no state is printed', async () => {
    const project = makeProject();
    await load(project, [users]);
    const holder = new BetterSqlite(join(project, 'output/warehouse.db'));
    holder.exec('BEGIN IMMEDIATE');
    const config = { busy_timeout_seconds: 1 };
    const result = await runPlugin('target-sqlite', {
      project,
      config,
      input: [users, record('users', { id: 1 }), state({ at: 1 })],
    });
    holder.close();
    expect(result).toMatchObject({ code: 1, stdout: '' });
    expect(result.stderr).toMatch(
      /^ERROR target-sqlite: The database .* is locked: another program has been writing to it for 1 s\.\n$/,
    );
  });

  it('that is not a database is one clear line', async () => {
    const project = makeProject();
    mkdirSync(join(project, 'output'));
    writeFileSync(join(project, 'output/warehouse.db'), 'x'.repeat(5000));
    expect(await refused(project, [users])).toContain('it is not an SQLite database (SQLITE_NOTADB)');
    expect(await refused(project, [users], { path: 'output' })).toContain("can't be written: it can't be opened");
    expect(await refused(project, [users], { path: 'output/warehouse.db/deeper.db' })).toContain("can't be opened");
  });

  it.skipIf(process.getuid?.() === 0)('that may not be written is one clear line', async () => {
    const project = makeProject();
    await load(project, [users]);
    chmodSync(join(project, 'output/warehouse.db'), 0o400);
    expect(await refused(project, [users, record('users', { id: 1 })])).toContain('it may not be written');
  });

  it('on a disk without room is one clear line, and what was committed stays', async () => {
    const project = makeProject();
    await load(project, [users, record('users', { id: 1 })]);
    const rows = Array.from({ length: 3000 }, (_, id) => record('users', { id, name: 'x'.repeat(500) }));
    const limited = ['sh', '-c', 'ulimit -f 400; exec "$@"', 'limited'];
    const result = await runPlugin('target-sqlite', { project, input: [users, ...rows, state({ at: 1 })] }, limited);
    expect(result).toMatchObject({ code: 1, stdout: '' });
    expect(result.stderr).toMatch(
      /^ERROR target-sqlite: The database .* can't be written: the disk (?:is full|failed) \(SQLITE_\w+\)\.\n$/,
    );
    expect(query(project, 'SELECT count(*) n FROM users')).toEqual([{ n: 1 }]);
  });

  it.each([
    [{ load_method: 'merge' }, 'The setting `load_method` is not one of upsert, append-only, overwrite.'],
    [{ batch_size_rows: 0 }, 'The setting `batch_size_rows` is not a whole number above 0.'],
    [{ path: 5 }, 'The setting `path` does not name a file.'],
  ])('settings %j are refused', async (config, message) => {
    expect(await refused(makeProject(), [users], config)).toContain(message);
  });
});
