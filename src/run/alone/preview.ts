import { didYouMean } from '../../did-you-mean.js';
import { TaplineError } from '../../errors.js';
import { parseExactJson } from '../../exact-json.js';
import type { Plugin } from '../../plugins/types.js';
import { defaultScannerLimits } from '../../singer/line-scanner.js';
import { Lines } from '../../singer/lines.js';
import { isRead, listSelection } from '../../singer/selection.js';
import { isMap } from '../../values.js';
import { processFailure } from '../chain/verdict.js';
import type { RunSubscriber } from '../events.js';
import { installPlugins } from '../install-plugins.js';
import { resolvePlugin } from '../plugin-process.js';
import { startChild } from '../process/child.js';
import { SharedDiscovery } from '../tap/discovery.js';
import { selectsStream } from '../tap/selected-streams.js';
import { prepareTapCatalog, setUpTap } from '../tap/tap-setup.js';
import type { RunOptions, World } from '../types.js';
import { follow } from './follow.js';
import { runAlone, type Workspace, withWorkspace } from './workspace.js';

/** If none is named, this many streams are shown. */
const maxUnnamedStreams = 10;

export interface PreviewRequest {
  plugin: Plugin;
  /** Names or patterns; empty for all selected ones. */
  streams: readonly string[];
  /** Records of each stream, 1 or more. */
  limit: number;
  install: NonNullable<RunOptions['install']>;
}

export interface StreamPreview {
  stream: string;
  /** Property names in the order of the schema. */
  columns: string[];
  records: Record<string, unknown>[];
  /** Whether these are all: the tap ended before the limit was reached. */
  isWhole: boolean;
}

export interface Preview {
  streams: StreamPreview[];
  /** Selected streams that were left out, since none was named. */
  leftOut: string[];
}

/**
 * The first records of streams, as the tap would send them to a loader that has no state. The tap is started for one stream after the
 * other and stopped at the limit; nothing is saved. `installed` if the caller only wanted that. Throws what a run of the tap would,
 * and STREAM_UNKNOWN.
 */
export function previewTap(
  request: PreviewRequest,
  world: World,
  subscribers: readonly RunSubscriber[],
): Promise<Preview | 'installed'> {
  const { plugin, install } = request;
  return runAlone(world, subscribers, async (alone) => {
    await installPlugins([plugin], install, alone);
    if (install === 'only') return 'installed';
    const discovery = new SharedDiscovery();
    const chosen = await withWorkspace(alone, (workspace) => chosenStreams(request, { ...workspace, discovery }));
    // A tap that takes no catalog sends all it has.
    const streams = chosen?.slice(0, request.streams.length > 0 ? undefined : maxUnnamedStreams) ?? [undefined];
    const previews: StreamPreview[] = [];
    for (const stream of streams) {
      previews.push(
        ...(await withWorkspace(alone, (workspace) => readRows(request, stream, { ...workspace, discovery }))),
      );
    }
    return { streams: previews, leftOut: (chosen ?? []).slice(streams.length).map(({ id }) => id) };
  });
}

/** As the catalog knows a stream, and as the tap's messages may name it. */
interface ChosenStream {
  id: string;
  name: string;
}

type SharedWorkspace = Workspace & { discovery: SharedDiscovery };

/** The selected streams; undefined if the tap takes no catalog. */
async function chosenStreams(
  { plugin, streams }: PreviewRequest,
  workspace: SharedWorkspace,
): Promise<ChosenStream[] | undefined> {
  const tap = resolvePlugin(workspace.world, plugin, {}, workspace.emit);
  const prepared = await prepareTapCatalog(tap, { ...workspace, state: undefined, refreshCatalog: false });
  if (prepared === undefined) return undefined;
  const listed = listSelection(prepared.catalog);
  const selected = [...new Set(listed.filter(({ selection }) => isRead(selection)).map(({ stream }) => stream))];
  for (const pattern of streams) {
    if (!selected.some(selectsStream([pattern]))) throw unknownStream(plugin, pattern, selected);
  }
  const names = new Map(prepared.catalog.streams.map(({ tap_stream_id: id, stream }) => [id, stream]));
  return selected.filter(selectsStream(streams)).map((id) => ({ id, name: String(names.get(id) ?? id) }));
}

