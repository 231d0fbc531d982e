import { once } from 'node:events';
import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import {
  finish,
  lastState,
  type Message,
  makeProject,
  messagesOf,
  recordsOf,
  runPlugin,
  startPlugin,
} from './plugin-rig.js';

const csv = (...rows: string[]): string => `${rows.join('\n')}\n`;

interface Csv {
  project: string;
  config?: Record<string, unknown>;
  state?: unknown;
  catalog?: unknown;
  file?: Record<string, unknown>;
}

/** A run over the file `data.csv`, stream `data`, with `file` added to its entry. */
async function sync({ project, config = {}, file = {}, ...rest }: Csv): Promise<Message[]> {
  const files = [{ entity: 'data', path: 'data.csv', ...file }];
  const { code, stderr, messages } = await runPlugin('tap-csv', { project, config: { files, ...config }, ...rest });
  expect(stderr).not.toContain('ERROR');
  expect(code).toBe(0);
  return messages;
}

async function syncText(text: string | Buffer, file: Record<string, unknown> = {}, config = {}): Promise<unknown[]> {
  return recordsOf(await sync({ project: makeProject({ 'data.csv': text }), file, config }));
}

describe('what a file holds', () => {
  it('is text, and nothing is lost of it', async () => {
    const text = csv('id,"a ""b""",c', '007,"x\ny, ""z""",', '1,,ü', '', '2');
    expect(await syncText(text)).toEqual([
      { id: '007', 'a "b"': 'x\ny, "z"', c: '' },
      { id: '1', 'a "b"': '', c: 'ü' },
      { id: '2', 'a "b"': null, c: null },
    ]);
  });

  it.each<[string, string | Buffer, Record<string, unknown>]>([
    ['a BOM', '\ufeffa,b\n1,2\n', {}],
    ['CRLF', 'a,b\r\n1,2\r\n', {}],
    ['CRLF in one place only', 'a,b\r\n1,2\n', {}],
    ['no line end at the end', 'a,b\n1,2', {}],
    ['tabs', 'a\tb\n1\t2\n', { delimiter: '\\t' }],
    ['other quotes', "'a';'b'\n'1';2\n", { delimiter: ';', quotechar: "'" }],
    ['spaces after delimiters', 'a, b\n1, 2\n', { skipinitialspace: true }],
    ['UTF-16', Buffer.from('\ufeffa,b\n1,2\n', 'utf16le'), { encoding: 'utf-16le' }],
  ])('can be written with %s', async (_, text, file) => {
    expect(await syncText(text, file)).toEqual([{ a: '1', b: '2' }]);
  });

  it('is decoded', async () => {
    expect(await syncText(Buffer.from('n\nMüller\n', 'latin1'), { encoding: 'iso-8859-1' })).toEqual([{ n: 'Müller' }]);
  });

  it('may have columns without a name, or with the same', async () => {
    expect(await syncText(csv('a,,a', '1,2,3,4'))).toEqual([{ a: '1', column_2: '2', a_2: '3' }]);
  });

  it('may be nothing', async () => {
    expect(await syncText('')).toEqual([]);
    expect(await syncText('a,b\n')).toEqual([]);
  });

  it('has types where they are wanted', async () => {
    const text = csv(
      'i,n,b,zip,mixed,none,big',
      '1,1.50,true,01234,1,,12345678901234567',
      ',-2e3,FALSE,99999,x,,2',
      '-7,0,,1,,,3',
    );
    expect(await syncText(text, {}, { infer_types: true })).toEqual([
      { i: 1, n: 1.5, b: true, zip: '01234', mixed: '1', none: '', big: 12345678901234568 },
      { i: null, n: -2000, b: false, zip: '99999', mixed: 'x', none: '', big: 2 },
      { i: -7, n: 0, b: null, zip: '1', mixed: '', none: '', big: 3 },
    ]);
  });

  it('says where it comes from', async () => {
    const [first] = await syncText(csv('a', 'x'), {}, { add_metadata_columns: true });
    expect(first).toMatchObject({ a: 'x', _sdc_source_file: 'data.csv', _sdc_source_lineno: 2 });
  });
});

