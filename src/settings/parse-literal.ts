import { parseExactJson } from '../exact-json.js';
import { asJsonNumber, type Decimal, exactNumber, isContainer } from '../exact-number.js';
import { setOwn } from '../values.js';

/** The text is not a literal. */
export class NoLiteral extends Error {
  override readonly name = 'NoLiteral';
}

/**
 * Parses a value for a setting of kind array or object: JSON, else a Python literal (`{'a': 1}`, `('x', None)`), as the
 * original does. Numbers keep their digits, so that long account numbers arrive as they were written. Throws NoLiteral.
 */
export function parseLiteral(text: string): unknown {
  try {
    const value = parseExactJson(text);
    // Python's own infinities have no form in the config file, and the parser below refuses them.
    if (!/NaN|Infinity/.test(text)) return value;
  } catch {
    // Perhaps a Python literal.
  }
  return new LiteralParser(text).parse();
}

/** A whole number as Python's `int()` reads it; undefined where it is none. */
export function parseInteger(text: string): number | bigint | undefined {
  const trimmed = text.trim();
  if (!/^[+-]?\d+(_\d+)*$/.test(trimmed)) return undefined;
  const value = BigInt(trimmed.replace(/^\+/, '').replace(/^-/, '').replaceAll('_', ''));
  return shortest(trimmed.startsWith('-') ? -value : value);
}

