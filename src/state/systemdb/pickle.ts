/**
 * Reads and writes Python pickles of plain values: text, numbers, booleans, None, lists and dictionaries. The original keeps
 * settings of `config set --store=db` in this form. Nothing read is ever called or made by name, as a full reader would.
 */
import { Decimal } from '../../exact-number.js';
import { pythonFloat } from '../../python-json.js';

/** The same the other way, in a protocol that every Python 3 reads. Throws a TypeError for what is not a plain value. */
export function writePickle(value: unknown): Buffer {
  return Buffer.concat([Buffer.from([0x80, 2]), ...opcodesOf(value), Buffer.from('.')]);
}

function opcodesOf(value: unknown): Buffer[] {
  if (value === null || value === undefined) return [Buffer.from('N')];
  if (typeof value === 'boolean') return [Buffer.from([value ? 0x88 : 0x89])];
  if (typeof value === 'string') return [textOpcode(value)];
  if (typeof value === 'number') return [numberOpcode(value)];
  if (typeof value === 'bigint') return [longOpcode(value)];
  if (value instanceof Decimal) return [doubleOpcode(Number(value))];
  if (Array.isArray(value)) return [Buffer.from(']('), ...value.flatMap(opcodesOf), Buffer.from('e')];
  if (typeof value !== 'object') throw new TypeError(`a ${typeof value} can't be kept`);
  const pairs = Object.entries(value).flatMap(([key, item]) => [textOpcode(key), ...opcodesOf(item)]);
  return [Buffer.from('}('), ...pairs, Buffer.from('u')];
}

function textOpcode(text: string): Buffer {
  const bytes = Buffer.from(text);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.length);
  return Buffer.concat([Buffer.from('X'), length, bytes]);
}

function numberOpcode(value: number): Buffer {
  if (!Number.isSafeInteger(value)) return doubleOpcode(value);
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(BigInt(value));
  return Buffer.concat([Buffer.from([0x8a, 8]), bytes]);
}

function doubleOpcode(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return Buffer.concat([Buffer.from('G'), bytes]);
}

/** Little-endian, two's complement, with its length in four bytes. */
function longOpcode(value: bigint): Buffer {
  const size = Math.ceil((value.toString(2).length + 1) / 8);
  const bits = BigInt.asUintN(8 * size, value);
  const bytes = Buffer.from(bits.toString(16).padStart(2 * size, '0'), 'hex').reverse();
  const length = Buffer.alloc(4);
  length.writeUInt32LE(size);
  return Buffer.concat([Buffer.from([0x8b]), length, bytes]);
}

/** Undefined for anything else, or if it is not a pickle. */
export function readPickle(bytes: Buffer): { value: unknown } | undefined {
  try {
    return { value: new PickleReader(bytes).read() };
  } catch {
    return undefined;
  }
}

const mark = Symbol('mark');

class PickleReader {
  private at = 0;
  private readonly stack: unknown[] = [];
  private readonly memo = new Map<number, unknown>();

  constructor(private readonly bytes: Buffer) {}

  read(): unknown {
    for (;;) {
      const code = this.bytes[this.at] ?? 0;
      this.at += 1;
      if (code === 0x2e) return this.pop();
      if (
        !this.pushConstant(code) &&
        !this.pushNumber(code) &&
        !this.pushText(code) &&
        !this.build(code) &&
        !this.skip(code)
      ) {
        throw new Error(`opcode ${code}`);
      }
    }
  }

  private pushConstant(code: number): boolean {
    const constants: Record<number, () => unknown> = {
      78: () => null,
      136: () => true,
      137: () => false,
      93: () => [],
      125: () => new Map(),
      41: () => [],
      40: () => mark,
    };
    const make = constants[code];
    if (make !== undefined) this.stack.push(make());
    return make !== undefined;
  }

  private pushNumber(code: number): boolean {
    if (code === 0x4b) this.stack.push(this.take(1).readUInt8());
    else if (code === 0x4d) this.stack.push(this.take(2).readUInt16LE());
    else if (code === 0x4a) this.stack.push(this.take(4).readInt32LE());
    else if (code === 0x47) this.stack.push(floatOf(this.take(8).readDoubleBE()));
    else if (code === 0x8b) this.stack.push(longOf(this.take(this.take(4).readUInt32LE())));
    else if (code === 0x8a) this.stack.push(longOf(this.take(this.take(1).readUInt8())));
    else return false;
    return true;
  }

  private pushText(code: number): boolean {
    if (code === 0x8c) this.stack.push(this.take(this.take(1).readUInt8()).toString());
    else if (code === 0x58) this.stack.push(this.take(this.take(4).readUInt32LE()).toString());
    else return false;
    return true;
  }

  private build(code: number): boolean {
    if (code === 0x61) this.extend([this.pop()]);
    else if (code === 0x65) this.extend(this.popToMark());
    else if (code === 0x73) this.assign([this.pop(), this.pop()].reverse());
    else if (code === 0x75) this.assign(this.popToMark());
    else if (code === 0x94) this.memo.set(this.memo.size, this.stack.at(-1));
    else if (code === 0x71) this.memo.set(this.take(1).readUInt8(), this.stack.at(-1));
    else if (code === 0x68) this.stack.push(this.memo.get(this.take(1).readUInt8()));
    else return false;
    return true;
  }

  /** The protocol's number, and the length of what follows. */
  private skip(code: number): boolean {
    if (code === 0x80) this.take(1);
    else if (code === 0x95) this.take(8);
    else return false;
    return true;
  }

  private extend(items: unknown[]): void {
    const list = this.stack.at(-1);
    if (!Array.isArray(list)) throw new Error('no list');
    list.push(...items);
  }

  private assign(pairs: unknown[]): void {
    const map = this.stack.at(-1);
    if (!(map instanceof Map)) throw new Error('no dictionary');
    for (let i = 0; i < pairs.length; i += 2) map.set(pairs[i], pairs[i + 1]);
  }

  private popToMark(): unknown[] {
    return this.stack.splice(this.stack.lastIndexOf(mark)).slice(1);
  }

  private pop(): unknown {
    const value = this.stack.pop();
    return this.stack.length === 0 ? plain(value) : value;
  }

  private take(length: number): Buffer {
    const part = this.bytes.subarray(this.at, this.at + length);
    if (part.length < length) throw new Error('cut off');
    this.at += length;
    return part;
  }
}

function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, item]) => [String(key), plain(item)]));
  return value;
}

/** Little-endian, two's complement, of any length. */
function longOf(bytes: Buffer): number | bigint {
  let value = 0n;
  for (const [index, byte] of bytes.entries()) value |= BigInt(byte) << BigInt(8 * index);
  const isNegative = ((bytes.at(-1) ?? 0) & 0x80) !== 0;
  const signed = isNegative ? value - (1n << BigInt(8 * bytes.length)) : value;
  return Number.isSafeInteger(Number(signed)) ? Number(signed) : signed;
}

/** A whole float of Python is not an integer. */
function floatOf(value: number): number | Decimal {
  return Number.isInteger(value) ? new Decimal(pythonFloat(value)) : value;
}
