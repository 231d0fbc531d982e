import { Writable } from 'node:stream';
import { type Catalog, parseCatalog } from '../catalog.js';
import { exactJson, parseExactJson } from '../exact-json.js';
import type { JsonMap } from '../messages.js';
import { selectedStreams } from './selected-stream.js';
import { SingerOutput } from './singer-output.js';
import type { Tap } from './tap-kit.js';

export interface TapInput {
  config?: JsonMap;
  state?: JsonMap;
  /** With selection, as a runner passes it. Default: a discovery, of which all is read. */
  catalog?: Catalog;
  /** Stops the tap as a signal would. */
  stop?: AbortSignal;
}

export type TapMessage = JsonMap & { type: string };

export interface TapResult {
  /** All messages, in order. */
  messages: TapMessage[];
  /** The value of the last STATE. */
  state: JsonMap | undefined;
  records(stream: string): JsonMap[];
}

/** Runs a tap in this process, for its tests. Rejects with what the tap throws. */
export async function tryTap(tap: Tap, { config = {}, state = {}, catalog, stop }: TapInput = {}): Promise<TapResult> {
  const signal = stop ?? new AbortController().signal;
  const text: string[] = [];
  const out = new SingerOutput(
    new Writable({
      decodeStrings: false,
      write: (chunk: string, _encoding, done) => {
        text.push(chunk);
        done();
      },
    }),
  );
  // Copied, since a program gets files: what it does to them is not seen here.
  const given = parseCatalog(exactJson(catalog ?? (await tap.discover(config, signal))));
  const streams = selectedStreams(given, catalog === undefined);
  await tap.sync({ config, streams, state: parseExactJson(exactJson(state)) as JsonMap, out, stop: signal });
  await out.flush();
  const lines = text.join('').split('\n').slice(0, -1);
  const messages = lines.map((line) => parseExactJson(line) as TapMessage);
  return {
    messages,
    state: messages.findLast(({ type }) => type === 'STATE')?.value as JsonMap | undefined,
    records: (name) =>
      messages
        .filter(({ type, stream }) => type === 'RECORD' && stream === name)
        .map(({ record }) => record as JsonMap),
  };
}