function shortest(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

const names = new Map<string, unknown>([
  ['true', true],
  ['false', false],
  ['null', null],
  ['True', true],
  ['False', false],
  ['None', null],
]);

const simpleEscapes: Readonly<Record<string, string>> = {
  '\n': '',
  '\\': '\\',
  "'": "'",
  '"': '"',
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '/': '/',
};

/** Reads both JSON and the part of Python's literals that has a JSON form; sets and tuples become arrays. */
class LiteralParser {
  #at = 0;

  constructor(readonly text: string) {}

  parse(): unknown {
    const value = this.#value(0);
    this.#skipSpace();
    if (this.#at < this.text.length) throw new NoLiteral('text after the value');
    return value;
  }

  #value(depth: number): unknown {
    if (depth > 200) throw new NoLiteral('too deep');
    this.#skipSpace();
    const char = this.text.charAt(this.#at);
    if (char === '[') return this.#items(']', depth);
    if (char === '(') return this.#parenthesis(depth);
    if (char === '{') return this.#braces(depth);
    if (this.#string.test(this.#rest())) return this.#strings();
    return this.#numberOrName();
  }

  readonly #string = /^(?:[rRuU]?)(?:'|")/;

  #rest(): string {
    return this.text.slice(this.#at, this.#at + 4);
  }

  #items(close: string, depth: number): unknown[] {
    this.#at += 1;
    const items: unknown[] = [];
    while (!this.#takes(close)) {
      if (items.length > 0) this.#expect(',');
      if (items.length > 0 && this.#takes(close)) return items;
      items.push(this.#value(depth + 1));
    }
    return items;
  }

  /** `(x)` is x, `(x,)` a tuple. */
  #parenthesis(depth: number): unknown {
    const start = this.#at;
    const items = this.#items(')', depth);
    const inner = this.text.slice(start, this.#at - 1).trimEnd();
    return items.length === 1 && !inner.endsWith(',') ? items[0] : items;
  }

  /** A map, or a Python set. */
  #braces(depth: number): unknown {
    this.#at += 1;
    const map: Record<string, unknown> = {};
    const set: unknown[] = [];
    for (let count = 0; !this.#takes('}'); count += 1) {
      if (count > 0) this.#expect(',');
      if (count > 0 && this.#takes('}')) break;
      const key = this.#value(depth + 1);
      if (set.length === 0 && this.#takes(':')) setOwn(map, keyText(key), this.#value(depth + 1));
      else set.push(key);
    }
    if (set.length > 0 && Object.keys(map).length > 0) throw new NoLiteral('a map with an item that has no value');
    return set.length > 0 ? set : map;
  }

  /** Neighbouring strings are one, as in Python. */
  #strings(): string {
    let joined = '';
    do {
      joined += this.#oneString();
      this.#skipSpace();
    } while (this.#string.test(this.#rest()));
    return joined;
  }

  #oneString(): string {
    const prefix = /^[rRuU]/.exec(this.#rest())?.[0] ?? '';
    this.#at += prefix.length;
    const quote = this.text.charAt(this.#at);
    const close = this.text.startsWith(quote.repeat(3), this.#at) ? quote.repeat(3) : quote;
    this.#at += close.length;
    let content = '';
    while (!this.text.startsWith(close, this.#at)) {
      const char = this.text.charAt(this.#at);
      if (char === '' || (char === '\n' && close.length === 1)) throw new NoLiteral('a string that is never closed');
      this.#at += 1;
      if (char !== '\\') content += char;
      else if (prefix === '' || prefix === 'u' || prefix === 'U') content += this.#escape();
      else content += char + this.text.charAt(this.#at++);
    }
    this.#at += close.length;
    return content;
  }

  #escape(): string {
    const char = this.text.charAt(this.#at);
    this.#at += 1;
    const digits = { x: 2, u: 4, U: 8 }[char];
    if (digits !== undefined) {
      const code = this.text.slice(this.#at, this.#at + digits);
      if (!new RegExp(`^[0-9a-fA-F]{${digits}}$`).test(code)) throw new NoLiteral('a broken escape');
      this.#at += digits;
      const value = Number.parseInt(code, 16);
      if (value > 0x10ffff) throw new NoLiteral('a broken escape');
      return digits === 4 ? String.fromCharCode(value) : String.fromCodePoint(value);
    }
    if (Object.hasOwn(simpleEscapes, char)) return simpleEscapes[char] ?? '';
    const octal = /^[0-7]{1,3}/.exec(this.text.slice(this.#at - 1, this.#at + 2))?.[0];
    if (octal === undefined) return `\\${char}`;
    this.#at += octal.length - 1;
    return String.fromCharCode(Number.parseInt(octal, 8));
  }

  #numberOrName(): unknown {
    const word = /^[+-]?[\w.]+(?:(?<=[eE])[+-]\d+)?/.exec(this.text.slice(this.#at, this.#at + 400))?.[0] ?? '';
    this.#at += word.length;
    if (names.has(word)) return names.get(word);
    const whole = parseInteger(word);
    if (whole !== undefined && !/^[+-]?0\d/.test(word)) return whole;
    if (/^[+-]?0[xXoObB][\da-fA-F]+$/.test(word)) return shortest(BigInt(word.replace(/^[+-]/, '')));
    const number = parseDecimal(word);
    if (number === undefined) throw new NoLiteral('neither a number nor a name');
    return number;
  }

  #takes(char: string): boolean {
    this.#skipSpace();
    if (this.text.charAt(this.#at) !== char) return false;
    this.#at += 1;
    return true;
  }

  #expect(char: string): void {
    if (!this.#takes(char)) throw new NoLiteral(`no ${char} where one is needed`);
  }

  #skipSpace(): void {
    while (/\s/.test(this.text.charAt(this.#at))) this.#at += 1;
  }
}

/** A decimal number as Python reads it, with its digits; undefined if it is not one, or infinite, which JSON can't hold. */
export function parseDecimal(text: string): number | bigint | Decimal | undefined {
  const trimmed = text.trim().replaceAll('_', '');
  if (!/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(trimmed)) return undefined;
  return Number.isFinite(Number(trimmed)) ? exactNumber(asJsonNumber(trimmed)) : undefined;
}

function keyText(key: unknown): string {
  if (isContainer(key)) throw new NoLiteral('a key that is not text');
  return String(key);
}
