import { readFileSync } from 'node:fs';
import { type Catalog, parseCatalog } from '../catalog.js';
import { exactJson } from '../exact-json.js';
import type { JsonMap } from '../messages.js';
import {
  PluginError,
  parsePluginArguments,
  readJsonMap,
  readState,
  reasonOf,
  runPluginProcess,
} from './plugin-process.js';
import { type SelectedStream, selectedStreams } from './selected-stream.js';
import { SingerOutput } from './singer-output.js';

/** Writes a tap in TypeScript: say what there is (`discover`) and read it (`sync`); the rest is here. */
export interface Tap {
  name: string;
  discover(config: JsonMap, stop: AbortSignal): Promise<Catalog>;
  /**
   * Emits schemas, records and states. `stop` is a signal from the runner: end the row at hand, emit the state of
   * what is complete, and return.
   */
  sync(run: TapRun): Promise<void>;
}

export interface TapRun {
  config: JsonMap;
  /** The selected streams of the given catalog; of a discovery, where none was given. */
  streams: SelectedStream[];
  state: JsonMap;
  out: SingerOutput;
  stop: AbortSignal;
}

/** Runs a tap as the program that it is: arguments, files, signals, exit code. */
export function runTap(tap: Tap, args: readonly string[] = process.argv.slice(2)): Promise<void> {
  return runPluginProcess(tap.name, async (stop) => {
    const given = parsePluginArguments(args);
    const config = readJsonMap(given.config, 'config file');
    const out = new SingerOutput(process.stdout);
    if (given.discover) {
      // There is nothing to keep of half a discovery.
      stop.addEventListener('abort', () => process.exit(143));
      await out.line(exactJson(await tap.discover(config, stop), 2));
    } else {
      const catalog = given.catalog === undefined ? undefined : readCatalog(given.catalog);
      const state = readState(given.state);
      const streams = selectedStreams(catalog ?? (await tap.discover(config, stop)), catalog === undefined);
      await tap.sync({ config, streams, state, out, stop });
    }
    await out.flush();
  });
}

function readCatalog(file: string): Catalog {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new PluginError(`The catalog ${file} can't be read: ${reasonOf(error)}.`);
  }
  try {
    return parseCatalog(text);
  } catch (error) {
    throw new PluginError(`${file}: ${(error as Error).message}`);
  }
}
