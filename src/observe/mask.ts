/**
 * Hides secrets in text that leaves Tapline: logs, errors, history, relayed output. It knows each secret as it is and
 * as URLs, JSON and base64 write it. A text is scanned once, however many secrets there are: only where four
 * characters begin one of their forms are the forms compared.
 *
 * A weak secret, such as the password `postgres`, is also an ordinary word. It is hidden only in text that others
 * wrote, and only where it stands alone; names, keys and counts that Tapline itself writes stay readable.
 */
import { toUSVString } from 'node:util';
import { isContainer } from '../exact-number.js';
import { isWeakSecret } from '../settings/secrets.js';

/** Replaces a secret. */
export const redacted = '*****';

/** Forms are looked up by this many first characters; shorter ones are found as whole words. */
const headLength = 4;

/** Values that are not secret even where a setting that holds them is sensitive: hiding them would ruin every log. */
const neverSecret: ReadonlySet<string> = new Set(['true', 'false', 'null', 'none']);

export interface MaskStream {
  /** Takes a chunk of any size and returns the part of the text so far that can no longer belong to a secret. */
  push(chunk: string): string;
  /** The rest. */
  end(): string;
}

export interface Mask {
  /** Adds secrets as they are, unencoded. Adding a known one costs nothing. Returns those that are new and weak. */
  add(secrets: Iterable<string>): string[];
  /** Text that a plugin, a tool or a user wrote, with every secret hidden; weak ones where they are whole words. */
  text(text: string): string;
  /** Text that Tapline wrote, with strong secrets hidden. */
  own(text: string): string;
  /**
   * A copy of a JSON value that Tapline built, with the secrets in its texts hidden: weak ones only under the keys that hold
   * what others wrote (`foreignKeys`).
   */
  value<T>(value: T): T;
  /** For foreign text that comes in chunks: a secret is found even if a chunk ends inside it. */
  stream(): MaskStream;
}

export interface MaskOptions {
  /** Texts that are never hidden, such as the names of the environments. */
  never?: Iterable<string> | undefined;
}

/** Creates an empty mask; a run adds the secrets of each plugin when it has resolved the plugin's settings. */
export function createMask(options: MaskOptions = {}): Mask {
  const never = new Set([...neverSecret, ...[...(options.never ?? [])].map((text) => text.toLowerCase())]);
  const known = new Set<string>();
  const strong = new Forms();
  const words = new Words();

  const add = (secrets: Iterable<string>): string[] => {
    const newWeak: string[] = [];
    for (const secret of secrets) {
      if (known.has(secret)) continue;
      known.add(secret);
      const forms = formsOf(secret, never);
      const weak = forms.length > 0 && isWeakSecret(secret.trim());
      if (weak) newWeak.push(secret);
      for (const form of forms) {
        if (form.length < headLength || (weak && form.trim() === secret.trim())) words.add(form.trim());
        else strong.add(form);
      }
    }
    return newWeak;
  };
  const own = (input: string): string => replace(input, strong.find(input));
  const find = (input: string): Stretch[] => merged([...strong.find(input), ...words.find(input)]);
  const text = (input: string): string => replace(input, words.isEmpty ? strong.find(input) : find(input));
  const stream = (): MaskStream => maskStream(find, () => Math.max(strong.maxLength, words.maxLength + boundaryLength));

  return { add, text, own, value: (value) => maskValue(value, own, text), stream };
}

/** Characters on either side of a word that decide whether it stands alone. */
const boundaryLength = 2;

