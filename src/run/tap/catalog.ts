import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { TaplineError } from '../../errors.js';
import type { ResolvedPlugin } from '../../settings/types.js';
import { takesCatalog } from '../../settings/unsupported-selection.js';
import { type Catalog, parseCatalog } from '../../singer/catalog.js';
import { exactJson } from '../../singer/exact-json.js';
import { applyRules, countSelected } from '../../singer/selection.js';
import type { CatalogRules } from '../../singer/selection-rules.js';
import type { Emit } from '../emit.js';
import { writePrivate } from '../files/plugin-files.js';
import { secondsExtra } from '../plugin-process.js';
import { catalogCacheKey, readCachedCatalog, storeCatalog } from './catalog-cache.js';
import { emptySelection, reportSelection, type SelectionPolicies, selectionWithoutEffect } from './selection-effect.js';

export interface CatalogRequest {
  tap: ResolvedPlugin;
  projectRoot: string;
  /** The private directory of the chain, for the catalog that the tap reads. */
  directory: string;
  /** `.meltano/run/<tap>`, where a discovered catalog is cached. */
  cacheFolder: string;
  /** Discover even if there is a cached one. */
  refresh: boolean;
  /** Runs the tap with `--discover` and returns what it prints. `isShared`: another chain ran it and caches the catalog. */
  discover: () => Promise<{ text: string; isShared: boolean }>;
  emit: Emit;
  policies: SelectionPolicies;
}

export interface PreparedCatalog {
  file: string;
  catalog: Catalog;
  /** The rules that were applied to it. */
  rules: CatalogRules;
}

interface Found {
  source: 'discovery' | 'cache' | 'file';
  catalog: Catalog;
}

/**
 * Writes the catalog file that the tap gets: the user's own, a cached or a freshly discovered one, with the rules of the project
 * applied. Undefined if the tap takes none. Throws DISCOVERY_*, CATALOG_*, RUN_DIRECTORY.
 */
export async function prepareCatalog(request: CatalogRequest): Promise<PreparedCatalog | undefined> {
  const { tap, emit, policies } = request;
  const started = performance.now();
  if (!takesCatalog(tap.plugin)) {
    if (customCatalog(tap) !== undefined) emit(catalogIgnored(tap));
    reportSelection(selectionWithoutEffect(tap), policies.unsupported, emit);
    return undefined;
  }
  const found = await findCatalog(request);
  if (found === undefined) throw catalogMissing(tap);
  const rules = rulesOf(tap);
  for (const finding of applyRules(found.catalog, rules)) {
    if (finding.source.text === '*.*') continue;
    const hint = finding.suggestion === undefined ? undefined : `Did you mean \`${finding.suggestion}\`?`;
    emit({ type: 'warning', code: 'CATALOG_RULE_UNMATCHED', message: `${tap.plugin.name}: ${finding.message}`, hint });
  }
  const file = join(request.directory, 'tap.properties.json');
  await writePrivate(file, exactJson(found.catalog, 2));
  const { streams, selected } = countSelected(found.catalog);
  // A catalog of the user's own says what it means.
  if (streams > 0 && selected === 0 && found.source !== 'file')
    reportSelection(emptySelection(tap, streams), policies.empty, emit);
  const durationSeconds = (performance.now() - started) / 1000;
  emit({ type: 'catalog.ready', plugin: tap.plugin.name, source: found.source, streams, selected, durationSeconds });
  return { file, catalog: found.catalog, rules };
}

async function findCatalog(request: CatalogRequest): Promise<Found | undefined> {
  const { tap, cacheFolder } = request;
  const custom = customCatalog(tap);
  if (custom !== undefined) return { source: 'file', catalog: await readCustomCatalog(request, custom) };
  const ttl = secondsExtra(tap, 'catalog_cache_ttl');
  const key = ttl === 0 ? undefined : catalogCacheKey(tap, ttl !== undefined);
  if (key !== undefined && !request.refresh && tap.extras.use_cached_catalog !== false) {
    const catalog = await cachedCatalog(cacheFolder, key, ttl);
    if (catalog !== undefined) return { source: 'cache', catalog };
  }
  if (!tap.plugin.capabilities.has('discover')) return undefined;
  const { text, isShared } = await request.discover();
  const catalog = parseFor(tap, text, undefined);
  if (isShared) return { source: 'cache', catalog };
  await storeCatalog(cacheFolder, key, text);
  return { source: 'discovery', catalog };
}

/** A cached catalog that can't be parsed (a partial file after a full disk) is discovered again. */
async function cachedCatalog(folder: string, key: string, ttl: number | undefined): Promise<Catalog | undefined> {
  const text = await readCachedCatalog(folder, key, ttl);
  if (text === undefined) return undefined;
  try {
    return parseCatalog(text);
  } catch {
    return undefined;
  }
}

function customCatalog(tap: ResolvedPlugin): string | undefined {
  const file = tap.extras.catalog;
  return typeof file === 'string' && file !== '' ? file : undefined;
}

async function readCustomCatalog({ tap, projectRoot, emit }: CatalogRequest, name: string): Promise<Catalog> {
  const file = resolve(projectRoot, name);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new TaplineError('CATALOG_UNREADABLE', `Failed to read catalog file ${file}: ${(error as Error).message}`, {
      at: tap.plugin.locate('extras', 'catalog'),
      hint: `The path comes from the extra \`catalog\` of extractor '${tap.plugin.name}' and is relative to the project's folder.`,
      cause: error,
    });
  }
  emit({ type: 'log', level: 'info', message: `Using custom catalog in ${file}` });
  return parseFor(tap, text, file);
}

function parseFor(tap: ResolvedPlugin, text: string, file: string | undefined): Catalog {
  try {
    return parseCatalog(text);
  } catch (error) {
    if (!(error instanceof TaplineError)) throw error;
    const origin = file === undefined ? `output of ${tap.plugin.name} --discover` : file;
    throw new TaplineError('CATALOG_INVALID', `${error.message} (${origin})`, {
      hint: error.hint,
      at: tap.plugin.at,
      data: { ...error.data, plugin: tap.plugin.name },
      cause: error,
    });
  }
}

function rulesOf(tap: ResolvedPlugin): CatalogRules {
  const { extras } = tap;
  return {
    select: textsOf(extras.select),
    metadata: mapOf(extras.metadata),
    schema: mapOf(extras.schema),
    selectFilter: textsOf(extras.select_filter),
    customCatalog: customCatalog(tap) !== undefined,
  };
}

function textsOf(value: unknown): string[] | undefined {
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? value.map(String) : undefined;
}

function mapOf(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}

/** A tap that takes a catalog selects streams by it, so without one the selection would have no effect. As in Meltano 4.4.1. */
function catalogMissing(tap: ResolvedPlugin): TaplineError {
  return new TaplineError(
    'CATALOG_MISSING',
    `no catalog for '${tap.plugin.name}': it does not declare the capability \`discover\``,
    {
      at: tap.plugin.at,
      hint: 'Add the capability `discover` if the tap supports it, or name a file with the extra `catalog`. Without the capability `catalog` it runs without one.',
      data: { plugin: tap.plugin.name },
    },
  );
}

function catalogIgnored(tap: ResolvedPlugin) {
  return {
    type: 'warning',
    code: 'CATALOG_IGNORED',
    message: `A catalog file was found, but it will be ignored as ${tap.plugin.name} does not advertise the \`catalog\` or \`properties\` capability`,
  } as const;
}
