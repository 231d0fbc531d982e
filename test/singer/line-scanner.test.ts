import { describe, expect, it } from 'vitest';
import {
  type ControlLine,
  createLineScanner,
  type LineScannerOptions,
  otherStreams,
  type TooLongLine,
} from '../../src/singer/line-scanner.js';
import { type Random, seededRandom } from './random.js';

interface Scan {
  forwarded: string;
  messages: string[];
  tooLong: TooLongLine[];
  streams: Record<string, { records: number; bytes: number }>;
  totals: { lines: number; records: number; bytes: number; states: number; oddLines: number };
  odd: { lineNumber: number; reason: string }[];
  unfinished: { bytes: number; passedOn: number; type: string | undefined; stream: string | undefined } | undefined;
}

function scan(
  chunks: Buffer[],
  options: Pick<LineScannerOptions, 'limits'> & {
    acceptLast?: boolean;
    judge?: (line: ControlLine) => string | undefined;
  } = {},
): Scan {
  const messages: string[] = [];
  const tooLong: TooLongLine[] = [];
  const scanner = createLineScanner({
    limits: options.limits,
    onMessage(message) {
      messages.push(`${message.type} ${message.line.toString('latin1')}`);
      return options.judge?.(message);
    },
    onTooLong: (line) => tooLong.push(line),
  });
  const forwarded = chunks.flatMap((chunk) => scanner.push(chunk));
  const end = scanner.end({ acceptLast: options.acceptLast ?? false });
  forwarded.push(...end.forward);
  return {
    forwarded: Buffer.concat(forwarded).toString('latin1'),
    messages,
    tooLong,
    streams: Object.fromEntries([...scanner.streams].map(([name, counts]) => [name, { ...counts }])),
    totals: { ...scanner.totals },
    odd: scanner.oddLines.map(({ lineNumber, reason }) => ({ lineNumber, reason })),
    unfinished: end.unfinished && {
      bytes: end.unfinished.bytes,
      passedOn: end.unfinished.passedOn,
      type: end.unfinished.type,
      stream: end.unfinished.stream,
    },
  };
}

const scanText = (text: string, options: Parameters<typeof scan>[1] = {}): Scan => scan([Buffer.from(text)], options);

/** Cuts `bytes` at random places. */
function cut(random: Random, bytes: Buffer, longest: number): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const size = 1 + random.integer(longest);
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
}

