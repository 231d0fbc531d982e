import type { SettingsTable, StoredSettings } from '../../settings/types.js';
import type { Database } from './database.js';
import { readPickle, writePickle } from './pickle.js';

/** The settings that the original keeps in its table `plugin_settings`, by namespace and name. */
export async function readStoredSettings(database: Database): Promise<StoredSettings> {
  const rows = await database.read((transaction) =>
    transaction.all('SELECT namespace, name, value FROM plugin_settings WHERE enabled IS NULL OR enabled'),
  );
  const stored = new Map<string, Map<string, unknown>>();
  for (const { namespace, name, value } of rows) {
    const pickle = value instanceof Uint8Array ? readPickle(Buffer.from(value)) : undefined;
    if (pickle === undefined) continue;
    const group = stored.get(String(namespace)) ?? new Map<string, unknown>();
    stored.set(String(namespace), group.set(String(name), pickle.value));
  }
  return stored;
}

/** The same table, to be changed; the original reads what is written there. */
export function openSettingsTable(database: Database): SettingsTable {
  return {
    set: (namespace, name, value) =>
      database.write('normal', async (transaction) => {
        await transaction.run('DELETE FROM plugin_settings WHERE namespace = ? AND name = ?', namespace, name);
        await transaction.run(
          'INSERT INTO plugin_settings (namespace, name, value, enabled) VALUES (?, ?, ?, TRUE)',
          namespace,
          name,
          writePickle(value),
        );
      }),
    unset: (namespace, name) =>
      database.write('normal', async (transaction) => {
        const sql = 'DELETE FROM plugin_settings WHERE namespace = ? AND name = ?';
        return (await transaction.run(sql, namespace, name)) > 0;
      }),
    clear: (namespace) =>
      database.write('normal', async (transaction) => {
        return (await transaction.run('DELETE FROM plugin_settings WHERE namespace = ?', namespace)) > 0;
      }),
  };
}
