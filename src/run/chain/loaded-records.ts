import { LoadCredit } from '../../singer/credit.js';

/** Records that are loaded, and the same by stream, in the order in which the streams were met. */
interface Counts {
  records: number;
  byStream: readonly number[];
}

type StreamCounts = Iterable<{ records: number }>;

/** With more streams than this, counts by stream are known at a clean end only: each STATE would remember them all. */
const mostStreams = 200;

/** Which records are loaded, see `LoadCredit`; all of them once the target has ended well. */
export class LoadedRecords {
  records = 0;
  byStream: readonly number[] = [];
  readonly #credit = new LoadCredit<Counts>();

  /** A STATE goes to the target. */
  pass(state: unknown, records: number, streams: ReadonlyMap<string, { records: number }>): void {
    const byStream = streams.size > mostStreams ? this.byStream : numbersOf(streams.values());
    this.#credit.remember(state, { records, byStream });
  }

  /** The target has printed a state. */
  print(state: unknown): void {
    const counts = this.#credit.credit(state);
    if (counts === undefined) return;
    this.records = counts.records;
    this.byStream = counts.byStream;
  }

  /** The target has ended well, so all that it was given is loaded. */
  all(records: number, streams: StreamCounts): void {
    this.records = records;
    this.byStream = numbersOf(streams);
  }
}

function numbersOf(streams: StreamCounts): number[] {
  return Array.from(streams, (stream) => stream.records);
}
