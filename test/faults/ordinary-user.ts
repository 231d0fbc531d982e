/** Root may write everywhere: as root, the program runs as nobody where a test is about what may not be written. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmod, cp, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cleanEnvironment, type Ended } from '../e2e/program.js';

const nobody = ['--reuid=65534', '--regid=65534', '--clear-groups'];

const isRoot = process.getuid?.() === 0;

/** False as root where `setpriv` is missing or may not change the user. */
export const canBeOrdinaryUser = !isRoot || spawnSync('setpriv', [...nobody, 'true']).status === 0;

let copied: Promise<string> | undefined;

/** The program, where everybody can read it: a checkout may be below a private folder. */
async function readableProgram(): Promise<string> {
  const root = join(import.meta.dirname, '..', '..');
  const place = await mkdtemp(join(tmpdir(), 'tapline-for-all-'));
  await chmod(place, 0o755);
  const modules = ['better-sqlite3', 'bindings', 'file-uri-to-path'].map((name) => join('node_modules', name));
  for (const path of ['package.json', 'dist', 'schemas', ...modules]) {
    const needed = (file: string) => !/\/(deps|src|obj|obj\.target|\.deps|types)$|sqlite3\.a$/.test(file);
    await cp(join(root, path), join(place, path), { recursive: true, filter: needed });
  }
  execFileSync('chmod', ['-R', 'a+rX', place]);
  return join(place, 'dist', 'cli.js');
}

export async function asOrdinaryUser(folder: string, args: readonly string[]): Promise<Ended> {
  copied ??= readableProgram();
  const argv = [process.execPath, await copied, ...args];
  const [file, ...rest] = isRoot ? ['setpriv', ...nobody, ...argv] : argv;
  const home = await mkdtemp(join(tmpdir(), 'tapline-home-'));
  await chmod(home, 0o777);
  const options = { cwd: folder, env: cleanEnvironment(home), encoding: 'utf8' } as const;
  const { status, stdout, stderr } = spawnSync(file ?? '', rest, options);
  return { code: status ?? -1, stdout, stderr };
}
