import { describe, expect, it } from 'vitest';
import { defineTap, type JsonMap, type TapStream, timePartitions, tryTap } from '../../../src/singer/kit/index.js';

const schema = {
  type: 'object',
  properties: {
    id: { type: 'integer' },
    updated_at: { type: 'string', format: 'date-time' },
    address: { type: 'object', properties: { city: { type: 'string' }, street: { type: 'string' } } },
  },
};
const row = (id: number, updated_at: string, more: JsonMap = {}): JsonMap => ({ id, updated_at, ...more });

function tapOf(stream: Partial<TapStream>, checkpointEvery = 10_000) {
  const orders: TapStream = { name: 'orders', schema, keyProperties: ['id'], read: () => [], ...stream };
  return defineTap({ name: 'tap-x', streams: () => [orders], checkpointEvery });
}
const states = (messages: JsonMap[]): unknown[] => messages.filter(({ type }) => type === 'STATE').map((m) => m.value);
const bookmark = (value: unknown) => ({
  bookmarks: { orders: { replication_key: 'updated_at', replication_key_value: value } },
});

describe('a stream', () => {
  it('gives a schema, records with the time of extraction, and a state at its end', async () => {
    const { messages } = await tryTap(tapOf({ replicationKey: 'updated_at', read: () => [row(1, '2026-01-01')] }));
    expect(messages).toEqual([
      { type: 'SCHEMA', stream: 'orders', schema, key_properties: ['id'], bookmark_properties: ['updated_at'] },
      { type: 'RECORD', stream: 'orders', record: row(1, '2026-01-01'), time_extracted: expect.stringMatching(/Z$/) },
      { type: 'STATE', value: bookmark('2026-01-01') },
    ]);
  });

  it('moves the bookmark with sorted records, and only at the end with others', async () => {
    const rows = [1, 2, 3, 4, 5].map((id) => row(id, `2026-01-0${id}`));
    const sorted = await tryTap(tapOf({ replicationKey: 'updated_at', isSorted: true, read: () => rows }, 2));
    expect(states(sorted.messages)).toEqual(['2026-01-02', '2026-01-04', '2026-01-05'].map(bookmark));
    const other = await tryTap(tapOf({ replicationKey: 'updated_at', read: () => rows.toReversed() }, 2), {
      state: bookmark('2025-12-01'),
    });
    expect(states(other.messages)).toEqual(['2025-12-01', '2025-12-01', '2026-01-05'].map(bookmark));
  });

  it('leaves the bookmark where it was when reading fails', async () => {
    let state: unknown;
    const tap = tapOf({
      replicationKey: 'updated_at',
      *read() {
        yield row(1, '2026-01-09');
        throw new Error('cut');
      },
    });
    const sync = tap.sync.bind(tap);
    tap.sync = (run) => {
      const emit = run.out.state.bind(run.out);
      run.out.state = (value) => {
        state = structuredClone(value);
        return emit(value);
      };
      return sync(run);
    };
    await expect(tryTap(tap, { state: bookmark('2026-01-01') })).rejects.toThrow('cut');
    expect(state).toEqual(bookmark('2026-01-01'));
  });

  it('refuses a sorted stream that is not', async () => {
    const tap = tapOf({
      replicationKey: 'updated_at',
      isSorted: true,
      read: () => [row(1, '2026-01-02'), row(2, '2026-01-01')],
    });
    await expect(tryTap(tap)).rejects.toThrow('declared sorted by updated_at, but 2026-01-01 comes after 2026-01-02');
  });

  it('passes the bookmark, else start_date; neither to a stream that the catalog reads whole', async () => {
    const asked: unknown[] = [];
    const tap = tapOf({
      replicationKey: 'updated_at',
      read({ from }) {
        asked.push(from);
        return [];
      },
    });
    await tryTap(tap);
    await tryTap(tap, { config: { start_date: '2026-01-01' } });
    await tryTap(tap, { config: { start_date: '2026-01-01' }, state: bookmark('2026-03-01') });
    const catalog = await tap.discover({}, new AbortController().signal);
    const [stream] = catalog.streams as [{ tap_stream_id: string; metadata: { metadata: JsonMap }[] }];
    (stream.metadata[0] as { metadata: JsonMap }).metadata['replication-method'] = 'FULL_TABLE';
    const { state } = await tryTap(tap, { catalog, state: bookmark('2026-03-01') });
    expect([asked, state]).toEqual([[undefined, '2026-01-01', '2026-03-01', undefined], bookmark('2026-03-01')]);
  });

  it('leaves out what is not selected, nested too, and never its key', async () => {
    const read = () => [row(1, '2026-01-01', { address: { city: 'Bonn', street: 'x' }, surplus: 1 })];
    const tap = tapOf({ read });
    const not = (...path: string[]) => ({
      breadcrumb: path.flatMap((name) => ['properties', name]),
      metadata: { selected: false },
    });
    const catalog = {
      streams: [
        {
          tap_stream_id: 'orders',
          schema,
          key_properties: ['id'],
          metadata: [not('id'), not('updated_at'), not('address', 'street')],
        },
      ],
    };
    const { messages, records } = await tryTap(tap, { catalog });
    expect(records('orders')).toEqual([{ id: 1, address: { city: 'Bonn' } }]);
    expect(messages[0]?.schema).toEqual({
      type: 'object',
      properties: { id: { type: 'integer' }, address: { type: 'object', properties: { city: { type: 'string' } } } },
    });
  });

  it('reads in parts of days, and keeps the end of each but the last', async () => {
    const asked: unknown[] = [];
    const tap = tapOf({
      replicationKey: 'updated_at',
      partitionDays: 7,
      *read({ from, to }) {
        asked.push([from, to]);
        if (asked.length === 1) yield row(1, '2026-01-03T00:00:00Z');
      },
    });
    const config = { start_date: '2026-01-01', end_date: '2026-01-18' };
    const { messages } = await tryTap(tap, { config });
    const day = (text: string): string => `2026-01-${text}T00:00:00.000Z`;
    expect(asked).toEqual([
      [day('01'), day('08')],
      [day('08'), day('15')],
      [day('15'), day('18')],
    ]);
    expect(states(messages)).toEqual([bookmark(day('08')), bookmark(day('15')), bookmark(day('15'))]);
    await expect(tryTap(tap)).rejects.toThrow('needs start_date');
  });

  it('stops at a record, with a state', async () => {
    const stop = new AbortController();
    const tap = tapOf({
      replicationKey: 'updated_at',
      isSorted: true,
      *read() {
        yield row(1, '2026-01-01');
        stop.abort();
        yield row(2, '2026-01-02');
      },
    });
    const { state, records } = await tryTap(tap, { stop: stop.signal });
    expect([records('orders').length, state]).toEqual([1, bookmark('2026-01-01')]);
  });
});

it('splits a time into ascending parts', () => {
  const parts = [...timePartitions(new Date('2026-01-01'), new Date('2026-01-04'), 2)];
  expect(parts.map(({ from, to }) => [from.getUTCDate(), to.getUTCDate()])).toEqual([
    [1, 3],
    [3, 4],
  ]);
  expect([...timePartitions(new Date('2026-01-04'), new Date('2026-01-01'), 2)]).toEqual([]);
  expect(() => [...timePartitions(new Date(0), new Date(1), 0)]).toThrow('of 0 days');
});
