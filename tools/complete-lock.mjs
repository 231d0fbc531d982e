/**
 * Adds to package-lock.json what npm left out: packages for other platforms that the registry in use does not
 * have. npm drops an optional dependency that it can't find, and `npm ci` then refuses the lock file for it.
 * Such an entry has no integrity, as nobody has seen the file; on this platform it is never fetched.
 *
 *   node tools/complete-lock.mjs           writes what is missing
 *   node tools/complete-lock.mjs --check   only says whether something is missing
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const lockFile = join(dirname(import.meta.dirname), 'package-lock.json');
const lock = JSON.parse(readFileSync(lockFile, 'utf8'));

const missing = Object.entries(lock.packages).flatMap(([path, { optionalDependencies = {}, engines }]) =>
  Object.entries(optionalDependencies)
    .filter(([name, version]) => /^\d/.test(version) && !isThere(path, name))
    .map(([name, version]) => ({ path: `node_modules/${name}`, entry: entryOf(name, version, engines) })),
);

if (missing.length === 0) {
  process.stdout.write('package-lock.json is complete\n');
} else if (process.argv.includes('--check')) {
  const names = missing.map(({ path }) => `  ${path}\n`).join('');
  process.stdout.write(
    `package-lock.json lacks packages of other platforms (mend: node tools/complete-lock.mjs):\n${names}`,
  );
  process.exitCode = 1;
} else {
  for (const { path, entry } of missing) lock.packages[path] = entry;
  const [root, ...others] = Object.entries(lock.packages);
  others.sort(([a], [b]) => a.localeCompare(b, 'en'));
  lock.packages = Object.fromEntries([root, ...others]);
  writeFileSync(lockFile, `${JSON.stringify(lock, null, 2)}\n`);
  process.stdout.write(`package-lock.json: ${missing.length} packages of other platforms added\n`);
}

/** As Node resolves: beside the package that asks, or in a folder further up. */
function isThere(path, name) {
  for (let folder = path; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    if (lock.packages[`${folder === '' ? '' : `${folder}/`}node_modules/${name}`] !== undefined) return true;
    if (folder === '') return false;
    if (!folder.includes('/node_modules/')) folder = '';
  }
}

/** Packages of native parts name their platform: `<tool>-<os>-<cpu>[-<libc>]`. */
function entryOf(name, version, engines) {
  const [, os, cpu, , abi] =
    /-(android|darwin|freebsd|linux|openharmony|win32)-([a-z0-9]+)(-([a-z]+))?$/.exec(name) ?? [];
  if (os === undefined) throw new Error(`${name} is missing from package-lock.json and names no platform`);
  const libc = abi?.startsWith('musl') ? ['musl'] : abi?.startsWith('gnu') ? ['glibc'] : undefined;
  return {
    version,
    cpu: [cpu],
    dev: true,
    ...(libc === undefined || os !== 'linux' ? {} : { libc }),
    optional: true,
    os: [os],
    ...(engines === undefined ? {} : { engines }),
  };
}
