import type { Command } from 'commander';
import picocolors from 'picocolors';
import { diffVersions, type StatePoint } from '../../../actions/state/versions.js';
import { hasColors } from '../../../observe/colors.js';
import type { OptionsOf } from '../../../option-definition.js';
import { exactJson } from '../../../singer/exact-json.js';
import type { StateChange } from '../../../singer/state-diff.js';
import type { CommandContext } from '../../context.js';
import { addOptions, examples, wholeNumber } from '../../options/commander.js';
import { databaseUri, textOrJson } from '../../options/common.js';
import { openForState } from './open-for-state.js';

const options = { ...textOrJson, ...databaseUri } as const;
type Options = OptionsOf<typeof options>;

export function stateDiff(command: Command, context: CommandContext): Command {
  addOptions(command, options);
  return command
    .argument('<state-id>')
    .argument('[from]', 'a version; the last one before the present where it is left out', wholeNumber(0))
    .argument('[to]', 'a version; the present where it is left out', wholeNumber(0))
    .addHelpText(
      'after',
      `${examples('tapline state diff dev:tap-x-to-target-y', 'tapline state diff dev:tap-x-to-target-y 3 7')}

\`tapline state history\` shows the versions.`,
    )
    .action(async (stateId: string, from: number | undefined, to: number | undefined, options: Options) => {
      const session = await openForState(context, stateId, { access: 'read', databaseUri: options.databaseUri });
      const { before, after, changes } = await diffVersions(session, stateId, { from, to });
      const { output, env } = context;
      if (options.format === 'json') return output.line(exactJson(entryOf(stateId, before, after, changes), 2));
      const title = `${stateId}: version ${before.version} → ${after.version === undefined ? 'now' : `version ${after.version}`}`;
      output.line([title, ...changeLines(changes, hasColors(output, env))].join('\n'));
    });
}

/** See schemas/output-state-diff.schema.json. */
function entryOf(stateId: string, before: StatePoint, after: StatePoint, changes: readonly StateChange[]) {
  return {
    state_id: stateId,
    from_version: before.version,
    to_version: after.version ?? null,
    changes: changes.map(({ stream, change, before: old, after: now }) => ({
      stream: stream ?? null,
      change,
      before: old ?? null,
      after: now ?? null,
    })),
  };
}

function changeLines(changes: readonly StateChange[], colors: boolean): string[] {
  if (changes.length === 0) return ['  no differences'];
  const paint = picocolors.createColors(colors);
  return changes.flatMap(({ stream, before, after }) => [
    `  ${stream ?? '(other)'}`,
    ...(before === undefined ? [] : [paint.red(`  - ${exactJson(before)}`)]),
    ...(after === undefined ? [] : [paint.green(`  + ${exactJson(after)}`)]),
  ]);
}
