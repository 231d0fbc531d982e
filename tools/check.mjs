/**
 * All checks that are not tests, in one call: format and lint, types, unused code, the direction of imports.
 * Runs each even when one before it failed, prints what the failed ones say, and ends with one line a check.
 */
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { generate } from './generate.mjs';

const root = dirname(import.meta.dirname);

const checks = [
  {
    what: 'format and lint',
    argv: ['biome', 'check', '--config-path=tools', '--diagnostic-level=error', '--max-diagnostics=50', '.'],
    mend: 'npm run format',
  },
  { what: 'types', argv: ['tsc', '--noEmit', '-p', '.'] },
  { what: 'unused code', argv: ['knip', '--config', 'tools/knip.json', '--no-config-hints'] },
  { what: 'lock file', argv: ['node', 'tools/complete-lock.mjs', '--check'], mend: 'node tools/complete-lock.mjs' },
  {
    what: 'schema for editors',
    argv: ['node', 'tools/editor-schema.mjs', '--check'],
    mend: 'node tools/editor-schema.mjs',
  },
  { what: 'direction of imports', argv: ['depcruise', '--config', 'tools/dependency-cruiser.cjs', 'src'] },
];

await generate();
const results = checks.map(run);
for (const { what, status, seconds, mend } of results) {
  const advice = status !== 0 && mend !== undefined ? ` (try: ${mend})` : '';
  process.stdout.write(`${status === 0 ? 'ok    ' : 'FAILED'} ${what}, ${seconds.toFixed(1)} s${advice}\n`);
}
process.exitCode = results.every(({ status }) => status === 0) ? 0 : 1;

function run({ what, argv: [program, ...args], mend }) {
  const started = performance.now();
  const file = program === 'node' ? process.execPath : join(root, 'node_modules', '.bin', program);
  const { status, stdout, stderr, error } = spawnSync(file, args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    shell: process.platform === 'win32',
  });
  if (status !== 0)
    process.stdout.write(`--- ${what}: ${program} ${args.join(' ')}\n${stdout}${stderr}${error ?? ''}\n`);
  return { what, status, mend, seconds: (performance.now() - started) / 1000 };
}
