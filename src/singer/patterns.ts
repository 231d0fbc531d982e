/** File-name patterns as Python's `fnmatch` on POSIX has them: case counts, and `*` spans dots and slashes. */

export type Matches = (text: string) => boolean;

const globCharacters = /[*?[]/;

/** Whether a text can match more than itself. An unclosed `[` is a plain character. */
export function isGlob(pattern: string): boolean {
  return globCharacters.test(pattern);
}

/** Compiles a pattern once; exact names and `prefix*` need no regular expression. */
export function compilePattern(pattern: string): Matches {
  if (!isGlob(pattern)) return (text) => text === pattern;
  if (/^\*+$/.test(pattern)) return () => true;
  const prefix = /^([^*?[]+)\*+$/.exec(pattern)?.[1];
  if (prefix !== undefined) return (text) => text.startsWith(prefix);
  const expression = toExpression(pattern);
  return (text) => expression.test(text);
}

/**
 * The pattern as an anchored expression. What stands between two `*` is matched at its first place and never
 * tried again (a captured look-ahead), so a hostile pattern can't take exponential time.
 */
function toExpression(pattern: string): RegExp {
  const parts = [''];
  const characters = [...pattern];
  for (let at = 0; at < characters.length; ) {
    const [source, next] = oneCharacter(characters, at);
    if (source === '*') {
      if (parts.length === 1 || parts.at(-1) !== '') parts.push('');
    } else parts[parts.length - 1] += source;
    at = next;
  }
  const first = parts[0] as string;
  const last = parts.length > 1 ? `.*${parts.at(-1)}` : '';
  const middle = parts.slice(1, -1).map((part, index) => `(?=(.*?${part}))\\${index + 1}`);
  return new RegExp(`^${first}${middle.join('')}${last}$`, 'su');
}

/** The source for the pattern's character at `at` (`*` stays itself), and where the next one begins. */
function oneCharacter(characters: string[], at: number): [source: string, next: number] {
  const character = characters[at] as string;
  if (character === '*') return ['*', at + 1];
  if (character === '?') return ['.', at + 1];
  if (character !== '[') return [escapeCharacter(character), at + 1];
  const end = endOfSet(characters, at + 1);
  return end === -1 ? [escapeCharacter('['), at + 1] : [setOf(characters.slice(at + 1, end)), end + 1];
}

/** Where the `]` stands that closes a set; one right at its beginning is a member. */
function endOfSet(characters: string[], from: number): number {
  let at = from;
  if (characters[at] === '!') at += 1;
  if (characters[at] === ']') at += 1;
  return characters.indexOf(']', at);
}

function setOf(members: string[]): string {
  const negated = members[0] === '!';
  const items: string[] = [];
  for (let at = negated ? 1 : 0; at < members.length; ) {
    const from = members[at] as string;
    const to = members[at + 2];
    if (members[at + 1] !== '-' || to === undefined) {
      items.push(escapeCharacter(from));
      at += 1;
      continue;
    }
    // A range that runs backwards has no members.
    if ((from.codePointAt(0) ?? 0) <= (to.codePointAt(0) ?? 0))
      items.push(`${escapeCharacter(from)}-${escapeCharacter(to)}`);
    at += 3;
  }
  if (items.length === 0) return negated ? '.' : '(?!)';
  return `[${negated ? '^' : ''}${items.join('')}]`;
}

function escapeCharacter(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}
