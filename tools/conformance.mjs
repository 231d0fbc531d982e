/**
 * Runs the recorded examples of test/conformance on dist/cli.js. Further arguments go to its runner:
 * `npm run conformance -- --case 'run-*' -v`.
 */
import { spawnSync } from 'node:child_process';
import { dirname, join, relative } from 'node:path';

const folder = join(dirname(import.meta.dirname), 'test', 'conformance');
const program = join(dirname(import.meta.dirname), 'dist', 'cli.js');
const knownGaps = relative(process.cwd(), join(folder, 'known-gaps.json'));

const { status, error } = spawnSync(
  'python3',
  [
    join(folder, 'run.py'),
    '--bin',
    `'${process.execPath}' '${program}'`,
    '--known',
    knownGaps,
    ...process.argv.slice(2),
  ],
  { stdio: 'inherit' },
);
if (error !== undefined) {
  process.stderr.write('conformance: the examples and their plugins are Python programs; no python3 is on PATH.\n');
}
process.exitCode = status ?? 2;