describe('the catalog', () => {
  it('tells keys and the replication key', async () => {
    const project = makeProject({ 'data.csv': csv('id,at,x', '1,2,3') });
    const files = [{ entity: 'data', path: 'data.csv', keys: ['id'], replication_key: 'at' }];
    const { stdout } = await runPlugin('tap-csv', { project, config: { files }, args: ['--discover'] });
    const [stream] = JSON.parse(stdout).streams;
    expect(stream).toMatchObject({ tap_stream_id: 'data', key_properties: ['id'] });
    expect(stream.metadata[0].metadata).toMatchObject({
      'table-key-properties': ['id'],
      'replication-method': 'INCREMENTAL',
      'replication-key': 'at',
    });
    const inclusions = stream.metadata
      .slice(1)
      .map((entry: { metadata: { inclusion: string } }) => entry.metadata.inclusion);
    expect(inclusions).toEqual(['automatic', 'automatic', 'available']);
  });

  it('decides what is read, and as what', async () => {
    const project = makeProject({ 'data.csv': csv('id,x,y', '1,2,2024-01-01', '2,,') });
    const files = [
      { entity: 'data', path: 'data.csv', keys: ['id'] },
      { entity: 'other', path: 'data.csv' },
    ];
    const { stdout } = await runPlugin('tap-csv', { project, config: { files }, args: ['--discover'] });
    const catalog = JSON.parse(stdout);
    catalog.streams[0].schema.properties.id = { type: 'integer' };
    catalog.streams[0].schema.properties.y = { type: ['string', 'null'], format: 'date' };
    catalog.streams[0].metadata.find(
      (entry: { breadcrumb: string[] }) => entry.breadcrumb[1] === 'x',
    ).metadata.selected = false;
    catalog.streams[1].metadata[0].metadata.selected = false;
    const { messages } = await runPlugin('tap-csv', { project, config: { files }, catalog });
    expect(recordsOf(messages)).toEqual([
      { id: 1, y: '2024-01-01' },
      { id: 2, y: null },
    ]);
    expect(messages[0]).toMatchObject({ type: 'SCHEMA', stream: 'data', key_properties: ['id'] });
    expect(Object.keys((messages[0] as { schema: { properties: object } }).schema.properties)).toEqual(['id', 'y']);
  });

  it('joins the columns of all files of a stream', async () => {
    const project = makeProject({ 'p1.csv': csv('a,b', '1,2'), 'p2.csv': csv('b,c', '3,4') });
    mkdirSync(join(project, 'deep', 'er'), { recursive: true });
    writeFileSync(join(project, 'deep', 'er', 'p3.csv'), csv('c', '5'));
    writeFileSync(join(project, 'deep', '.hidden.csv'), csv('c', '6'));
    const config = { files: [{ entity: 'all', path: '**/*.csv' }] };
    const { messages } = await runPlugin('tap-csv', { project, config });
    expect(recordsOf(messages)).toEqual([{ c: '5' }, { a: '1', b: '2' }, { b: '3', c: '4' }]);
  });
});

