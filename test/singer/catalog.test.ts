import { describe, expect, it } from 'vitest';
import { TaplineError } from '../../src/errors.js';
import { parseCatalog } from '../../src/singer/catalog.js';
import { exactJson } from '../../src/singer/exact-json.js';

describe('reading a catalog', () => {
  it.each([
    ['', 'it is empty'],
    ['Loading...\n{"streams": []}', 'it is not valid JSON ('],
    ['[]', 'it is not a JSON object'],
    ['{"streams": {}}', 'its "streams" is not a list'],
    ['{"streams": [{"stream": "a"}, 5]}', 'stream 2 in it is not a JSON object'],
    ['{"streams": [{"schema": {}}]}', 'stream 1 in it has no "tap_stream_id"'],
    ['{"streams": [{"tap_stream_id": "a", "metadata": {}}]}', 'the "metadata" of stream a in it is not a list'],
  ])('refuses %j', (text, why) => {
    const read = () => parseCatalog(text);
    expect(read).toThrow(TaplineError);
    expect(read).toThrow(`The catalog can't be used: ${why}`);
  });

  it('takes what older taps write', () => {
    const catalog = parseCatalog('\ufeff{"streams": [{"stream": "a", "metadata": null}], "extra": 1}');
    expect(catalog).toEqual({ streams: [{ stream: 'a', tap_stream_id: 'a' }], extra: 1 });
    expect(parseCatalog('{}').streams).toEqual([]);
  });

  it('gives back the bounds of big integer columns digit by digit', () => {
    const text =
      '{"streams":[{"tap_stream_id":"a","schema":{"minimum":-9223372036854775808,"maximum":9223372036854775807}}]}';
    expect(exactJson(parseCatalog(text))).toBe(text);
  });
});
