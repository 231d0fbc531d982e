import { createHash } from 'node:crypto';

/** The file in a venv that says what was installed into it; the original writes and reads the same one. */
export const fingerprintFile = '.meltano_plugin_fingerprint';

/**
 * SHA-256 of the sorted, distinct install arguments, as Meltano 4.4.1 computes it, so that neither installs again what the
 * other has installed. A configured interpreter is part of it; the default one is not.
 */
export function fingerprint(pipArguments: readonly string[], interpreter: string | undefined): string {
  const parts = [...new Set(pipArguments)].sort(byCodePoint);
  if (interpreter) parts.push(`python:${interpreter}`);
  return createHash('sha256').update(parts.join(' ')).digest('hex');
}

/** Python's order of strings. JavaScript's own differs beyond the basic plane; UTF-8 bytes sort as code points do. */
function byCodePoint(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}