describe('the next run', () => {
  const dated = { keys: ['id'], replication_key: 'at' };

  it('reads rows after the bookmark only, those of the same moment that are new among them', async () => {
    const project = makeProject({ 'data.csv': csv('id,at', '1,2024-01-01', '3,2024-01-03', '2,2024-01-02') });
    const first = await sync({ project, file: dated });
    expect(recordsOf(first)).toHaveLength(3);
    const state = lastState(first);
    expect(state).toMatchObject({
      bookmarks: { data: { replication_key: 'at', replication_key_value: '2024-01-03' } },
    });
    expect(recordsOf(await sync({ project, file: dated, state }))).toEqual([]);
    appendFileSync(join(project, 'data.csv'), csv('4,2024-01-03', '5,2023-12-31', '6,2024-01-04', '7,'));
    const third = await sync({ project, file: dated, state });
    expect(recordsOf(third).map((row) => row.id)).toEqual(['4', '6', '7']);
    expect(recordsOf(await sync({ project, file: dated, state: lastState(third) }))).toEqual([]);
  });

  it('compares numbers as numbers', async () => {
    const project = makeProject({ 'data.csv': csv('id,at', '1,9', '2,10') });
    const state = lastState(await sync({ project, file: dated }));
    expect(state).toMatchObject({ bookmarks: { data: { replication_key_value: '10' } } });
    appendFileSync(join(project, 'data.csv'), csv('3,11', '4,8'));
    expect(recordsOf(await sync({ project, file: dated, state })).map((row) => row.id)).toEqual(['3']);
  });

  it('reads a file again when it has changed, and a new one whole', async () => {
    const project = makeProject({ 'a.csv': csv('x', '1'), 'b.csv': csv('x', '2') });
    const config = { files: [{ entity: 'data', path: '*.csv' }] };
    const read = async (state?: unknown) => {
      const { messages } = await runPlugin('tap-csv', { project, config, ...(state === undefined ? {} : { state }) });
      return { values: recordsOf(messages).map((row) => row.x), state: lastState(messages) };
    };
    const first = await read();
    expect(first.values).toEqual(['1', '2']);
    expect((await read(first.state)).values).toEqual([]);
    appendFileSync(join(project, 'b.csv'), csv('3'));
    writeFileSync(join(project, 'c.csv'), csv('x', '4'));
    const second = await read(first.state);
    expect(second.values).toEqual(['2', '3', '4']);
    rmSync(join(project, 'c.csv'));
    expect((await read(second.state)).values).toEqual([]);
  });

  it('starts from a bookmark that another tap has left', async () => {
    const project = makeProject({ 'data.csv': csv('id,at', '1,2024-01-01', '2,2024-01-02', '3,2024-01-03') });
    const state = { bookmarks: { data: { replication_key_value: '2024-01-02' }, gone: { x: 1 } } };
    const messages = await sync({ project, file: dated, state });
    expect(recordsOf(messages).map((row) => row.id)).toEqual(['2', '3']);
    expect(lastState(messages)).toMatchObject({ bookmarks: { gone: { x: 1 } } });
  });

  it('goes on where a stopped one ended, with no row lost or twice', async () => {
    const rows = Array.from({ length: 60_000 }, (_, index) => `${index},${(index * 7919) % 60_000}`);
    const project = makeProject({ 'data.csv': csv('id,at', ...rows) });
    const files = [{ entity: 'data', path: 'data.csv', ...dated }];
    const child = startPlugin('tap-csv', { project, config: { files } });
    let seen = '';
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      seen += chunk;
      child.kill('SIGTERM');
    });
    const [code] = await once(child, 'close');
    expect(code).toBe(143);
    const stopped = messagesOf(seen);
    const state = lastState(stopped);
    expect(stopped.at(-1)?.type).toBe('STATE');
    expect(recordsOf(stopped).length).toBeLessThan(rows.length);
    const rest = await sync({ project, file: dated, state });
    const ids = [...recordsOf(stopped), ...recordsOf(rest)].map((row) => Number(row.id));
    expect(ids).toEqual(rows.map((_, index) => index));
    expect(lastState(rest)).toMatchObject({ bookmarks: { data: { replication_key_value: '59999' } } });
    expect(recordsOf(await sync({ project, file: dated, state: lastState(rest) }))).toEqual([]);
  });
});

