import { accessSync, closeSync, constants, existsSync, openSync, readSync, statSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { TaplineError } from '../../errors.js';
import type { ProcessSpec } from './child.js';

/** The error of a process that could not be started, with a hint that fits the cause. */
export function startFailure(spec: ProcessSpec, cause: unknown): TaplineError {
  const code = (cause as NodeJS.ErrnoException).code ?? '';
  const { reason, hint } = explain(spec, code);
  return new TaplineError('EXECUTABLE_MISSING', `Cannot start plugin ${spec.plugin}: ${reason}`, {
    hint,
    cause,
    data: { plugin: spec.plugin, role: spec.role, executable: spec.file, ...(code === '' ? {} : { reason: code }) },
  });
}

function explain(spec: ProcessSpec, code: string): { reason: string; hint: string } {
  const { file, cwd } = spec;
  if (code === 'E2BIG') return tooBig(file);
  if (code === 'EAGAIN' || code === 'EMFILE' || code === 'ENFILE' || code === 'ENOMEM') {
    return {
      reason: `the system cannot start another process (${code})`,
      hint: 'Run fewer blocks in parallel, or raise the limits (`ulimit -u`, `ulimit -n`).',
    };
  }
  if (!isDirectory(cwd))
    return { reason: `its working directory '${cwd}' does not exist`, hint: 'Create it, or fix the path.' };
  const path = locate(file, cwd, spec.env.PATH);
  if (path === undefined) return notFound(spec);
  if (isDirectory(path))
    return { reason: `executable '${file}' is a directory`, hint: 'Set `executable` to a program.' };
  if (code === 'ENOENT') return missingInterpreter(path, spec);
  if (!isExecutable(path))
    return { reason: `executable '${file}' is not marked as executable`, hint: `Run \`chmod +x ${path}\`.` };
  return {
    reason: `executable '${file}' could not be started (${code === '' ? 'unknown error' : code})`,
    hint: 'Try to start it by hand.',
  };
}

function notFound(spec: ProcessSpec): { reason: string; hint: string } {
  const kind = spec.pluginType.charAt(0).toUpperCase() + spec.pluginType.slice(1);
  return {
    reason: `Executable '${spec.file}' could not be found.`,
    hint: `${kind} '${spec.plugin}' may not have been installed yet: run \`tapline install --plugin-type ${spec.pluginType} ${spec.plugin}\`; or its \`executable\` is wrong.`,
  };
}

function tooBig(file: string): { reason: string; hint: string } {
  return {
    reason: `the arguments and variables of '${file}' are larger than the system allows (E2BIG)`,
    hint: 'A large state or setting in an argument or variable causes this; pass it as a file instead.',
  };
}

/** The file exists, so the program in its first line is missing, as in a venv whose Python was removed. */
function missingInterpreter(path: string, spec: ProcessSpec): { reason: string; hint: string } {
  const interpreter = firstLine(path).match(/^#!\s*(\S+)/)?.[1];
  const what =
    interpreter === undefined ? 'a library or interpreter that it needs' : `its interpreter '${interpreter}'`;
  return {
    reason: `executable '${spec.file}' exists, but ${what} does not`,
    hint: `Install it again: \`tapline install --clean --plugin-type ${spec.pluginType} ${spec.plugin}\`.`,
  };
}

function locate(file: string, cwd: string, path: string | undefined): string | undefined {
  if (file.includes('/')) {
    const path = resolve(cwd, file);
    return existsSync(path) ? path : undefined;
  }
  const folders = (path ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, file)).find((candidate) => existsSync(candidate));
}

function firstLine(path: string): string {
  try {
    const fd = openSync(path, 'r');
    try {
      const bytes = Buffer.alloc(256);
      return bytes.toString('utf8', 0, readSync(fd, bytes)).split('\n', 1)[0] ?? '';
    } finally {
      closeSync(fd);
    }
  } catch {
    return '';
  }
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
