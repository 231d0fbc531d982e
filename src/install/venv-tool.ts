import { TaplineError } from '../errors.js';
import { findProgram } from './find-program.js';
import { defaultInterpreter } from './interpreter.js';
import type { Venv } from './venv.js';

type Command = readonly [string, ...string[]];

/** The commands that make a venv and install into it. */
export interface VenvTool {
  name: 'uv' | 'pip';
  create(venv: Venv): Command[];
  /** May fail without harm: the venv works with the pip that Python brings, too. */
  upgrade(venv: Venv): Command | undefined;
  install(venv: Venv, args: readonly string[], force: boolean): Command;
}

/** `--python` takes a path, a name, or (uv only) a version. */
function uvTool(uv: string, interpreter: string | undefined): VenvTool {
  const python = interpreter === undefined ? [] : [`--python=${interpreter}`];
  return {
    name: 'uv',
    create: (venv) => [[uv, 'venv', '--clear', ...python, venv.root]],
    upgrade: () => undefined,
    install: (venv, args) => [uv, 'pip', 'install', `--python=${venv.bin}/python`, ...args],
  };
}

/** virtualenv where the interpreter has it (it is faster, and what the original uses), else Python's own venv. */
function pipTool(interpreter: string): VenvTool {
  return {
    name: 'pip',
    create: (venv) => [
      [interpreter, '-m', 'virtualenv', '--clear', venv.root],
      [interpreter, '-m', 'venv', '--clear', venv.root],
    ],
    upgrade: (venv) => [`${venv.bin}/python`, '-m', 'pip', 'install', '--upgrade', 'pip'],
    install: (venv, args, force) => [
      `${venv.bin}/python`,
      '-m',
      'pip',
      'install',
      ...(force ? ['--ignore-requires-python'] : []),
      ...args,
    ],
  };
}

/** The tool for a project's `venv.backend`; pip where uv is asked for but not here. Throws INSTALL_TOOL_MISSING. */
export function chooseTool(backend: unknown, interpreter: string | undefined, path: string | undefined): VenvTool {
  const python = interpreter ?? defaultInterpreter(path);
  const uv = backend === 'virtualenv' ? undefined : findProgram('uv', path);
  if (uv !== undefined) return uvTool(uv, python);
  if (python === undefined) {
    throw new TaplineError(
      'INSTALL_TOOL_MISSING',
      'There is neither uv nor Python on PATH, so no plugin can be installed.',
      {
        hint: 'Install uv (https://docs.astral.sh/uv) or Python 3 with its venv module.',
      },
    );
  }
  return pipTool(interpreterProgram(python, path));
}

/** uv finds `3.11` by itself; without it the program of that version must be on PATH. */
function interpreterProgram(python: string, path: string | undefined): string {
  if (!/^\d+(\.\d+)*$/.test(python)) return python;
  const version = python.split('.').slice(0, 2).join('.');
  const program = findProgram(`python${version}`, path);
  if (program !== undefined) return program;
  throw new TaplineError(
    'INSTALL_TOOL_MISSING',
    `Python ${python} is requested, but there is no python${version} on PATH.`,
    {
      hint: 'Install it, install uv (which fetches it), or set `python` to an installed one.',
    },
  );
}
