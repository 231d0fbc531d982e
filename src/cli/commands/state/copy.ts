import type { Command } from 'commander';
import { copyState } from '../../../actions/state/edit.js';
import { TaplineError } from '../../../errors.js';
import type { OptionsOf } from '../../../option-definition.js';
import type { CommandContext } from '../../context.js';
import { addOptions, examples } from '../../options/commander.js';
import { databaseUri, described, force } from '../../options/common.js';
import { copyTarget, pattern } from '../../options/stores.js';
import { openForState, stamp } from './open-for-state.js';

const options = {
  ...copyTarget,
  pattern: { ...pattern.pattern, help: 'with --to, only state IDs that match; `*` stands for any text' },
  ...described(force, 'do not ask; with --to, replace states there that differ'),
  ...databaseUri,
} as const;
type Options = OptionsOf<typeof options>;

export function stateCopy(command: Command, context: CommandContext): Command {
  addOptions(command, options);
  return command
    .argument('[state-ids...]', 'the state ID to copy and the one to copy it to; with --to all that are to be copied')
    .addHelpText(
      'after',
      `${examples(
        'tapline state copy dev:tap-x-to-target-y prod:tap-x-to-target-y',
        'tapline state copy --to s3://bucket/prefix',
        "tapline state copy --to postgresql://me@host/db --pattern 'prod:*'",
      )}

With --to, copies all states (or those named, or those that match) to another backend under the same IDs, and prints the
copied IDs. Nothing is removed from either backend.`,
    )
    .action((stateIds: string[], options: Options) => {
      const { to } = options;
      return to === undefined
        ? copyToId(context, stateIds, options)
        : copyToBackend(context, stateIds, { ...options, to });
    });
}

async function copyToId(
  context: CommandContext,
  stateIds: readonly string[],
  { force, pattern, databaseUri }: Options,
): Promise<void> {
  const [from, to] = stateIds;
  if (from === undefined || to === undefined || stateIds.length > 2 || pattern !== undefined) {
    throw new TaplineError('USAGE', 'expected two state IDs: the one to copy, and the one to copy it to', {
      hint: 'To copy states to another state backend, use `tapline state copy --to URI`.',
    });
  }
  if (!force) await context.confirm('This will overwrite state for the destination. Continue?');
  const session = await openForState(context, from, { access: 'write', databaseUri });
  await copyState(session, from, to, { force });
  (await session.log()).info(`State for ${to} was successfully copied from ${from} at ${stamp()}.`);
}

async function copyToBackend(
  { open, output }: CommandContext,
  stateIds: readonly string[],
  { to: uri, pattern, force, databaseUri }: Options & { to: string },
): Promise<void> {
  const session = await open({ policy: 'explicit', access: 'write', databaseUri });
  const { transferStates } = await import('../../../actions/state/transfer.js');
  const onCopied = (stateId: string) => output.line(stateId);
  const result = await transferStates(session, uri, { stateIds, pattern, force: force === true, onCopied });
  const { location, copied, same, differing, unreadable } = result;
  const log = await session.log();
  log.info(`Copied ${copied.length} state(s) to ${location}; ${same.length} already there.`);
  if (differing.length > 0) {
    throw new TaplineError('STATE_NOT_SAVED', `${location} has different states for: ${differing.join(', ')}`, {
      hint: 'They were not changed. Use `--force` to replace them; their versions are kept.',
      data: { stateIds: differing },
    });
  }
  if (unreadable.length > 0) {
    throw new TaplineError('STATE_UNREADABLE', `unreadable states were not copied: ${unreadable.join(', ')}`, {
      hint: '`tapline state get ID` tells what is wrong with each of them.',
      data: { stateIds: unreadable },
    });
  }
}
