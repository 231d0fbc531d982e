import { lstatSync, realpathSync, statSync } from 'node:fs';
import { isAbsolute, join, relative, sep } from 'node:path';
import { type SourceLocation, TaplineError } from '../errors.js';

/**
 * The files that `include_paths` names, absolute, without meltano.yml and without doubles: in the order of the patterns,
 * each pattern's matches by name. A pattern without a match is fine. Throws PROJECT_INCLUDE.
 */
export async function findIncludes(
  root: string,
  patterns: readonly string[],
  locate: (index: number) => SourceLocation | undefined,
): Promise<string[]> {
  if (patterns.length === 0) return [];
  const { glob } = await import('tinyglobby');
  const found = new Set<string>();
  for (const [index, pattern] of patterns.entries()) {
    const at = locate(index);
    refuseOutside(pattern, at);
    // As Python's Path.glob: hidden files count, no braces, no extended patterns.
    const matches = await glob(asPythonReadsIt(pattern), {
      cwd: root,
      dot: true,
      // Folders of programs, full of files that are not this project's.
      ignore: ['.meltano/**', '.git/**'],
      absolute: false,
      onlyFiles: false,
      expandDirectories: false,
      braceExpansion: false,
      extglob: false,
    });
    for (const match of matches.sort()) {
      const file = join(root, match);
      if (file === join(root, 'meltano.yml') || isBehindLink(root, match, pattern)) continue;
      found.add(checked(file, root, at));
    }
  }
  return [...found];
}

/** Python's `**` goes into no folder that is a link, so that a link to above is not an endless way. */
function isBehindLink(root: string, match: string, pattern: string): boolean {
  if (!pattern.includes('**')) return false;
  const steps = match.split('/');
  const fixed = asPythonReadsIt(pattern)
    .split('/')
    .findIndex((step) => /[*?[]/.test(step));
  const folders = steps
    .slice(0, -1)
    .map((_, index) => steps.slice(0, index + 1))
    .slice(fixed);
  return folders.some((folder) => lstatSync(join(root, ...folder), { throwIfNoEntry: false })?.isSymbolicLink());
}

/** Only `*`, `?`, `[...]` and `**` are special there. */
function asPythonReadsIt(pattern: string): string {
  return pattern
    .replace(/^(?:\.\/+)+/, '')
    .replace(/[(){}]|^!/g, '\\$&')
    .replaceAll('[!', '[^');
}

function refuseOutside(pattern: string, at: SourceLocation | undefined): void {
  const hint = 'Write a path or pattern relative to the folder of meltano.yml, such as ./parts/*.meltano.yml.';
  if (pattern === '') throw new TaplineError('PROJECT_INCLUDE', 'An entry of include_paths is empty.', { at, hint });
  if (isAbsolute(pattern)) {
    throw new TaplineError('PROJECT_INCLUDE', `The include path '${pattern}' is absolute.`, { at, hint });
  }
}

function checked(file: string, root: string, at: SourceLocation | undefined): string {
  const facts = statSync(file, { throwIfNoEntry: false });
  if (!facts?.isFile()) {
    throw new TaplineError('PROJECT_INCLUDE', `The included path ${file} is not a file.`, {
      at,
      hint: 'Make the pattern match only files, for instance by their extension.',
    });
  }
  const inside = relative(realpathSync(root), realpathSync(file));
  if (inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside)) {
    throw new TaplineError('PROJECT_INCLUDE', `The included file ${file} is outside the project ${root}.`, {
      at,
      hint: 'Move the file into the project: only files inside it can be included.',
    });
  }
  return file;
}
