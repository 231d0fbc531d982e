import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { withFileLock } from '../../file-lock.js';
import { pythonJson } from '../../python-json.js';
import type { ResolvedPlugin } from '../../settings/types.js';

/** The original's names: both programs use one cache, `.meltano/run/<tap>/`. */
const catalogFile = 'tap.properties.json';
const keyFile = 'tap.properties.cache_key';

/**
 * What the discovered catalog depends on, hashed as Meltano 4.4.1 does: all settings as they are, `schema` and `metadata` rules.
 * Undefined where it may change at any time, so that nothing is cached: a tap without `pip_url` or with an editable one, unless
 * its `catalog_cache_ttl` says how long a catalog is good for.
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

/** The cached catalog's text; undefined where there is none for this key, or it is older than `ttlSeconds`. */
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
    // A writer removes the key first, so an unchanged key says that the text is its own.
    return (await readFile(join(folder, keyFile), 'utf8')) === key ? text : undefined;
  } catch {
    return undefined;
  }
}

/** Keeps a catalog, or (without a key) forgets the one that was kept. A cache that can't be written is none: never throws. */
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
