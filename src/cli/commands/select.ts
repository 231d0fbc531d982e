import type { Command } from 'commander';
import { editTarget } from '../../actions/config/edit-target.js';
import type { OptionsOf } from '../../option-definition.js';
import { takesCatalog, unsupportedSelection } from '../../settings/unsupported-selection.js';
import type { CommandContext } from '../context.js';
import { installChoice } from '../install-choice.js';
import { addOptions, examples } from '../options/commander.js';
import { databaseUri, installDefinitions } from '../options/common.js';
import { selectDefinitions } from '../options/project.js';
import { catalogRefresh } from '../options/run.js';

const options = { ...selectDefinitions, ...catalogRefresh, ...installDefinitions, ...databaseUri } as const;
type Options = OptionsOf<typeof options>;

interface Words {
  extractor: string;
  stream: string;
  property: string;
}

export function select(command: Command, context: CommandContext): Command {
  addOptions(command, options);
  command
    .argument('<extractor>')
    .argument('[stream]', 'a name or a pattern such as orders_*', '*')
    .argument('[property]', 'a name or a pattern; address.city for a nested one', '*');
  return command
    .addHelpText(
      'after',
      `${examples(
        'tapline select tap-github --list --all',
        "tapline select tap-github issues '*'",
        'tapline select tap-github --exclude issues body',
        'tapline --environment=dev select tap-github --rm issues title',
        'tapline select tap-github --explain issues body',
      )}

Writes patterns to the extractor's \`select\`, or to the environment selected with --environment.`,
    )
    .action(async (extractor: string, stream: string, property: string, options: Options) => {
      const words = { extractor, stream, property };
      if (options.clear || !(options.list || options.json || options.explain)) await edit(words, options, context);
      else await show(words, options, context);
    });
}

async function edit({ extractor, stream, property }: Words, options: Options, { open }: CommandContext): Promise<void> {
  const session = await open({ policy: 'explicit', access: 'read', databaseUri: options.databaseUri });
  await session.fetchMissingLocks([extractor]);
  const target = await editTarget(session, extractor, 'extractors');
  const { addPattern, clearPatterns, removePattern } = await import('../../settings/edit-select.js');
  const log = await session.log();
  const pattern = `${options.exclude ? '!' : ''}${stream}.${property}`;
  if (options.clear) await clearPatterns(target);
  else if (options.rm || options.remove) {
    const { isEmpty } = await removePattern(target, pattern);
    if (isEmpty) {
      log.warning(`\`select\` of '${extractor}' is now empty, so nothing is selected`, {
        hint: `To return to its default: tapline select ${extractor} --clear`,
      });
    }
  } else await addPattern(target, pattern);
  const { plugin } = target;
  if (plugin !== undefined && !takesCatalog(plugin) && !options.clear) {
    const { message, hint } = unsupportedSelection(plugin, 'select', undefined);
    log.warning(message, { hint });
  }
  const { layer, variable } = target.settings.get('_select')?.origin ?? { layer: 'unset' };
  if (layer === 'env' || layer === 'dotenv')
    log.warning(`\`select\` is still set by the variable ${variable}, which takes precedence`);
}

async function show(words: Words, options: Options, { open, output, env }: CommandContext): Promise<void> {
  const session = await open({ policy: 'explicit', access: 'read', databaseUri: options.databaseUri });
  const refreshCatalog = options.refreshCatalog ?? options.refresh;
  const { readSelection } = await import('../../actions/config/selection.js');
  const loaded = await readSelection(session, words.extractor, { install: installChoice(options), refreshCatalog });
  if (loaded === undefined) return;
  const lists = await import('../selection-list.js');
  const { stream, property } = words;
  const wanted = { stream, property, all: options.all === true };
  if (options.explain && options.json) output.json(lists.explanationEntry(loaded, wanted));
  else if (options.explain) output.text(lists.explanationText(loaded, wanted));
  else if (options.json) output.json(lists.selectionEntry(loaded, wanted));
  else output.text(lists.selectionText(loaded, wanted, { isTTY: output.isTTY, env }));
}
