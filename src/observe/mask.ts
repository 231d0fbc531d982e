/**
 * Hides secrets in text that leaves us: logs, errors, history, relayed output. It knows each secret as it is and
 * as URLs, JSON and base64 write it. A text is scanned once, however many secrets there are: only where four
 * characters begin one of their forms are the forms compared.
 */
import { toUSVString } from 'node:util';

/** What stands in the place of a secret. */
export const redacted = '*****';

/** Below this length a secret is only hidden where it stands as a word of its own: it could be part of any other. */
const shortest = 4;

/** Values that are no secret even where a setting that holds them is sensitive: hiding them would ruin every log. */
const neverSecret: ReadonlySet<string> = new Set(['true', 'false', 'null', 'none']);

export interface MaskStream {
  /** Takes a chunk of any size; gives what of the text so far can't be part of a secret any more. */
  push(chunk: string): string;
  /** The rest. */
  end(): string;
}

export interface Mask {
  /** Adds secrets as they are, unencoded. Those that are known already cost nothing. */
  add(secrets: Iterable<string>): void;
  /** The text with each secret hidden. */
  text(text: string): string;
  /** A copy of a JSON value with all its texts masked, keys included. */
  value<T>(value: T): T;
  /** For text that comes in chunks: a secret is found even where a chunk ends in its middle. */
  stream(): MaskStream;
}

export interface MaskOptions {
  /** Texts that are never hidden, such as the names of the environments. */
  never?: Iterable<string> | undefined;
}

/** An empty mask; the run adds the secrets of each plugin when it has resolved its settings. */
export function createMask(options: MaskOptions = {}): Mask {
  const never = new Set([...neverSecret, ...[...(options.never ?? [])].map((text) => text.toLowerCase())]);
  const known = new Set<string>();
  const forms = new Forms();

  const add = (secrets: Iterable<string>): void => {
    for (const secret of secrets) {
      if (known.has(secret)) continue;
      known.add(secret);
      for (const form of formsOf(secret, never)) forms.add(form);
    }
  };
  const text = (input: string): string => replace(input, forms.find(input));

  const stream = (): MaskStream => {
    let held = '';
    return {
      push(chunk) {
        held += chunk;
        const cut = safeCut(held, forms);
        const ready = held.slice(0, cut);
        held = held.slice(cut);
        return text(ready);
      },
      end() {
        const rest = text(held);
        held = '';
        return rest;
      },
    };
  };

  return { add, text, value: (value) => maskValue(value, text), stream };
}

/** The forms in which a secret can turn up. A secret of several lines is also each of its lines: logs are lines. */
function formsOf(secret: string, never: ReadonlySet<string>): string[] {
  const trimmed = secret.trim();
  if (trimmed === '' || never.has(trimmed.toLowerCase())) return [];
  const lines = trimmed.split(/\r?\n/).map((line) => line.trim());
  const texts =
    lines.length === 1
      ? [trimmed]
      : [trimmed, ...lines.filter((line) => line.length >= 8 && !line.startsWith('-----'))];
  const forms = new Set(texts.flatMap(encodings));
  if (secret !== trimmed) for (const form of encodings(secret)) forms.add(form);
  return [...forms].filter((form) => !never.has(form.toLowerCase()));
}

function encodings(secret: string): string[] {
  const forms = [secret, ...urlForms(secret), ...jsonForms(secret)];
  return secret.length < shortest ? forms : [...forms, ...base64Forms(secret)];
}

/** Percent-encoded as JavaScript and Python do it: with `/` kept, a blank as `+`, and hexadecimal in either case. */
function urlForms(secret: string): string[] {
  const strict = encodeURIComponent(toUSVString(secret)).replace(/[!'()*]/g, percent);
  const forms = [encodeURIComponent(toUSVString(secret)), strict, strict.replaceAll('%2F', '/')];
  const plus = forms.map((form) => form.replaceAll('%20', '+'));
  return [...forms, ...plus].flatMap((form) => [form, form.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase())]);
}

function percent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}