function unknownStream(plugin: Plugin, pattern: string, selected: readonly string[]): TaplineError {
  return new TaplineError('STREAM_UNKNOWN', `'${plugin.name}' has no selected stream '${pattern}'`, {
    at: plugin.at,
    hint: didYouMean(pattern, selected) ?? `\`tapline select ${plugin.name} --list --all\` shows what it has.`,
  });
}

async function readRows(
  { plugin, streams, limit }: PreviewRequest,
  chosen: ChosenStream | undefined,
  workspace: SharedWorkspace,
): Promise<StreamPreview[]> {
  const { world, emit } = workspace;
  const overrides = chosen === undefined ? undefined : { _select_filter: [chosen.id] };
  const tap = resolvePlugin(world, plugin, { overrides }, emit);
  const spec = await setUpTap(tap, { ...workspace, state: undefined, refreshCatalog: false });
  const child = await startChild(spec, ['ignore', 'pipe', 'pipe']);
  const isChosen = (stream: string) => stream === chosen?.id || stream === chosen?.name;
  const rows = new FirstRows(limit, chosen === undefined ? selectsStream(streams) : isChosen);
  let isEnough = false;
  const lines = new Lines({ onLine: (line) => rows.take(line) }, defaultScannerLimits.message);
  await follow(child, workspace, {
    task: 'preview',
    onOutput: (chunk, end) => {
      if (isEnough) return;
      lines.feed(chunk);
      isEnough = rows.isFull(chosen === undefined ? Math.max(1, streams.length) : 1);
      if (isEnough) end();
    },
  });
  const { exit = { code: null, signal: null }, lastLines, cause } = child;
  if (!isEnough && exit.code !== 0) {
    throw processFailure([{ role: 'tap', plugin: plugin.name, exit, lastLines, cause, consequence: false }]);
  }
  if (!isEnough) lines.finish();
  return rows.previews(!isEnough);
}

/** The first records of each stream, and the columns that its schema names. */
class FirstRows {
  readonly #found = new Map<string, { columns: Set<string>; records: Record<string, unknown>[] }>();
  readonly #limit: number;
  readonly #isWanted: (stream: string) => boolean;

  constructor(limit: number, isWanted: (stream: string) => boolean) {
    this.#limit = limit;
    this.#isWanted = isWanted;
  }

  take(line: Buffer): void {
    const message = readMessage(line);
    const stream = message?.stream;
    if (message === undefined || typeof stream !== 'string' || !this.#isWanted(stream)) return;
    const found = this.#found.get(stream) ?? { columns: new Set(), records: [] };
    this.#found.set(stream, found);
    if (message.type === 'SCHEMA' && isMap(message.schema) && isMap(message.schema.properties)) {
      for (const name of Object.keys(message.schema.properties)) found.columns.add(name);
    }
    if (message.type !== 'RECORD' || !isMap(message.record) || found.records.length >= this.#limit) return;
    for (const name of Object.keys(message.record)) found.columns.add(name);
    found.records.push(message.record);
  }

  /** Whether this number of streams have all the rows that are wanted. */
  isFull(streams: number): boolean {
    const full = [...this.#found.values()].filter(({ records }) => records.length >= this.#limit);
    return full.length >= streams;
  }

  previews(hasEnded: boolean): StreamPreview[] {
    return [...this.#found].map(([stream, { columns, records }]) => ({
      stream,
      columns: [...columns],
      records,
      isWhole: hasEnded && records.length < this.#limit,
    }));
  }
}

function readMessage(line: Buffer): Record<string, unknown> | undefined {
  try {
    const value = parseExactJson(line.toString('utf8'));
    return isMap(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
