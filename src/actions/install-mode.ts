import type { Session } from '../session/session.js';

/** `auto` installs what is missing, `only` does nothing else. */
export type InstallMode = 'auto' | 'skip' | 'only';

/** What the caller chose, else what the setting `auto_install` says. */
export async function installMode<T extends InstallMode>(
  chosen: T | undefined,
  session: Session,
): Promise<T | 'auto' | 'skip'> {
  if (chosen !== undefined) return chosen;
  return (await session.settings()).projectSetting('auto_install') === false ? 'skip' : 'auto';
}
