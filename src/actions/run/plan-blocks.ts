/** Plans words without running them. */
import { planWords } from '../../plan/plan.js';
import type { BlockOptions, Plan } from '../../plan/types.js';
import type { Session } from '../../session/session.js';

/** Plans the words of a command line in this project. */
export async function planBlocks(words: readonly string[], options: BlockOptions, session: Session): Promise<Plan> {
  const { project } = session;
  const [plugins, settings] = [await session.plugins(), await session.settings()];
  return planWords(words, {
    project,
    plugins,
    options,
    expandSuffix: settings.stateIdSuffix,
    expandEnv: (text) => settings.expand(text, settings.environmentEnv()),
  });
}

export async function warnAbout({ warnings = [] }: Plan, session: Session): Promise<void> {
  if (warnings.length === 0) return;
  const log = await session.log();
  for (const { code, message, hint, at } of warnings) log.warning(message, { code, hint, at });
}
