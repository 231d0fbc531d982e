import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMask, redacted } from '../../src/observe/mask.js';

const maskOf = (...secrets: string[]) => {
  const mask = createMask({ never: ['dev', 'production'] });
  mask.add(secrets);
  return mask;
};

describe('a secret is hidden', () => {
  it.each([
    ['as it is', 'password is hunter2!', 'hunter2!'],
    ['in a URL', 'postgres://u:p%40ss%2Fw%20ord@h/db', 'p@ss/w ord'],
    ['in a URL with lower-case codes', 'u:p%40ss%2fw@h', 'p@ss/w'],
    ['in a URL as forms write blanks', 'q=two+words%21', 'two words!'],
    ['in a URL as Python quotes it', 'u:p%40ss/w@h', 'p@ss/w'],
    ['in JSON', '{"key": "a\\"b\\\\c"}', 'a"b\\c'],
    ['in JSON as Python escapes it', '"pass\\u00e9w\\u00f6rd"', 'passéwörd'],
    ['in JSON inside JSON', '"{\\"k\\": \\"a\\\\\\"bcd\\"}"', 'a"bcd'],
    ['with a blank around it', 'key: s3cret-value', ' s3cret-value\n'],
    ['beyond the basic plane', 'x 🔑🔑🔑🔑 y', '🔑🔑🔑🔑'],
  ])('%s', (_how, text, secret) => {
    const masked = maskOf(secret).text(text);
    expect(masked).toContain(redacted);
    expect(masked).not.toContain(secret.trim());
  });

  it.each(['', 'a', 'ab', 'user:', 'longer-user-name:'])('in base64 after %j, in both alphabets', (before) => {
    const secret = 'sÿ?>s3cret/value+1';
    const mask = maskOf(secret);
    for (const encoding of ['base64', 'base64url'] as const) {
      const text = Buffer.from(`${before}${secret}:and more`).toString(encoding);
      const masked = mask.text(`Authorization: Basic ${text}`);
      const left = masked.replace('Authorization: Basic ', '').split(redacted);
      expect(left).toHaveLength(2);
      expect(Buffer.from(left.join(''), encoding).toString()).not.toContain('s3cret');
    }
  });

  it('line by line where it has several', () => {
    const key = '-----BEGIN KEY-----\nMIIEvQIBADANBg\nkqhkiG9w0BAQEF\n-----END KEY-----\n';
    const mask = maskOf(key);
    expect(mask.text('line: MIIEvQIBADANBg')).toBe(`line: ${redacted}`);
    expect(mask.text(`all: ${JSON.stringify(key)}`)).not.toContain('kqhkiG9w0BAQEF');
    expect(mask.text('-----BEGIN KEY----- is fine')).toContain('BEGIN KEY');
  });

  it('whole where one secret begins another or overlaps it', () => {
    expect(maskOf('secret', 'secret-long').text('a secret-long b secret c')).toBe(`a ${redacted} b ${redacted} c`);
    expect(maskOf('abc1def', 'defghi2').text('xabc1defghi2x')).toBe(`x${redacted}x`);
  });

  it('in the texts of a JSON value, keys included', () => {
    const mask = maskOf('hunter22');
    expect(mask.value({ a: ['hunter22', 1, null], hunter22: true })).toEqual({
      a: [redacted, 1, null],
      [redacted]: true,
    });
  });
});

describe('a weak secret', () => {
  const weak = ['postgres', 'records', 'Admin', 'tap-postgres', '12345', 'abc'];

  it.each(weak)('%s is hidden in foreign text where it stands alone', (secret) => {
    expect(maskOf(secret).text(`password=${secret} "${secret}" ${secret}.`)).toBe(
      `password=${redacted} "${redacted}" ${redacted}.`,
    );
  });

  it.each(weak)('%s stays as a part of names, and in text of our own', (secret) => {
    const mask = maskOf(secret);
    for (const name of [`my-${secret}`, `${secret}-prod.internal`, `x_${secret}`, `${secret}.users`, `${secret}s`]) {
      expect(mask.text(name)).toBe(name);
    }
    expect(mask.own(`3 ${secret}`)).toBe(`3 ${secret}`);
    expect(mask.value({ name: secret, [secret]: 1 })).toEqual({ name: secret, [secret]: 1 });
    expect(mask.value({ lastLines: [secret] })).toEqual({ lastLines: [redacted] });
  });

  it('is named once by `add`', () => {
    const mask = createMask({ never: ['dev'] });
    expect(mask.add(['postgres', 'hunter22', 'dev', 'true'])).toEqual(['postgres']);
    expect(mask.add(['postgres'])).toEqual([]);
  });

  it('is hidden in base64 as well', () => {
    const text = `Basic ${Buffer.from('user:postgres').toString('base64')}`;
    expect(maskOf('postgres').text(text)).toContain(redacted);
  });
});

describe('what stays readable', () => {
  it('words that contain a short secret', () => {
    const mask = maskOf('abc', '7');
    expect(mask.text('abc abcd xabc abc, 7 77')).toBe(`${redacted} abcd xabc ${redacted}, ${redacted} 77`);
  });

  it('true, false and the names of environments', () => {
    const mask = maskOf('true', 'False', 'dev', 'production', '', '   ');
    const text = 'true False false dev production   ';
    expect(mask.text(text)).toBe(text);
  });

  it('patterns in a secret mean themselves', () => {
    const mask = maskOf('a.*b[c]', '$1^(x)|y');
    expect(mask.text('aXXb[c] a.*b[c] $1^(x)|y')).toBe(`aXXb[c] ${redacted} ${redacted}`);
  });
});

describe('text in chunks', () => {
  it('hides as whole text does, wherever the chunks end', () => {
    const secrets = ['s3cret', 's3cret-longer', 'retl0n', 'word', 'two-words', 'ab', '🔑🔑🔑🔑'];
    const part = fc.constantFrom(...secrets, 's3c', 'ret', ' ', '-', '.', 'x', '🔑', '\n', 'retl0ng');
    fc.assert(
      fc.property(fc.array(part), fc.array(fc.nat(12)), (parts, sizes) => {
        const text = parts.join('');
        const stream = maskOf(...secrets).stream();
        let output = '';
        let at = 0;
        for (const size of [...sizes, text.length]) {
          output += stream.push(text.slice(at, at + size));
          at += size;
        }
        output += stream.end();
        expect(output).toBe(maskOf(...secrets).text(text));
      }),
      { numRuns: 1000 },
    );
  });

  it('lets go of what no secret can begin in', () => {
    const stream = maskOf('s3cret').stream();
    const far = 'x'.repeat(1000);
    expect(stream.push(`${far}\n`).length).toBeGreaterThan(900);
  });
});

describe('with many secrets', () => {
  it('finds each, and those that come later', () => {
    const secrets = Array.from(
      { length: 300 },
      (_, i) => `value-${i}-${(i * 7919).toString(36)}-${'k'.repeat(i % 40)}`,
    );
    const mask = maskOf(...secrets.slice(0, 150));
    expect(mask.text(secrets[0] ?? '')).toBe(redacted);
    mask.add(secrets);
    expect(mask.text(secrets.join('\n')).split('\n')).toEqual(secrets.map(() => redacted));
  });
});
