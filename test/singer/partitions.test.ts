import { describe, expect, it } from 'vitest';
import { contextText, partitionsOf } from '../../src/singer/partitions.js';

const partition = (repo: string, value: string) => ({
  context: { org: 'acme', repo },
  replication_key: 'updated_at',
  replication_key_value: value,
});

describe('partitionsOf', () => {
  it('takes apart what the Singer SDK writes', () => {
    expect(partitionsOf({ partitions: [partition('shop', '2023-01-08')], starting: 1 })).toEqual({
      partitions: [
        {
          context: { org: 'acme', repo: 'shop' },
          value: { replication_key: 'updated_at', replication_key_value: '2023-01-08' },
        },
      ],
      rest: { starting: 1 },
    });
    expect(partitionsOf({ partitions: [partition('shop', '1')] }).rest).toBeUndefined();
  });

  it.each([
    ['a classic bookmark', { updated_at: '2023-01-08' }],
    ['a bookmark that is not a map', '2023-01-08'],
    ['partitions of another form', { partitions: [{ id: 1 }] }],
    ['partitions that are no list', { partitions: { a: 1 } }],
  ])('leaves %s whole', (_, bookmark) => {
    expect(partitionsOf(bookmark)).toEqual({ partitions: [], rest: bookmark });
  });

  it('shows a stream whose partitions have all gone', () => {
    expect(partitionsOf({ partitions: [] })).toEqual({ partitions: [], rest: {} });
  });
});

describe('contextText', () => {
  it('is short, and keeps numbers and texts apart from nothing', () => {
    expect(contextText({ org: 'acme', id: 7, tags: ['a'] })).toBe('org=acme id=7 tags=["a"]');
  });
});
