/** Tables for people: aligned columns without lines. */
import Table from 'cli-table3';

const none = '';
const noLines = {
  top: none,
  'top-mid': none,
  'top-left': none,
  'top-right': none,
  bottom: none,
  'bottom-mid': none,
  'bottom-left': none,
  'bottom-right': none,
  left: none,
  'left-mid': none,
  mid: none,
  'mid-mid': none,
  right: none,
  'right-mid': none,
  middle: '  ',
};

/** The rows under their headers; blanks at line ends are taken off. */
export function table(
  headers: readonly string[],
  rows: readonly (readonly string[])[],
  letters: 'capitals' | 'as written' = 'capitals',
): string {
  const drawn = new Table({
    head: letters === 'capitals' ? headers.map((header) => header.toUpperCase()) : [...headers],
    chars: noLines,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0, compact: true },
  });
  for (const row of rows) drawn.push([...row]);
  return drawn
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** Local time to the second, for tables; JSON has UTC. */
export function localTime(time: Date | undefined): string {
  return time === undefined ? '' : time.toLocaleString('sv-SE');
}
