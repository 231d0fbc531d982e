import type { Command } from 'commander';
import { installMode } from '../../actions/install-mode.js';
import { logEvents } from '../../actions/log-events.js';
import { exactJson } from '../../exact-json.js';
import { printable } from '../../observe/log-format.js';
import type { OptionsOf } from '../../option-definition.js';
import type { StreamPreview } from '../../run/alone/preview.js';
import type { CommandContext } from '../context.js';
import { installChoice } from '../install-choice.js';
import { addOptions, examples } from '../options/commander.js';
import { databaseUri, described, installDefinitions, limit, textOrJson } from '../options/common.js';
import type { Output } from '../output.js';
import { table } from '../table.js';

const options = {
  ...described(limit, 'number of records of each stream to show'),
  ...textOrJson,
  ...installDefinitions,
  ...databaseUri,
} as const;
type Options = OptionsOf<typeof options>;

export function preview(command: Command, { open, output }: CommandContext): Command {
  addOptions(command, options);
  command
    .argument('<extractor>')
    .argument('[streams...]', 'names or patterns; the first ten selected streams if omitted');
  return command
    .addHelpText(
      'after',
      `${examples('tapline preview tap-github issues', "tapline preview tap-shop 'order*' --limit 3", 'tapline preview tap-shop --format json')}

The tap starts without a state, once for each stream, and is stopped at the limit. Nothing is loaded or saved; data is not masked.`,
    )
    .action(async (extractor: string, streams: string[], options: Options) => {
      const session = await open({ policy: 'default', access: 'read', databaseUri: options.databaseUri });
      await session.fetchMissingLocks([extractor]);
      const plugin = (await session.plugins()).get(extractor, 'extractors');
      const log = await session.log();
      const install = await installMode(installChoice(options), session);
      const { previewTap } = await import('../../run/alone/preview.js');
      const request = { plugin, streams, limit: options.limit, install };
      const found = await previewTap(request, await session.world(), [await logEvents(log)]);
      if (found === 'installed') return;
      if (options.format === 'json')
        output.json({ extractor, streams: found.streams.map(jsonOf), left_out: found.leftOut });
      else print(found.streams, output);
      if (found.streams.length === 0) log.warning(`'${extractor}' sent no stream`);
      if (found.leftOut.length > 0) {
        log.warning(`${found.leftOut.length} more selected streams are not shown; name those that you want to see`);
      }
    });
}

function jsonOf({ stream, columns, records, isWhole }: StreamPreview): Record<string, unknown> {
  return { stream, columns, records, is_whole: isWhole };
}

function print(streams: readonly StreamPreview[], output: Output): void {
  for (const [index, preview] of streams.entries()) {
    if (index > 0) output.line('');
    output.line(title(preview));
    if (preview.records.length > 0) output.line(rowsText(preview, output));
  }
}

function title({ stream, records, isWhole }: StreamPreview): string {
  const count = `${records.length} ${records.length === 1 ? 'record' : 'records'}`;
  if (records.length === 0) return `${printable(stream, false)}: no records`;
  return `${printable(stream, false)}: ${isWhole ? `all ${count}` : `first ${count}`}`;
}

/** A table; one line a value if the terminal is too narrow for it. */
function rowsText({ columns, records }: StreamPreview, output: Output): string {
  const rows = records.map((record) => columns.map((name) => cell(record[name])));
  const heads = columns.map((name) => cell(name));
  const text = table(heads, rows, 'as written');
  const width = Math.max(...text.split('\n').map((line) => line.length));
  if (!output.isTTY || width <= output.columns) return text;
  const margin = Math.max(...heads.map((head) => head.length));
  return rows
    .map((row) => row.map((value, at) => `${(heads[at] ?? '').padEnd(margin)}  ${value}`).join('\n'))
    .join('\n\n');
}

const maxCellLength = 40;

function cell(value: unknown): string {
  if (value === undefined) return '';
  const text = printable(typeof value === 'string' ? value : exactJson(value), false).replace(/\n\s*/g, ' ');
  const letters = [...text];
  return letters.length > maxCellLength ? `${letters.slice(0, maxCellLength - 1).join('')}…` : text;
}
