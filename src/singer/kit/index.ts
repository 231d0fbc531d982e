/**
 * Taps of one's own, in TypeScript or JavaScript: say which streams there are and how their records are read; arguments,
 * discovery, selection, state, checkpoints and signals are done here.
 *
 *     import { defineTap, runTap } from 'tapline/singer';
 *     await runTap(defineTap({ name: 'tap-x', streams: () => [{ name: 'x', schema, read }] }));
 */
export type { Catalog, CatalogMetadata, CatalogStream } from '../catalog.js';
export { Decimal, exactJson, parseExactJson } from '../exact-json.js';
export type { JsonMap } from '../messages.js';
export { type BookmarkValue, compareBookmarks } from './bookmark-value.js';
export { log, PluginError, type PluginLog, readState } from './plugin-process.js';
export type { Projection } from './projection.js';
export type { SelectedStream } from './selected-stream.js';
export { SingerOutput } from './singer-output.js';
export { defineTap, type ReadRequest, type TapDefinition, type TapStream } from './stream-tap.js';
export { runTap, type Tap, type TapRun } from './tap-kit.js';
export { type TimePartition, timePartitions } from './time-partitions.js';
export { type TapInput, type TapMessage, type TapResult, tryTap } from './try-tap.js';
