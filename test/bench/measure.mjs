/** Starts a program, waits for its end, and takes the time; what it printed is shown only when it fails. */
import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const root = dirname(dirname(import.meta.dirname));
export const program = join(root, 'dist', 'cli.js');
const usageReporter = join(import.meta.dirname, 'report-usage.cjs');

/**
 * @typedef {{ seconds: number, cpuSeconds: number | undefined, peakMegabytes: number | undefined }} Measurement
 *
 * @param {string[]} argv
 * @param {{ cwd?: string, env?: Record<string, string | undefined>, usage?: boolean }} options usage: also the
 *   processor time (its own, not its children's) and the peak memory of a Node program
 * @returns {Promise<Measurement>}
 */
export async function measure(argv, { cwd = root, env = {}, usage = false } = {}) {
  const scratch = mkdtempSync(join(tmpdir(), 'tapline-measure-'));
  const usageFile = join(scratch, 'usage.json');
  const output = openSync(join(scratch, 'output'), 'w');
  try {
    const [file = '', ...args] = usage ? [process.execPath, '--require', usageReporter, ...argv.slice(1)] : argv;
    const started = process.hrtime.bigint();
    const child = spawn(file, args, {
      cwd,
      env: { ...cleanEnvironment(), ...env, ...(usage ? { BENCH_USAGE_FILE: usageFile } : {}) },
      stdio: ['ignore', output, output],
    });
    const code = await new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('exit', (exitCode, signal) => resolve(exitCode ?? signal));
    });
    const seconds = Number(process.hrtime.bigint() - started) / 1e9;
    if (code !== 0) {
      const said = readFileSync(join(scratch, 'output'), 'utf8').slice(-2000);
      throw new Error(`${argv.join(' ')} ended with ${code}:\n${said}`);
    }
    const { cpuSeconds, peakMegabytes } = usage ? JSON.parse(readFileSync(usageFile, 'utf8')) : {};
    return { seconds, cpuSeconds, peakMegabytes };
  } finally {
    closeSync(output);
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** `node dist/cli.js --cwd PROJECT ARGS`. */
export function tapline(projectFolder, args, options = {}) {
  return measure([process.execPath, program, '--cwd', projectFolder, ...args], options);
}

/** A line for the shell, as somebody would type it. */
export function shell(line, options = {}) {
  return measure(['/bin/sh', '-c', line], options);
}

/** Settings of the person who runs the bench, and Python's buffering, would change what is measured. */
function cleanEnvironment() {
  const own = /^(MELTANO_|TAPLINE_|TAP_|TARGET_|PYTHONUNBUFFERED$|NODE_OPTIONS$)/;
  const kept = Object.entries(process.env).filter(([name]) => !own.test(name));
  return { ...Object.fromEntries(kept), NO_COLOR: '1' };
}
