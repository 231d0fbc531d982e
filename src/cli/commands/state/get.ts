import type { Command } from 'commander';
import { readState } from '../../../actions/state/read.js';
import type { OptionsOf } from '../../../option-definition.js';
import { bookmarksOf } from '../../../singer/bookmarks.js';
import { exactJson } from '../../../singer/exact-json.js';
import { contextText, partitionsOf } from '../../../singer/partitions.js';
import type { SingerState } from '../../../state/port.js';
import type { CommandContext } from '../../context.js';
import { addOptions, examples } from '../../options/commander.js';
import { databaseUri } from '../../options/common.js';
import { byStream } from '../../options/stores.js';
import { openForState } from './open-for-state.js';

const options = {
  format: {
    kind: 'choice',
    name: 'format',
    value: 'format',
    choices: ['json', 'pretty'],
    help: 'output format (default: "json")',
  },
  ...byStream,
  ...databaseUri,
} as const;
type Options = OptionsOf<typeof options>;

export function stateGet(command: Command, context: CommandContext): Command {
  addOptions(command, options);
  return command
    .argument('<state-id>')
    .addHelpText(
      'after',
      examples(
        'tapline state get dev:tap-github-to-target-postgres > state.json',
        'tapline state get dev:tap-github-to-target-postgres --by-stream',
      ),
    )
    .action(async (stateId: string, { format, byStream, databaseUri }: Options) => {
      const session = await openForState(context, stateId, { access: 'read', databaseUri });
      const merged = await readState(session, stateId);
      const indent = format === 'pretty' ? 2 : undefined;
      if (!byStream) return context.output.line(exactJson(merged, indent));
      if (format !== undefined)
        return context.output.line(exactJson(streamsEntry(stateId, merged.singer_state), indent));
      for (const line of streamLines(merged.singer_state)) context.output.line(line);
    });
}

/** Lines of stream, partition (if there are any) and bookmark. */
function streamLines(state: SingerState | undefined): string[] {
  const rows = bookmarksOf(state ?? {}).flatMap(({ stream, value }) => {
    const { partitions, rest } = partitionsOf(value);
    const own = rest === undefined ? [] : [{ stream, partition: '', value: rest }];
    const parts = partitions.map((each) => ({ stream, partition: contextText(each.context), value: each.value }));
    return [...own, ...parts];
  });
  const widthOf = (name: 'stream' | 'partition') => Math.max(0, ...rows.map((row) => row[name].length));
  const [streams, partitions] = [widthOf('stream'), widthOf('partition')];
  return rows.map(({ stream, partition, value }) => {
    const place = partitions === 0 ? [] : [partition.padEnd(partitions)];
    return [stream.padEnd(streams), ...place, exactJson(value)].join('  ');
  });
}

/** See schemas/output-state-get-by-stream.schema.json. */
function streamsEntry(stateId: string, state: SingerState | undefined): Record<string, unknown> {
  const streams = bookmarksOf(state ?? {}).map(({ stream, value }) => {
    const { partitions } = partitionsOf(value);
    const parts = partitions.map(({ context, value: bookmark }) => ({ context, bookmark }));
    return { stream, bookmark: value, ...(parts.length === 0 ? {} : { partitions: parts }) };
  });
  return { state_id: stateId, streams };
}
