/**
 * Makes `tapline-<version>-<platform>-<arch>-node<major>.tgz`: a package that installs with npm on a machine of the same platform
 * and Node version without a network, a compiler or a prebuilt binary. dist/ holds all JavaScript already; the one
 * compiled part, the addon of better-sqlite3, travels as a bundled dependency without its install script.
 *
 *   npm run package
 *   npm install --global ./tapline-*.tgz
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { build } from './build.mjs';

const root = dirname(import.meta.dirname);
const addon = join('build', 'Release', 'better_sqlite3.node');

const packageFile = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
await build({ clean: true });
const staging = mkdtempSync(join(tmpdir(), 'tapline-package-'));
try {
  const driver = stageDriver();
  stageProgram(driver);
  process.stdout.write(`package: ${relative(process.cwd(), pack())}\n`);
} finally {
  rmSync(staging, { recursive: true, force: true });
}

/** Copies the addon with as much of a package around it as npm needs to keep it. Returns name and version. */
function stageDriver() {
  const source = join(root, 'node_modules', 'better-sqlite3');
  if (!existsSync(join(source, addon))) throw new Error('better-sqlite3 is not built: run npm rebuild better-sqlite3');
  const { name, version, license } = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8'));
  const target = join(staging, 'node_modules', name);
  mkdirSync(dirname(join(target, addon)), { recursive: true });
  cpSync(join(source, addon), join(target, addon));
  cpSync(join(source, 'LICENSE'), join(target, 'LICENSE'));
  writeFileSync(join(target, 'package.json'), JSON.stringify({ name, version, license, files: ['build'] }, null, 2));
  return { name, version };
}

/** What `files` of package.json names, and a package.json without what a user does not need. */
function stageProgram({ name, version }) {
  for (const file of [...packageFile.files, 'README.md', 'LICENSE', 'CHANGELOG.md'])
    cpSync(join(root, file), join(staging, file), { recursive: true });
  const {
    scripts: _scripts,
    devDependencies: _dev,
    optionalDependencies: _optional,
    allowScripts: _allow,
    ...kept
  } = packageFile;
  const shipped = { ...kept, dependencies: { [name]: version }, bundleDependencies: [name] };
  writeFileSync(join(staging, 'package.json'), JSON.stringify(shipped, null, 2));
}

function pack() {
  const { status, stdout } = spawnSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', staging], {
    cwd: staging,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    shell: process.platform === 'win32',
  });
  if (status !== 0) throw new Error(`npm pack failed with exit code ${status}`);
  const [{ filename }] = JSON.parse(stdout);
  const [major] = process.versions.node.split('.');
  const file = join(root, `tapline-${packageFile.version}-${process.platform}-${process.arch}-node${major}.tgz`);
  renameSync(join(staging, filename), file);
  return file;
}