/** As inside a JSON string; also with all but ASCII escaped, as Python writes it, and escaped a second time. */
function jsonForms(secret: string): string[] {
  const plain = JSON.stringify(secret).slice(1, -1);
  const ascii = plain.replace(
    /[\u0080-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  const twice = JSON.stringify(plain).slice(1, -1);
  return [plain, ascii, twice, plain.replaceAll('/', '\\/')];
}

/**
 * Base64 packs three bytes into four characters, so a secret inside a longer text (`user:secret`) comes out in one
 * of three ways, by where it begins. Of each, the characters that depend on the secret alone.
 */
function base64Forms(secret: string): string[] {
  const bytes = Buffer.from(secret);
  return [0, 1, 2].flatMap((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
    const first = Math.ceil((offset * 8) / 6);
    const end = Math.floor(((offset + bytes.length) * 8) / 6);
    const core = encoded.slice(first, end);
    return [core, core.replaceAll('+', '-').replaceAll('/', '_')];
  });
}

/** A stretch of a text: from, to. */
type Stretch = [start: number, end: number];

/** All forms of all secrets, found by their first four characters. */
class Forms {
  longest = 0;
  /** Forms by their first characters, the longest first. */
  private readonly byHead = new Map<string, string[]>();
  /** Whether any head has this hash: tells most places of a text apart without making a string of them. */
  private readonly heads = new Uint8Array(0x10000);
  private readonly words = new Set<string>();
  private wordPattern: RegExp | undefined;

  add(form: string): void {
    this.longest = Math.max(this.longest, form.length);
    if (form.length < shortest) {
      this.words.add(form);
      this.wordPattern = wordPatternOf(this.words);
      return;
    }
    const head = form.slice(0, shortest);
    const forms = this.byHead.get(head) ?? [];
    if (forms.includes(form)) return;
    this.byHead.set(
      head,
      [...forms, form].sort((a, b) => b.length - a.length),
    );
    this.heads[hashAt(form, 0)] = 1;
  }

  /** Where the text is secret, in order; stretches that overlap or touch are one. */
  find(text: string): Stretch[] {
    const found = this.byHead.size === 0 ? [] : this.findLong(text);
    return this.wordPattern === undefined ? found : merged([...found, ...findWords(text, this.wordPattern)]);
  }

  private findLong(text: string): Stretch[] {
    const found: Stretch[] = [];
    const last = text.length - shortest;
    for (let at = 0; at <= last; at += 1) {
      if (this.heads[hashAt(text, at)] === 0) continue;
      const form = this.byHead.get(text.slice(at, at + shortest))?.find((candidate) => text.startsWith(candidate, at));
      if (form !== undefined) append(found, [at, at + form.length]);
    }
    return found;
  }
}

/** Of four characters; 16 bits. */
function hashAt(text: string, at: number): number {
  const first = text.charCodeAt(at) ^ (text.charCodeAt(at + 1) << 4);
  const second = (text.charCodeAt(at + 2) << 8) ^ (text.charCodeAt(at + 3) << 11);
  return (first ^ second ^ (second >>> 9)) & 0xffff;
}

function wordPatternOf(words: ReadonlySet<string>): RegExp {
  const longestFirst = [...words]
    .sort((a, b) => b.length - a.length)
    .map((word) => word.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'));
  return new RegExp(`(?<![\\p{L}\\p{N}_])(?:${longestFirst.join('|')})(?![\\p{L}\\p{N}_])`, 'gu');
}

function findWords(text: string, pattern: RegExp): Stretch[] {
  return [...text.matchAll(pattern)].map((match) => [match.index, match.index + match[0].length]);
}

function merged(stretches: Stretch[]): Stretch[] {
  const result: Stretch[] = [];
  for (const stretch of stretches.sort((a, b) => a[0] - b[0])) append(result, stretch);
  return result;
}

function append(stretches: Stretch[], [start, end]: Stretch): void {
  const last = stretches.at(-1);
  if (last !== undefined && start <= last[1]) last[1] = Math.max(last[1], end);
  else stretches.push([start, end]);
}

function replace(input: string, secret: readonly Stretch[]): string {
  let output = '';
  let done = 0;
  for (const [start, end] of secret) {
    output += input.slice(done, start) + redacted;
    done = end;
  }
  return done === 0 ? input : output + input.slice(done);
}

/** How much of a text can be given away: nothing that a coming chunk could turn into a secret. */
function safeCut(held: string, forms: Forms): number {
  const cut = Math.max(0, held.length - forms.longest);
  // A secret (or a chain of overlapping ones) over the cut is kept whole.
  const over = forms.find(held).find(([start, end]) => start < cut && end > cut);
  return over === undefined ? cut : over[0];
}

function maskValue<T>(value: T, text: (input: string) => string): T {
  if (typeof value === 'string') return text(value) as T;
  if (Array.isArray(value)) return value.map((item) => maskValue(item, text)) as T;
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [text(key), maskValue(item, text)])) as T;
}
