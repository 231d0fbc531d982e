import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { editFiles } from '../../project/edit/project-files.js';
import { lockText } from './lock-text.js';
import type { HubDefinition } from './types.js';

/** `plugins/extractors/tap-x--acme.lock`, from the project's root. */
export function lockFileOf({ type, name, variant }: Pick<HubDefinition, 'type' | 'name' | 'variant'>): string {
  return join('plugins', type, `${name}--${variant}.lock`);
}

/**
 * Writes a lock file in one step. Where one exists it is replaced only with `update`; `false` says that it was left.
 * Throws PROJECT_READONLY, DISK_FULL.
 */
export async function saveLock(
  project: { root: string; sysDir: string; readonly: boolean },
  definition: HubDefinition,
  update: boolean,
): Promise<boolean> {
  const file = join(project.root, lockFileOf(definition));
  if (!update && existsSync(file)) return false;
  const { type, name, variant, content } = definition;
  if (!project.readonly) await mkdir(dirname(file), { recursive: true }).catch(() => undefined);
  await editFiles(project, [{ file, edit: () => lockText(type, name, variant, content) }]);
  return true;
}