describe('what a line is', () => {
  it.each([
    ['the usual spacing', '{"type": "RECORD", "stream": "users", "record": {"id": 1}}'],
    ['no spaces', '{"type":"RECORD","stream":"users","record":{"id":1}}'],
    ['stream first', '{"stream": "users", "type": "RECORD", "record": {"id": 1}}'],
    ['record first', '{"record": {"id": [1, {"type": "STATE"}, "}\\"{"]}, "type": "RECORD", "stream": "users"}'],
    ['sorted keys', '{"record":{"id":1},"stream":"users","time_extracted":"2024-01-01","type":"RECORD"}'],
    [
      'a number, a literal and NaN before',
      '{"version": -1.5e3, "x": null, "y":NaN,"type": "RECORD","stream": "users"}',
    ],
    ['white space everywhere', ' \t{ "type" : "RECORD" , "stream" : "users" , "record" : {} } \r'],
    ['escapes in keys and values', '{"t\\u0079pe": "RECORD", "stream": "us\\u0065rs", "record": {}}'],
  ])('finds type and stream: %s', (_, line) => {
    const text = `${line}\n`;
    expect(scanText(text.repeat(3))).toMatchObject({
      forwarded: text.repeat(3),
      streams: { users: { records: 3, bytes: 3 * text.length } },
      totals: { lines: 3, records: 3, bytes: 3 * text.length, oddLines: 0 },
    });
  });

  it('tells streams apart whose names begin alike, or hold quotes, dots and other scripts', () => {
    const names = ['a', 'ab', 'a"b', 'a\\', 'a\\"', 'größe', 'public.übung', '', 'a'];
    const lines = names.map((stream) => `${JSON.stringify({ type: 'RECORD', stream, record: {} })}\n`);
    const { streams, totals } = scan([Buffer.from(lines.join('').repeat(4))]);
    const counted = Object.fromEntries(Object.entries(streams).map(([name, counts]) => [name, counts.records]));
    expect(counted).toEqual({ a: 8, ab: 4, 'a"b': 4, 'a\\': 4, 'a\\"': 4, größe: 4, 'public.übung': 4, '': 4 });
    expect(totals.oddLines).toBe(0);
  });

  it('hands out all that is not a record, in order and after the records before it', () => {
    const seen: [string, number][] = [];
    const scanner = createLineScanner({
      onMessage({ type }) {
        seen.push([type, scanner.totals.records]);
        return undefined;
      },
    });
    const record = '{"type": "RECORD", "stream": "a", "record": {}}';
    const lines = ['{"type":"SCHEMA","stream":"a"}', record, '{"value":{"type":"RECORD"},"type":"STATE"}', record];
    lines.push('{"type":"ACTIVATE_VERSION","stream":"a","version":1}', '{"type":"BATCH","stream":"a"}');
    scanner.push(Buffer.from(`${lines.join('\n')}\n`));
    expect(seen).toEqual([
      ['SCHEMA', 0],
      ['STATE', 1],
      ['ACTIVATE_VERSION', 2],
      ['BATCH', 2],
    ]);
    expect(scanner.totals.states).toBe(1);
  });

  it('gives a message without its line end, and passes that on', () => {
    const result = scanText('{"type":"STATE","value":{}}\r\n');
    expect(result.messages).toEqual(['STATE {"type":"STATE","value":{}}']);
    expect(result.forwarded).toBe('{"type":"STATE","value":{}}\r\n');
  });

  it('counts lines as odd that no target understands, and passes them on', () => {
    const lines = [
      'hello',
      '',
      '   ',
      '[1]',
      '{}',
      '{"type": 1}',
      '{"type": "LOG"}',
      '{"type": "RECORD", "record": {}}',
      '{"type": "RECORD", "stream": "a", "record": {"i',
      '\u0000{"type":"STATE"}',
      '\ufeff{"type":"STATE"}',
      '{"type" "RECORD"}',
    ];
    const text = `${lines.join('\n')}\n`;
    const result = scan([Buffer.from(text)], { limits: { oddLines: 100 } });
    expect(result.forwarded).toBe(Buffer.from(text).toString('latin1'));
    expect(result.totals).toMatchObject({ lines: lines.length, records: 0, oddLines: lines.length });
    expect(result.odd[6]).toEqual({ lineNumber: 7, reason: 'a message of the unknown type "LOG"' });
    expect(result.odd[7]?.reason).toBe('a RECORD without a "stream"');
    expect(result.odd[8]?.reason).toBe('a RECORD that is cut off');
  });

  it('sees a cut record of a stream that it knows', () => {
    const good = '{"type": "RECORD", "stream": "a", "record": {}}\n';
    const result = scanText(`${good}{"type": "RECORD", "stream": "a", "rec\n${good}`);
    expect(result.totals).toMatchObject({ records: 2, oddLines: 1 });
    expect(result.odd).toEqual([{ lineNumber: 2, reason: 'a RECORD that is cut off' }]);
  });

  it('keeps only the first odd lines, with a short excerpt', () => {
    const scanner = createLineScanner({ limits: { oddLines: 2 } });
    scanner.push(Buffer.from(`${'x'.repeat(5000)}\n`.repeat(10)));
    expect(scanner.totals.oddLines).toBe(10);
    expect(scanner.oddLines.map((line) => line.excerpt.length)).toEqual([120, 120]);
  });

  it('takes a message for odd when its reader says so', () => {
    const result = scanText('{"type":"STATE"}\n', { judge: () => 'a STATE without a value' });
    expect(result.odd).toEqual([{ lineNumber: 1, reason: 'a STATE without a value' }]);
  });

  it('passes bytes on that are no UTF-8', () => {
    const line = Buffer.concat([
      Buffer.from('{"type": "RECORD", "stream": "a", "record": {"x": "'),
      Buffer.from([0xff, 0xfe, 0]),
      Buffer.from('"}}\n'),
    ]);
    const result = scan([line, line]);
    expect(result.forwarded).toBe(Buffer.concat([line, line]).toString('latin1'));
    expect(result.totals).toMatchObject({ records: 2, oddLines: 0 });
  });

  it('counts a flood of stream names in bounded memory', () => {
    const lines = Array.from({ length: 50 }, (_, index) => `{"type": "RECORD", "stream": "s${index}", "record": {}}\n`);
    const { streams } = scan([Buffer.from(lines.join(''))], { limits: { streams: 10 } });
    expect(Object.keys(streams)).toHaveLength(11);
    expect(streams[otherStreams]?.records).toBe(40);
  });
});

