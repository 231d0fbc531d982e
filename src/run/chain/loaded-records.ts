import { LoadCredit } from '../../singer/credit.js';

/** Loaded records in total and by stream, in the order in which the streams appeared. */
interface Counts {
  records: number;
  byStream: readonly number[];
}

type StreamCounts = Iterable<{ records: number }>;

/** With more streams than this, counts by stream are known only at a clean end: otherwise each STATE would store all of them. */
const maxStreams = 200;

/** Counts the records that are loaded, see `LoadCredit`: all of them once the target has ended well. */
export class LoadedRecords {
  records = 0;
  byStream: readonly number[] = [];
  readonly #credit = new LoadCredit<Counts>();

  /** Called when a STATE goes to the target. */
  pass(state: unknown, records: number, streams: ReadonlyMap<string, { records: number }>): void {
    const byStream = streams.size > maxStreams ? this.byStream : numbersOf(streams.values());
    this.#credit.remember(state, { records, byStream });
  }

  /** Called when the target prints a state. */
  print(state: unknown): void {
    const counts = this.#credit.credit(state);
    if (counts === undefined) return;
    this.records = counts.records;
    this.byStream = counts.byStream;
  }

  /** Called when the target has ended well, so that everything it was given is loaded. */
  all(records: number, streams: StreamCounts): void {
    this.records = records;
    this.byStream = numbersOf(streams);
  }
}

function numbersOf(streams: StreamCounts): number[] {
  return Array.from(streams, (stream) => stream.records);
}
