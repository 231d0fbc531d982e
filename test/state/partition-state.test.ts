import { describe, expect, it } from 'vitest';
import { TaplineError } from '../../src/errors.js';
import { createPartitionState } from '../../src/state/partition-state.js';

describe('createPartitionState', () => {
  it('makes the first version of a state, as of now', () => {
    const before = Date.now();
    const state = createPartitionState('orders', 'region=eu', { replication_key_value: '2023-01-08', ids: [1, 2] });
    expect(state).toEqual({
      stream: 'orders',
      partition: 'region=eu',
      value: { replication_key_value: '2023-01-08', ids: [1, 2] },
      updated_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      version: 1,
    });
    expect(Date.parse(state.updated_at)).toBeGreaterThanOrEqual(before);
    expect(JSON.parse(JSON.stringify(state))).toEqual(state);
  });

  it('takes null for a partition of which nothing is loaded', () => {
    expect(createPartitionState('*', '2023-01-01T00:00:00Z/2023-01-08T00:00:00Z', null).value).toBeNull();
  });

  const circle: unknown[] = [];
  circle.push(circle);
  it.each<[string, string, unknown]>([
    ['', 'region=eu', null],
    ['orders', ' ', null],
    [undefined as unknown as string, 'region=eu', null],
    ['orders', 7 as unknown as string, null],
    ['orders', 'region=eu', undefined],
    ['orders', 'region=eu', Number.NaN],
    ['orders', 'region=eu', { at: new Date() }],
    ['orders', 'region=eu', { big: 1n }],
    ['orders', 'region=eu', [() => 1]],
    ['orders', 'region=eu', circle],
  ])('refuses %j, %j, %s', (stream, partition, value) => {
    const work = () => createPartitionState(stream, partition, value);
    expect(work).toThrow(TaplineError);
    expect(work).toThrow(/state/);
  });
});
