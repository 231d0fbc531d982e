import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { withFileLock } from '../../file-lock.js';
import { pythonJson } from '../../python-json.js';
import type { ResolvedPlugin } from '../../settings/types.js';

/** The original's names: both programs share one cache, `.meltano/run/<tap>/`. */
const catalogFile = 'tap.properties.json';
const keyFile = 'tap.properties.cache_key';

/**
 * What the discovered catalog depends on, hashed as Meltano 4.4.1 does: all settings, and the `schema` and `metadata` rules.
 * Undefined if nothing is cached because the tap may change at any time: it has no `pip_url`, or an editable one, and no
 * `catalog_cache_ttl`.
 */
export function catalogCacheKey(tap: ResolvedPlugin, hasTtl: boolean): string | undefined {
  const { pipUrl } = tap.plugin;
  if (!hasTtl && (!pipUrl || pipUrl.startsWith('-e'))) return undefined;
  const key: Record<string, unknown> = {};
  for (const [name, setting] of tap.settings) if (!setting.extra) key[name] = setting.value ?? null;
  key._schema = tap.extras.schema ?? {};
  key._metadata = tap.extras.metadata ?? {};
  return createHash('sha1').update(pythonJson(key)).digest('hex');
}

/** The text of the cached catalog; undefined if there is none for this key, or it is older than `ttlSeconds`. */
export async function readCachedCatalog(
  folder: string,
  key: string,
  ttlSeconds: number | undefined,
): Promise<string | undefined> {
  const file = join(folder, catalogFile);
  try {
    if ((await readFile(join(folder, keyFile), 'utf8')) !== key) return undefined;
    if (ttlSeconds !== undefined && Date.now() - (await stat(file)).mtimeMs > ttlSeconds * 1000) return undefined;
    const text = await readFile(file, 'utf8');
    // A writer removes the key first, so if the key is unchanged, the text belongs to it.
    return (await readFile(join(folder, keyFile), 'utf8')) === key ? text : undefined;
  } catch {
    return undefined;
  }
}

/** Caches a catalog or, without a key, drops the cached one. Never throws: a cache that can't be written is skipped. */
export async function storeCatalog(folder: string, key: string | undefined, text: string): Promise<void> {
  try {
    if (key === undefined) {
      await rm(join(folder, keyFile), { force: true });
      return;
    }
    await withFileLock(join(folder, '.catalog.lock'), async () => {
      await rm(join(folder, keyFile), { force: true });
      await replaceFile(join(folder, catalogFile), text);
      await replaceFile(join(folder, keyFile), key);
    });
  } catch {
    // The next run discovers again.
  }
}

async function replaceFile(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, text, { mode: 0o600 });
  await rename(draft, file);
}
