/**
 * Hides secrets in text that leaves us: logs, errors, history, relayed output. It knows each secret as it is and
 * as URLs, JSON and base64 write it. All forms become one regular expression shaped like a trie, compiled when
 * the first text after a new secret comes, so that a line costs one scan however many secrets there are.
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
  const long = new Set<string>();
  const words = new Set<string>();
  let pattern: RegExp | undefined;
  let longest = 0;

  const add = (secrets: Iterable<string>): void => {
    for (const secret of secrets) {
      if (known.has(secret)) continue;
      known.add(secret);
      for (const form of formsOf(secret, never)) (form.length < shortest ? words : long).add(form);
      pattern = undefined;
    }
  };

  const compiled = (): RegExp | undefined => {
    if (long.size === 0 && words.size === 0) return undefined;
    if (pattern === undefined) {
      pattern = compile(long, words);
      longest = Math.max(...[...long, ...words].map((form) => form.length));
    }
    return pattern;
  };

  const text = (input: string): string => {
    const finder = compiled();
    return finder === undefined ? input : replaceAll(input, finder);
  };

  const stream = (): MaskStream => {
    let held = '';
    return {
      push(chunk) {
        held += chunk;
        const finder = compiled();
        const cut = finder === undefined ? held.length : safeCut(held, finder, longest);
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

type Trie = Map<string, Trie> & { isEnd?: boolean };

function compile(long: ReadonlySet<string>, words: ReadonlySet<string>): RegExp {
  const alternatives: string[] = [];
  if (long.size > 0) alternatives.push(trieSource(trieOf(long)));
  if (words.size > 0) alternatives.push(`(?<![\\p{L}\\p{N}_])(?:${trieSource(trieOf(words))})(?![\\p{L}\\p{N}_])`);
  return new RegExp(alternatives.join('|'), 'gu');
}

function trieOf(forms: ReadonlySet<string>): Trie {
  const root: Trie = new Map();
  for (const form of forms) {
    let node = root;
    // A lone surrogate can't be part of a Unicode pattern; no text that we write has one either.
    for (const character of toUSVString(form)) {
      const next: Trie = node.get(character) ?? new Map();
      node.set(character, next);
      node = next;
    }
    node.isEnd = true;
  }
  return root;
}

/** The pattern of a trie. Greedy, so that of two secrets with one beginning the longer is found. */
function trieSource(trie: Trie): string {
  const branches: string[] = [];
  for (const [character, below] of trie) branches.push(chainSource(character, below));
  const source = branches.length === 1 ? (branches[0] ?? '') : `(?:${branches.join('|')})`;
  return trie.isEnd ? `(?:${source})?` : source;
}

/** Follows a path without branches in a loop: a private key is thousands of characters long. */
function chainSource(character: string, trie: Trie): string {
  let source = escaped(character);
  let node = trie;
  while (node.size === 1 && !node.isEnd) {
    const [[next, below] = ['', new Map() as Trie]] = node;
    source += escaped(next);
    node = below;
  }
  return node.size === 0 ? source : source + trieSource(node);
}

function escaped(character: string): string {
  return /[\\^$.*+?()[\]{}|/]/.test(character) ? `\\${character}` : character;
}

/** Hides all matches, those too that begin inside another one. */
function replaceAll(input: string, finder: RegExp): string {
  let output = '';
  let done = 0;
  for (const [start, end] of matches(input, finder)) {
    output += input.slice(done, start) + redacted;
    done = end;
  }
  return done === 0 ? input : output + input.slice(done);
}

/** Stretches that are secret, in order; those that overlap or touch are one. */
function matches(input: string, finder: RegExp): [number, number][] {
  const found: [number, number][] = [];
  finder.lastIndex = 0;
  for (let match = finder.exec(input); match !== null; match = finder.exec(input)) {
    const end = match.index + match[0].length;
    const last = found.at(-1);
    if (last !== undefined && match.index <= last[1]) last[1] = Math.max(last[1], end);
    else found.push([match.index, end]);
    // By whole characters: from the middle of a surrogate pair the search would find the same match again.
    finder.lastIndex = match.index + ((input.codePointAt(match.index) ?? 0) > 0xffff ? 2 : 1);
  }
  return found;
}

/** How much of a text can be given away: nothing that a coming chunk could turn into a secret. */
function safeCut(held: string, finder: RegExp, longest: number): number {
  const cut = Math.max(0, held.length - longest);
  // A secret (or a chain of overlapping ones) over the cut is kept whole.
  for (const [start, end] of matches(held, finder)) {
    if (start < cut && end > cut) return start;
    if (start >= cut) break;
  }
  return cut;
}

function maskValue<T>(value: T, text: (input: string) => string): T {
  if (typeof value === 'string') return text(value) as T;
  if (Array.isArray(value)) return value.map((item) => maskValue(item, text)) as T;
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [text(key), maskValue(item, text)])) as T;
}