describe('long lines', () => {
  const record = (length: number): string =>
    `{"type": "RECORD", "stream": "big", "record": {"x": "${'y'.repeat(length)}"}}`;

  it('passes a record of 200 MB on in constant memory', () => {
    const scanner = createLineScanner();
    const start = Buffer.from('{"type": "RECORD", "stream": "big", "record": {"x": "');
    const middle = Buffer.alloc(65_536, 'y');
    let passed = 0;
    let mostHeld = 0;
    const push = (chunk: Buffer): void => {
      for (const slice of scanner.push(chunk)) passed += slice.length;
      mostHeld = Math.max(mostHeld, scanner.heldBytes);
    };
    push(start);
    for (let count = 0; count < 3200; count += 1) push(middle);
    push(Buffer.from('"}}\n'));
    const total = start.length + 3200 * 65_536 + 4;
    expect(passed).toBe(total);
    expect(mostHeld).toBeLessThanOrEqual(1024 * 1024);
    expect(scanner.streams.get('big')).toEqual({ records: 1, bytes: total });
    expect(scanner.end().unfinished).toBeUndefined();
  });

  it('passes long garbage on, and counts it once', () => {
    const chunks = Array.from({ length: 50 }, () => Buffer.alloc(65_536, 'g'));
    const result = scan([...chunks, Buffer.from('\n{"type":"STATE","value":{}}\n')]);
    expect(result.totals).toMatchObject({ lines: 2, oddLines: 1, states: 1 });
    expect(result.odd).toEqual([{ lineNumber: 1, reason: 'not a JSON object' }]);
  });

  it('knows a long record whose type comes last', () => {
    const line = `{"record": {"x": "${'y'.repeat(5000)}"}, "stream": "late", "type": "RECORD"}\n`;
    const result = scan(cut(seededRandom(1), Buffer.from(line + line), 700), { limits: { streamFrom: 1000 } });
    expect(result.forwarded).toBe(line + line);
    expect(result.streams).toEqual({ late: { records: 2, bytes: 2 * line.length } });
  });

  it('holds a long message until it is whole, even where its type comes last', () => {
    const line = `{"value": {"x": "${'y'.repeat(5000)}"}, "type": "STATE"}`;
    const result = scan(cut(seededRandom(2), Buffer.from(`${line}\n`), 700), { limits: { streamFrom: 1000 } });
    expect(result.messages).toEqual([`STATE ${line}`]);
    expect(result.forwarded).toBe(`${line}\n`);
  });

  it.each([1, 700, 1_000_000])('reports a message over the limit and drops it, in chunks of up to %i', (longest) => {
    const before = '{"type":"STATE","value":{}}\n';
    const line = `{"type": "SCHEMA", "x": "${'y'.repeat(9000)}"}\n`;
    const after = '{"type":"RECORD","stream":"a","record":{}}\n';
    const chunks = cut(seededRandom(3), Buffer.from(before + line + after), longest);
    const result = scan(chunks, { limits: { streamFrom: 1000, message: 5000 } });
    expect(result.tooLong).toHaveLength(1);
    expect(result.tooLong[0]).toMatchObject({ type: 'SCHEMA', limit: 5000, lineNumber: 2 });
    expect(result.forwarded).toBe(before + after);
    expect(result.totals).toMatchObject({ lines: 3, records: 1, states: 1 });
  });

  it('reports what is unfinished, and how much of it is gone already', () => {
    const short = '{"type": "RECORD", "stream": "a", "rec';
    expect(scanText(short)).toMatchObject({
      forwarded: '',
      unfinished: { bytes: short.length, passedOn: 0, type: 'RECORD', stream: 'a' },
    });
    const long = record(5000).slice(0, 4000);
    const result = scan(cut(seededRandom(4), Buffer.from(long), 300), { limits: { streamFrom: 1000 } });
    expect(result.forwarded).toBe(long);
    expect(result.unfinished).toEqual({ bytes: 4000, passedOn: 4000, type: 'RECORD', stream: 'big' });
    expect(result.totals.records).toBe(0);
  });

  it('accepts a whole last line without its line end where told to', () => {
    const state = '{"type": "STATE", "value": {}}';
    expect(scanText(state, { acceptLast: true })).toMatchObject({
      forwarded: state,
      messages: [`STATE ${state}`],
      unfinished: undefined,
    });
    expect(scanText(state.slice(0, -1), { acceptLast: true })).toMatchObject({
      forwarded: '',
      unfinished: { passedOn: 0 },
    });
    const long = cut(seededRandom(5), Buffer.from(record(5000)), 300);
    const result = scan(long, { acceptLast: true, limits: { streamFrom: 1000 } });
    expect(result).toMatchObject({ forwarded: record(5000), totals: { records: 1 }, unfinished: undefined });
  });
});

