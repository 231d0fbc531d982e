import type { StoredSettings } from '../../settings/types.js';
import type { Database } from './database.js';
import { readPickle } from './pickle.js';

/** The settings that the original keeps in its table `plugin_settings`, by namespace and name. */
export async function readStoredSettings(database: Database): Promise<StoredSettings> {
  const rows = await database.read((transaction) =>
    transaction.all(
      'SELECT namespace, name, hex(value) AS value FROM plugin_settings WHERE enabled IS NULL OR enabled <> 0',
    ),
  );
  const stored = new Map<string, Map<string, unknown>>();
  for (const { namespace, name, value } of rows) {
    const pickle = readPickle(Buffer.from(String(value), 'hex'));
    if (pickle === undefined) continue;
    const group = stored.get(String(namespace)) ?? new Map<string, unknown>();
    stored.set(String(namespace), group.set(String(name), pickle.value));
  }
  return stored;
}
