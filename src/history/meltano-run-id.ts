/** Run IDs as the original's `runs` table keeps them. */
import { createHash } from 'node:crypto';

/** The original can read nothing but a UUID there, so another kind of run ID is turned into one. */
export function toHex(runId: string): string {
  const hex = runId.replaceAll('-', '').toLowerCase();
  return /^[0-9a-f]{32}$/.test(hex) ? hex : createHash('sha256').update(runId).digest('hex').slice(0, 32);
}

export function toUuid(hex: string): string {
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
