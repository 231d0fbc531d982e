import { describe, expect, it } from 'vitest';
import { TaplineError } from '../../../src/errors.js';
import { partitionText, readPartitions } from '../../../src/plan/backfill/partitions.js';

describe('readPartitions', () => {
  it('is one partition without a name where there are none', () => {
    expect(readPartitions([])).toEqual([{}]);
  });

  it('takes each value once, whatever the order of the options', () => {
    expect(readPartitions(['region=eu,us', 'region=us, apac'])).toEqual([
      { region: 'eu' },
      { region: 'us' },
      { region: 'apac' },
    ]);
    const both = readPartitions(['tier=1,2', 'region=eu']);
    expect(both).toEqual(readPartitions(['region=eu', 'tier=1,2']));
    expect(both.map(partitionText)).toEqual(['region=eu&tier=1', 'region=eu&tier=2']);
  });

  it('keeps what a value holds', () => {
    expect(readPartitions(['query=a=b'])).toEqual([{ query: 'a=b' }]);
    expect(partitionText({ query: 'a=b|c:d&e' })).toBe('query=a%3Db%7Cc%3Ad%26e');
  });

  it.each(['region', '=eu', 'region=', 'region=eu,,us', ''])('refuses %j', (text) => {
    expect(() => readPartitions([text])).toThrow(TaplineError);
  });

  it('refuses more windows than anybody means', () => {
    const many = Array.from({ length: 400 }, (_, index) => index).join(',');
    expect(() => readPartitions([`a=${many}`, `b=${many}`])).toThrow(/more than 100,000 windows/);
  });
});
