import { hasCode } from '../../../errors.js';
import type { Hub } from '../../../install/hub/types.js';
import type { CommandContext } from '../../context.js';

/** The hub of the project or, outside a project, the one that variables name. Callers must call `close`. */
export async function hubOf({ open, env }: CommandContext): Promise<{ hub: Hub; close: () => Promise<void> }> {
  try {
    const session = await open({ policy: 'default', access: 'read' });
    return { hub: await session.hub(), close: async () => undefined };
  } catch (error) {
    if (!hasCode(error, 'PROJECT_NOT_FOUND')) throw error;
    const { openHub } = await import('../../../install/hub/open-hub.js');
    const hub = openHub({
      hubUrl: env.MELTANO_HUB_URL || 'https://hub.meltano.com',
      hubApiRoot: env.MELTANO_HUB_API_ROOT || undefined,
      hubUrlAuth: env.MELTANO_HUB_URL_AUTH || undefined,
      base: process.cwd(),
      version: '0',
      env,
    });
    return { hub, close: () => hub.close() };
  }
}
