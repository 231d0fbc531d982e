import { lstatSync, realpathSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { TaplineError } from '../errors.js';

const projectFileName = 'meltano.yml';

export interface ProjectPlace {
  /** Absolute, links resolved. */
  root: string;
  file: string;
  sysDir: string;
}

/**
 * MELTANO_PROJECT_ROOT, else the nearest folder from `cwd` upwards that holds meltano.yml. Throws PROJECT_NOT_FOUND,
 * which says where it looked.
 */
export function findProject(cwd: string, env: NodeJS.ProcessEnv): ProjectPlace {
  const fixed = env.MELTANO_PROJECT_ROOT;
  const root = fixed ? fixedRoot(resolve(cwd, fixed)) : nearestRoot(resolve(cwd));
  const real = realpathSync(root);
  return {
    root: real,
    file: join(real, projectFileName),
    sysDir: systemDirectory(cwd, real, env.MELTANO_SYS_DIR_ROOT),
  };
}

function systemDirectory(cwd: string, root: string, fixed: string | undefined): string {
  if (!fixed) return join(root, '.meltano');
  return isAbsolute(fixed) ? fixed : resolve(cwd, fixed);
}

function fixedRoot(root: string): string {
  if (exists(join(root, projectFileName))) return root;
  throw new TaplineError(
    'PROJECT_NOT_FOUND',
    `There is no ${projectFileName} in ${root}, which MELTANO_PROJECT_ROOT names.`,
    {
      hint: 'Point MELTANO_PROJECT_ROOT at a project, or unset it to search from the current folder upwards.',
    },
  );
}

function nearestRoot(start: string): string {
  for (let folder = start; ; folder = dirname(folder)) {
    if (exists(join(folder, projectFileName))) return folder;
    if (dirname(folder) === folder) break;
  }
  const above = dirname(start) === start ? '' : ' or in any folder above it';
  throw new TaplineError('PROJECT_NOT_FOUND', `There is no ${projectFileName} in ${start}${above}.`, {
    hint: '`tapline init` creates a project here. To use one elsewhere, change to its folder or give --cwd FOLDER.',
  });
}

/** Whatever has this name counts, so that a folder or a dangling link of that name is reported and not stepped over. */
function exists(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}
