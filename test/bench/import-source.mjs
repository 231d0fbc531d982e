import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

const root = dirname(dirname(import.meta.dirname));

/** Imports a module of src/ as the build would bundle it, for figures that are about one function. */
export async function importSource(file) {
  const { build } = await import('esbuild');
  const folder = mkdtempSync(join(tmpdir(), 'tapline-bench-'));
  try {
    const outfile = join(folder, 'module.mjs');
    await build({
      entryPoints: [join(root, file)],
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node20.19',
      loader: { '.sql': 'text' },
      logLevel: 'warning',
    });
    return await import(pathToFileURL(outfile).href);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
