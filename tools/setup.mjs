/**
 * The install step of `npm test` and `npm run demo`: makes node_modules what package-lock.json says, and does
 * nothing when it is. Uses Node's own modules only, since it runs before anything is installed.
 *
 * A stamp in node_modules holds what the install was made from. An install that somebody made by hand
 * (`npm ci`, `npm install`) is taken over when it matches the lock file and its native module loads.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import {
  accessSync,
  constants,
  existsSync,
  linkSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir, hostname, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

const root = dirname(import.meta.dirname);
const lockFile = join(root, 'package-lock.json');
const modules = join(root, 'node_modules');
const stampFile = join(modules, '.tapline-setup.json');
const setupLock = join(root, '.tapline-setup.lock');

await setup();

async function setup() {
  requireNode();
  if (isCurrent()) return;
  const release = await acquire();
  try {
    // Another setup may have done it while this one waited.
    if (isCurrent()) return;
    if (!isInstalledByHand()) await install();
    writeFileSync(stampFile, wantedStamp());
  } finally {
    release();
  }
}

function requireNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  fail(`Tapline needs Node 20.19 or newer; this is ${process.version} (${process.execPath}).`);
}

/** The native module is compiled for one Node ABI, platform and processor, so all are part of the stamp. */
function wantedStamp() {
  return JSON.stringify({
    lock: createHash('sha256').update(readFileSync(lockFile)).digest('hex'),
    node: process.version,
    abi: process.versions.modules,
    platform: `${process.platform}-${process.arch}`,
  });
}

function isCurrent() {
  return readIfThere(stampFile) === wantedStamp();
}

/** npm keeps what it installed in node_modules/.package-lock.json; that and the lock file must agree. */
function isInstalledByHand() {
  const installedText = readIfThere(join(modules, '.package-lock.json'));
  if (installedText === undefined) return false;
  const wanted = JSON.parse(readFileSync(lockFile, 'utf8')).packages;
  const installed = JSON.parse(installedText).packages;
  const isSame = (path) => wanted[path]?.version === installed[path]?.version;
  const isComplete = Object.keys(wanted).every((path) => path === '' || wanted[path].optional || isSame(path));
  return isComplete && Object.keys(installed).every(isSame) && nativeModuleLoads();
}

function nativeModuleLoads() {
  const probe = "new (require('better-sqlite3'))(':memory:').close()";
  return spawnSync(process.execPath, ['-e', probe], { cwd: root, stdio: 'ignore' }).status === 0;
}

async function install() {
  const started = performance.now();
  say('installing the packages of package-lock.json (npm ci) ...');
  const env = { ...process.env, ...nodeHeaders() };
  const cache = usableHome() ? undefined : mkdtempSync(join(tmpdir(), 'tapline-npm-'));
  if (cache !== undefined) Object.assign(env, { HOME: cache, npm_config_cache: join(cache, 'npm') });
  try {
    const code = await run(['ci', '--no-audit', '--no-fund'], env);
    if (code !== 0) fail(`npm ci failed with exit code ${code}; its own lines above say why.`);
  } finally {
    if (cache !== undefined) rmSync(cache, { recursive: true, force: true });
  }
  if (!nativeModuleLoads()) {
    fail(
      'better-sqlite3 could not be built: install Python and a C++ compiler (Debian: apt-get install python3 make g++), then run this again.',
    );
  }
  say(`installed in ${((performance.now() - started) / 1000).toFixed(1)} s`);
}

/**
 * Where npm gets no prebuilt better-sqlite3, node-gyp compiles it and would download Node's headers first.
 * Many installs of Node have them on disk: point node-gyp there, unless somebody chose a place already.
 */
function nodeHeaders() {
  const prefix = dirname(dirname(process.execPath));
  if (!existsSync(join(prefix, 'include', 'node', 'node.h'))) return {};
  if (Object.keys(process.env).some((name) => name.toLowerCase() === 'npm_config_nodedir')) return {};
  const { command, args } = npm(['config', 'get', 'nodedir']);
  const configured = spawnSync(command, args, { cwd: root, encoding: 'utf8' }).stdout?.trim() ?? '';
  return configured === '' || configured === 'undefined' || configured === 'null' ? { npm_config_nodedir: prefix } : {};
}

/** npm keeps its cache in the home folder; without a writable one it gets a temporary folder. */
function usableHome() {
  try {
    const home = homedir();
    if (home === '') return false;
    accessSync(home, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** The npm that runs this script, else the one on PATH. */
function npm(args) {
  const own = process.env.npm_execpath;
  if (own?.endsWith('.js') && existsSync(own)) return { command: process.execPath, args: [own, ...args] };
  return { command: process.platform === 'win32' ? 'npm.cmd' : 'npm', args };
}

function run(npmArgs, env) {
  const { command, args } = npm(npmArgs);
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'] });
    child.on('error', (error) => {
      say(error.message);
      resolve(127);
    });
    child.on('close', (code, signal) => resolve(code ?? signal));
  });
}

/** One setup at a time: a second one waits, for `npm ci` first deletes what the other is writing. */
async function acquire() {
  const own = JSON.stringify({ pid: process.pid, host: hostname(), id: randomUUID() });
  const draft = `${setupLock}.${process.pid}`;
  writeFileSync(draft, own);
  try {
    for (let told = false; ; ) {
      try {
        linkSync(draft, setupLock);
        break;
      } catch (error) {
        if (error.code !== 'EEXIST') throw error;
      }
      const holder = readIfThere(setupLock);
      if (holder === undefined) continue;
      if (isDead(holder)) {
        takeAway(holder);
        continue;
      }
      if (!told) say('another setup is installing; waiting for it ...');
      told = true;
      await wait(200);
    }
  } finally {
    rmSync(draft, { force: true });
  }
  const release = () => {
    if (readIfThere(setupLock) === own) rmSync(setupLock, { force: true });
  };
  process.once('exit', release);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1));
  return release;
}

function isDead(holder) {
  const { pid, host } = JSON.parse(holder);
  if (host !== hostname()) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}

/** Moves a dead holder's lock away; one that a living setup took in between is put back. */
function takeAway(holder) {
  const away = `${setupLock}.${process.pid}.dead`;
  try {
    renameSync(setupLock, away);
  } catch {
    return;
  }
  if (readFileSync(away, 'utf8') !== holder) {
    try {
      linkSync(away, setupLock);
    } catch {
      // A third one holds it by now.
    }
  }
  rmSync(away, { force: true });
}

function readIfThere(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw error;
  }
}

function say(text) {
  process.stderr.write(`setup: ${text}\n`);
}

function fail(text) {
  say(text);
  process.exit(1);
}
