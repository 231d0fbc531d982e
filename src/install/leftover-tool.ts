import { readFile, rm, writeFile } from 'node:fs/promises';
import { livenessOf, type ProcessIdentity, processSpace, processStart } from '../state/owner.js';
import { killGroup } from './tool-process.js';

/**
 * An install tool outlives a runner that was killed. Whoever installs next (it holds the lock by then) ends it first, so that two
 * tools never write one venv. The note says which process it is, in a way that a reused pid does not match.
 */
export async function endLeftoverTool(note: string): Promise<void> {
  const left = await readNote(note);
  if (left === undefined) return;
  if ((await livenessOf(left)) === 'alive') await killGroup(left.pid);
  await rm(note, { force: true });
}

export async function noteTool(note: string, pid: number): Promise<void> {
  const [{ bootId, pidNamespace }, pidStart] = await Promise.all([processSpace(), processStart(pid)]);
  const tool: ProcessIdentity = { pid, pidStart: pidStart ?? '', bootId, pidNamespace };
  await writeFile(note, JSON.stringify(tool), { mode: 0o600 });
}

export async function forgetTool(note: string): Promise<void> {
  await rm(note, { force: true });
}

async function readNote(note: string): Promise<ProcessIdentity | undefined> {
  try {
    const { pid, pidStart, bootId, pidNamespace } = JSON.parse(await readFile(note, 'utf8')) as Record<string, unknown>;
    if (typeof pid !== 'number' || pid <= 1) return undefined;
    return { pid, pidStart: String(pidStart), bootId: String(bootId), pidNamespace: String(pidNamespace) };
  } catch {
    return undefined;
  }
}