/** Holds back what a coming chunk could still turn into a secret, and remembers what stood before it. */
function maskStream(find: (text: string) => Stretch[], maxLength: () => number): MaskStream {
  let before = '';
  let held = '';
  const release = (cut: number): string => {
    const stretches = find(before + held).map(
      ([start, end]): Stretch => [Math.max(0, start - before.length), Math.min(cut, end - before.length)],
    );
    const ready = replace(
      held.slice(0, cut),
      stretches.filter(([start, end]) => start < end),
    );
    // As much as a word and what decides on it: with less, the rest of a longer word would look like one.
    before = (before + held.slice(0, cut)).slice(-maxLength());
    held = held.slice(cut);
    return ready;
  };
  return {
    push(chunk) {
      held += chunk;
      const cut = Math.max(0, held.length - maxLength());
      // A secret, or a run of overlapping ones, that crosses the cut is kept whole.
      const [start] = find(before + held).find(
        ([from, to]) => from - before.length < cut && to - before.length > cut,
      ) ?? [cut + before.length];
      return release(Math.max(0, start - before.length));
    },
    end: () => release(held.length),
  };
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
  return secret.length < headLength ? forms : [...forms, ...base64Forms(secret)];
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

/** All forms of all strong secrets, found by their first four characters. */
class Forms {
  maxLength = 0;
  /** Forms by their first characters, longest first. */
  private readonly byHead = new Map<string, string[]>();
  /** Whether any head has this hash: rules out most positions of a text without making a string of them. */
  private readonly heads = new Uint8Array(0x10000);

  add(form: string): void {
    this.maxLength = Math.max(this.maxLength, form.length);
    const head = form.slice(0, headLength);
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
    const found: Stretch[] = [];
    if (this.byHead.size === 0) return found;
    const last = text.length - headLength;
    for (let at = 0; at <= last; at += 1) {
      if (this.heads[hashAt(text, at)] === 0) continue;
      const form = this.byHead
        .get(text.slice(at, at + headLength))
        ?.find((candidate) => text.startsWith(candidate, at));
      if (form !== undefined) append(found, [at, at + form.length]);
    }
    return found;
  }
}

/** Secrets that are hidden only where they stand alone: `postgres`, but not in `tap-postgres` or `postgres.internal`. */
class Words {
  maxLength = 0;
  private readonly words = new Set<string>();
  private pattern: RegExp | undefined;

  get isEmpty(): boolean {
    return this.pattern === undefined;
  }

  add(word: string): void {
    this.maxLength = Math.max(this.maxLength, word.length);
    this.words.add(word);
    this.pattern = wordPatternOf(this.words);
  }

  find(text: string): Stretch[] {
    if (this.pattern === undefined) return [];
    return [...text.matchAll(this.pattern)].map((match) => [match.index, match.index + match[0].length]);
  }
}

/** Of four characters; 16 bits. */
function hashAt(text: string, at: number): number {
  const first = text.charCodeAt(at) ^ (text.charCodeAt(at + 1) << 4);
  const second = (text.charCodeAt(at + 2) << 8) ^ (text.charCodeAt(at + 3) << 11);
  return (first ^ second ^ (second >>> 9)) & 0xffff;
}

function wordPatternOf(words: ReadonlySet<string>): RegExp {
  const alternatives = [...words]
    .sort((a, b) => b.length - a.length)
    .map((word) => word.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'))
    .join('|');
  const letter = '[\\p{L}\\p{N}_]';
  return new RegExp(`(?<!${letter}[-.]?)(?:${alternatives})(?![-.]?${letter})`, 'gu');
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

/** Keys of events, summaries and errors whose values hold what plugins or users wrote. */
const foreignKeys: ReadonlySet<string> = new Set(['args', 'cause', 'fields', 'lastLines', 'schema']);

type MaskText = (input: string) => string;

function maskValue<T>(value: T, own: MaskText, foreign: MaskText): T {
  if (typeof value === 'string') return own(value) as T;
  if (Array.isArray(value)) return value.map((item) => maskValue(item, own, foreign)) as T;
  if (!isContainer(value) || value instanceof Date) return value;
  const entries = Object.entries(value).map(([key, item]) => {
    const mask = foreignKeys.has(key) ? foreign : own;
    return [own(key), maskValue(item, mask, foreign)];
  });
  return Object.fromEntries(entries) as T;
}
