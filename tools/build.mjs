/**
 * Builds dist/: the program (cli.js), the library (index.js), the kit for taps (singer.js), one file a bundled plugin (bundled/<name>.js) and the types.
 *
 *   node tools/build.mjs              all of it
 *   node tools/build.mjs --no-types   without the types, which take most of the time
 *   node tools/build.mjs --clean      removes dist first, as for a package
 *
 * JavaScript dependencies are bundled: one file opens faster than a hundred. Native ones stay outside. What a
 * command imports with `await import()` becomes a chunk of its own, so that start-up reads only what it needs.
 * All chunks lie flat in dist: `new URL('../package.json', import.meta.url)` means the same in each.
 */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { generate } from './generate.mjs';

const root = dirname(import.meta.dirname);
const dist = join(root, 'dist');
const source = join(root, 'src');

/** How long a file of an older build is kept: a program that runs from it may still load its chunks. */
const leftoverMinutes = 10;

/** Builds what `npm run build` builds; `types: false` leaves out the declarations. Throws when a part fails. */
export async function build({ types = true, clean = false } = {}) {
  const started = performance.now();
  if (clean) rmSync(dist, { recursive: true, force: true });
  await generate();
  const outputs = await Promise.all([program(), library(), tapKit(), bundledPlugins()]);
  const files = outputs.flat();
  for (const file of files) write(file);
  removeLeftovers(new Set(files.map((file) => file.path)));
  if (types) buildTypes();
  return { files: files.map((file) => relative(root, file.path)), seconds: (performance.now() - started) / 1000 };
}

/**
 * Built apart from the library: what both share would else be split into more files to open at start-up. What each
 * command loads is one file, and what a run loads beside it a second: as a chunk for each set of commands that share
 * something, which is what a bundler makes by itself, a no-op run opened 60 files, and took 15 % longer.
 */
function program() {
  return bundle(
    { cli: join(source, 'main.ts') },
    {
      banner: '#!/usr/bin/env node\n',
      executable: true,
      together: {
        start: [join(source, 'cli', 'program.ts')],
        run: [join(source, 'cli', 'commands', 'run.ts'), join(source, 'session', 'stores.ts')],
      },
    },
  );
}

function library() {
  const entry = join(source, 'index.ts');
  return existsSync(entry) ? bundle({ index: entry }) : [];
}

/** Apart from the library: a tap opens this one file. */
function tapKit() {
  const entry = join(source, 'singer', 'kit', 'index.ts');
  return existsSync(entry) ? bundle({ singer: entry }) : [];
}

function bundledPlugins() {
  const folder = join(source, 'bundled');
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const entries = names.map((name) => [`bundled/${name}`, join(folder, name, 'main.ts')]);
  const present = entries.filter(([, file]) => existsSync(file));
  return present.length === 0 ? [] : bundle(Object.fromEntries(present));
}

/**
 * `together`: by the name of a chunk, the modules that it holds with all that they import statically.
 *
 * @param {Record<string, string>} entryPoints
 * @param {{ banner?: string, executable?: boolean, together?: Record<string, string[]> }} options
 * @returns {Promise<{ path: string, text: string, executable: boolean }[]>}
 */
async function bundle(entryPoints, { banner = '', executable = false, together = {} } = {}) {
  const { rolldown } = await import('rolldown');
  const closures = staticClosures(together);
  const build = await rolldown({
    cwd: root,
    input: entryPoints,
    platform: 'node',
    moduleTypes: { '.sql': 'text' },
    external: [...nativePackages(), addon],
    plugins: [addonByPath, closures.plugin],
    transform: { target: 'node20.19' },
    // A chunk that many share has more exports than the module that it is named after.
    preserveEntrySignatures: 'allow-extension',
    // A module may be wanted at once by one command and late by another.
    checks: { ineffectiveDynamicImport: false },
  });
  const { output } = await build.generate({
    dir: dist,
    format: 'esm',
    chunkFileNames: '[name]-[hash].js',
    codeSplitting: {
      groups: Object.keys(together).map((name) => ({
        name,
        test: (id) => closures.chunkOf(id) === name,
        includeDependenciesRecursively: false,
      })),
    },
    comments: { legal: true },
    // Identifiers stay: they cost little, and a stack trace or an error's class name stays readable.
    minify: { compress: true, mangle: false, codegen: { removeWhitespace: true } },
  });
  await build.close();
  return output.map(({ fileName, code, isEntry }) => ({
    path: join(dist, fileName),
    text: (isEntry ? banner : '') + code,
    executable: executable && isEntry,
  }));
}

