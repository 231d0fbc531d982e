/** Partitions of a tap's data other than a range of time: `region=eu,us`; several are combined, each with each. */
import { TaplineError } from '../../errors.js';
import { maxWindows, tooMany } from './windows.js';

/** One value for each name, in the order of the names. */
export type Partition = Readonly<Record<string, string>>;

/** Throws WINDOW_INVALID for what is not `name=value,value`. */
export function readPartitions(texts: readonly string[]): Partition[] {
  const values = new Map<string, Set<string>>();
  for (const text of texts) {
    const [, name = '', list = ''] = /^([^=]*)=(.*)$/s.exec(text) ?? [];
    const found = list.split(',').map((value) => value.trim());
    if (name.trim() === '' || found.includes('')) {
      throw new TaplineError('WINDOW_INVALID', `--partition is '${text}', which is not a name with values.`, {
        hint: 'For example `--partition region=eu,us,apac`.',
      });
    }
    values.set(name.trim(), new Set([...(values.get(name.trim()) ?? []), ...found]));
  }
  let partitions: Partition[] = [{}];
  for (const name of [...values.keys()].sort()) {
    const own = [...(values.get(name) ?? [])];
    if (partitions.length * own.length > maxWindows) throw tooMany();
    partitions = partitions.flatMap((partition) => own.map((value) => ({ ...partition, [name]: value })));
  }
  return partitions;
}

/** `region=eu&tier=1`; empty where there is none. */
export function partitionText(partition: Partition): string {
  return Object.entries(partition)
    .map((pair) => pair.map(encodeURIComponent).join('='))
    .join('&');
}