describe('any cutting into chunks', () => {
  const limits = { streamFrom: 400, message: 900, oddLines: 1000 };

  it.each(Array.from({ length: 60 }, (_, seed) => seed))('yields the same bytes and counts (seed %i)', (seed) => {
    const random = seededRandom(seed);
    const bytes = Buffer.concat(Array.from({ length: 40 }, () => randomLine(random)));
    const last = random.chance(0.5) ? randomLine(random).subarray(0, -1) : Buffer.alloc(0);
    const whole = expected(bytes, limits);
    for (const longest of [1, 2, 7, 50, 300, 5000]) {
      const result = scan(cut(random, Buffer.concat([bytes, last]), longest), { limits, judge: whyNoJson });
      expect(result.forwarded.startsWith(whole.forwarded)).toBe(true);
      expect(result.forwarded.length - whole.forwarded.length).toBe(result.unfinished?.passedOn ?? 0);
      expect(result.messages).toEqual(whole.messages);
      expect(result.streams).toEqual(whole.streams);
      expect(result.totals).toEqual(whole.totals);
      expect(result.unfinished?.bytes ?? 0).toBe(last.length);
    }
  });
});

function randomLine(random: Random): Buffer {
  const stream = random.pick(['a', 'ab', 'users', 'x.y', 'ü', 'q"uote', 'back\\']);
  const filler = random.pick(['', 'y', '}\\"{', 'ü\n', '\\']).repeat(random.pick([0, 1, 5, 60, 200]));
  const spaced = random.chance(0.5);
  const record = { type: 'RECORD', stream, record: { filler, nested: { type: 'STATE', list: [1, [filler]] } } };
  const values: unknown[] = [
    record,
    record,
    record,
    { stream, type: 'RECORD', record: {} },
    { record: { filler }, stream, type: 'RECORD' },
    { type: 'STATE', value: { filler } },
    { type: 'SCHEMA', stream, schema: { filler } },
    { type: 'RECORD', record: {} },
    { type: filler },
    [filler],
  ];
  const text = JSON.stringify(random.pick(values), null, spaced ? 1 : 0).replaceAll('\n', '');
  const cutOff = text.slice(0, text.length / 2).replace(/[}\s]+$/, '');
  const odd = random.chance(0.1) ? random.pick(['', '{', 'oops', '\u0000', cutOff]) : text;
  return Buffer.from(`${odd}${random.chance(0.1) ? '\r' : ''}\n`);
}

function whyNoJson({ line }: Pick<ControlLine, 'line'>): string | undefined {
  try {
    JSON.parse(line.toString());
    return undefined;
  } catch {
    return 'no JSON';
  }
}

/** What the scanner must find, worked out line by line in the plainest way. */
function expected(bytes: Buffer, limits: { message: number }): Omit<Scan, 'unfinished' | 'odd' | 'tooLong'> {
  const result = {
    forwarded: '',
    messages: [] as string[],
    streams: {} as Scan['streams'],
    totals: { lines: 0, records: 0, bytes: 0, states: 0, oddLines: 0 },
  };
  for (const line of bytes.toString('latin1').split('\n').slice(0, -1)) {
    const length = line.length + 1;
    const text = Buffer.from(line, 'latin1').toString('utf8');
    result.totals.lines += 1;
    const broken = whyNoJson({ line: Buffer.from(text) }) !== undefined;
    const started = /^\{ *"type": *"(STATE|SCHEMA)"/.exec(text)?.[1];
    const value: { type?: unknown; stream?: unknown } = broken ? { type: started } : JSON.parse(text);
    const control = value.type === 'STATE' || value.type === 'SCHEMA';
    if (control && length > limits.message) continue;
    result.forwarded += `${line}\n`;
    result.totals.bytes += length;
    if (control) {
      result.messages.push(`${value.type} ${line.replace(/\r$/, '')}`);
      if (value.type === 'STATE') result.totals.states += 1;
      if (broken) result.totals.oddLines += 1;
    } else if (value.type === 'RECORD' && typeof value.stream === 'string') {
      const counts = result.streams[value.stream] ?? { records: 0, bytes: 0 };
      result.streams[value.stream] = { records: counts.records + 1, bytes: counts.bytes + length };
      result.totals.records += 1;
    } else result.totals.oddLines += 1;
  }
  return result;
}