/**
 * Which modules those named import, and what these import ...; a module of several chunks belongs to the first. What an
 * entry itself imports stays out: `--version` is answered from there, without the rest.
 */
function staticClosures(together) {
  const chunks = new Map();
  const plugin = {
    name: 'static-closures',
    buildEnd() {
      const add = (id, name) => {
        if (chunks.has(id)) return;
        chunks.set(id, name);
        for (const imported of this.getModuleInfo(id)?.importedIds ?? []) add(imported, name);
      };
      for (const id of this.getModuleIds()) if (this.getModuleInfo(id)?.isEntry) add(id, 'entry');
      for (const [name, ids] of Object.entries(together)) for (const id of ids) add(id, name);
    },
  };
  return { plugin, chunkOf: (id) => chunks.get(id) };
}

const addon = 'better-sqlite3/build/Release/better_sqlite3.node';

/**
 * better-sqlite3 is bundled but for its addon, which it would look for in a dozen places: loading it as a package costs
 * each command that opens the database 6 ms more.
 */
const addonByPath = {
  name: 'addon-by-path',
  load: {
    filter: { id: /better-sqlite3[\\/]lib[\\/]database\.js$/ },
    handler(path) {
      const text = readFileSync(path, 'utf8');
      const search = `require('bindings')('better_sqlite3.node')`;
      if (!text.includes(search)) throw new Error(`${path} loads its addon in another way now; see addonByPath`);
      return { code: text.replace(search, `require('${addon}')`), moduleType: 'js' };
    },
  },
};

/** Packages with compiled parts, and those that a user may leave out. */
function nativePackages() {
  const { optionalDependencies = {}, peerDependencies = {} } = JSON.parse(
    readFileSync(join(root, 'package.json'), 'utf8'),
  );
  // better-sqlite3 is optional so that an install survives where its addon can't be built; its JavaScript is bundled.
  return [...Object.keys(optionalDependencies), ...Object.keys(peerDependencies)].filter(
    (name) => !addon.startsWith(`${name}/`),
  );
}

/** Each file appears whole: written beside its place and renamed, since somebody may be running the older one. */
function write({ path, text, executable }) {
  if (existsSync(path) && readFileSync(path, 'utf8') === text) return;
  mkdirSync(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, text);
  if (executable) chmodSync(draft, 0o755);
  renameSync(draft, path);
}

function removeLeftovers(current) {
  const oldest = Date.now() - leftoverMinutes * 60_000;
  for (const folder of [dist, join(dist, 'bundled')]) {
    for (const entry of existsSync(folder) ? readdirSync(folder, { withFileTypes: true }) : []) {
      const path = join(folder, entry.name);
      if (!entry.isFile() || current.has(path)) continue;
      if (statSync(path, { throwIfNoEntry: false })?.mtimeMs < oldest) rmSync(path, { force: true });
    }
  }
}

function buildTypes() {
  if (!existsSync(join(source, 'index.ts'))) return;
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const project = join(root, 'tools', 'tsconfig.types.json');
  const { status } = spawnSync(process.execPath, [compiler, '-p', project], { cwd: root, stdio: 'inherit' });
  if (status !== 0) throw new Error('tsc could not write the types (its lines are above)');
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const flags = new Set(process.argv.slice(2));
  try {
    const { files, seconds } = await build({ types: !flags.has('--no-types'), clean: flags.has('--clean') });
    process.stderr.write(`build: ${files.length} files in dist, ${seconds.toFixed(1)} s\n`);
  } catch (error) {
    process.stderr.write(`build: ${error.message}\n`);
    process.exitCode = 1;
  }
}