describe('bad luck', () => {
  it.each<[string, Record<string, unknown>, string]>([
    ['no setting', {}, 'The setting `files` is missing.'],
    ['an empty list', { files: [] }, 'The setting `files` does not name a file.'],
    [
      'an entry without a path',
      { files: [{ entity: 'a' }] },
      'Entry 1 of the setting `files` needs `entity` and `path`.',
    ],
    ['a missing file', { files: [{ entity: 'a', path: 'nope.csv' }] }, 'there is no such file'],
    [
      'a missing key',
      { files: [{ entity: 'a', path: 'data.csv', keys: ['id'] }] },
      'The files of a have no column id.',
    ],
    [
      'an unknown encoding',
      { files: [{ entity: 'a', path: 'data.csv', encoding: 'ebcdic' }] },
      'unknown encoding ebcdic',
    ],
    ['an open quote', { files: [{ entity: 'a', path: 'open.csv' }] }, "open.csv can't be read: Quote Not Closed"],
    ['a missing definition', { csv_files_definition: 'x.json' }, "x.json can't be read: there is no such file"],
  ])('%s is one clear line', async (_, config, message) => {
    const project = makeProject({ 'data.csv': csv('a', '1'), 'open.csv': csv('a', '"1', '2') });
    const { code, stderr } = await runPlugin('tap-csv', { project, config });
    expect(code).toBe(1);
    const errors = stderr
      .trim()
      .split('\n')
      .filter((line) => !line.startsWith('INFO'));
    expect(errors).toHaveLength(1);
    expect(errors[0]).toContain(message);
  });

  it('a value that does not fit its type says where it stands, not what it is', async () => {
    const project = makeProject({ 'data.csv': csv('a', '1', 'secret') });
    const catalog = { streams: [{ tap_stream_id: 'data', schema: { properties: { a: { type: 'integer' } } } }] };
    const config = { files: [{ entity: 'data', path: 'data.csv' }] };
    const { code, stderr } = await runPlugin('tap-csv', { project, config, catalog });
    expect(code).toBe(1);
    expect(stderr).toContain('row 3, column a');
    expect(stderr).not.toContain('secret');
  });

  it('a reader that goes away ends it quietly', async () => {
    const project = makeProject({
      'data.csv': csv('a', ...Array.from({ length: 50_000 }, (_, index) => String(index))),
    });
    const child = startPlugin('tap-csv', { project, config: { files: [{ entity: 'data', path: 'data.csv' }] } });
    child.stdout?.once('data', () => child.stdout?.destroy());
    const { code, stderr } = await finish(child);
    expect(code).toBe(1);
    expect(stderr).toBe('');
  });

  it('columns that the catalog does not have are named', async () => {
    const project = makeProject({ 'data.csv': csv('a,b', '1,2,3') });
    const catalog = { streams: [{ tap_stream_id: 'data', schema: { properties: { a: { type: 'string' } } } }] };
    const config = { files: [{ entity: 'data', path: 'data.csv' }] };
    const { stderr } = await runPlugin('tap-csv', { project, config, catalog });
    expect(stderr).toContain('WARNING data.csv: not in the catalog, so left out: b.');
    expect(stderr).toContain('1 rows have more fields than the header');
  });
});

describe('real data', () => {
  const folder = fileURLToPath(new URL('../../node_modules/vega-datasets/data/', import.meta.url));
  const names = readdirSync(folder).filter((name) => name.endsWith('.csv'));

  it.each([true, false])('all CSV files of vega-datasets, infer_types: %s', async (infer_types) => {
    const files = names.map((name) => ({ entity: name, path: join(folder, name) }));
    const { code, messages, stderr } = await runPlugin('tap-csv', {
      project: makeProject(),
      config: { files, infer_types },
    });
    expect(code).toBe(0);
    expect(stderr).not.toMatch(/ERROR|WARNING/);
    for (const name of names) {
      const lines = readFileSync(join(folder, name), 'utf8')
        .split(/\r\n|\n|\r/)
        .filter((line) => line !== '');
      expect(recordsOf(messages, name).length, name).toBe(lines.length - 1);
    }
  });
});
