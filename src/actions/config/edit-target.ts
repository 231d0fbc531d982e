import type { PluginType } from '../../project/types.js';
import type { Session } from '../../session/session.js';
import type { EditTarget } from '../../settings/edit-settings.js';
import { editable } from '../editable-project.js';
import { configTarget } from './target.js';

/** What `config set`, `unset` and `reset` write to, with its label in messages: `Extractor 'tap-x'`. */
export async function editTarget(
  session: Session,
  name: string,
  type: PluginType | undefined,
): Promise<EditTarget & { label: string }> {
  const { plugin, settings } = await configTarget(session, name, type);
  const { environment, dotenvFile } = session.project;
  const project = { ...(await editable(session)), environment, dotenvFile };
  const singular = plugin?.singular ?? '';
  const label = plugin ? `${singular.charAt(0).toUpperCase()}${singular.slice(1)} '${plugin.name}'` : 'Meltano';
  return { project, plugin, settings, label, table: session.settingsTable };
}
