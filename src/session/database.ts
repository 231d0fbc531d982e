/** The system database of a session: opened on first use, and created only if the session may. */
import { existsSync } from 'node:fs';
import type { SettingsResolver } from '../settings/types.js';
import type { Database } from '../state/systemdb/database.js';
import { databaseKind, parseSqliteUri } from '../state/systemdb/uri.js';
import { type Lazy, lazy } from './lazy.js';
import { numberSetting } from './read-setting.js';
import type { SessionOptions } from './session-options.js';

/** Loads the stores on first use: commands that need neither state nor history run without their code. */
export const loadStores = () => import('./stores.js');

export interface SessionDatabase {
  uri(): Promise<string>;
  /** Opens the database, and creates it if there is none. */
  open: Lazy<Database>;
  /** The database if it has tables already. */
  existing: Lazy<Database | undefined>;
  /** Whether there is a database to read from. */
  exists(): Promise<boolean>;
  /** Opens another database with the connection settings of this one. */
  openAt(uri: string): Promise<Database>;
}

/** `settings`: those that are known without the database. */
export function createSessionDatabase(
  { cwd, env, access }: SessionOptions,
  settings: () => Promise<SettingsResolver>,
): SessionDatabase {
  const uri = async () => String((await settings()).projectSetting('database_uri'));
  const optionsFor = async (address: string) => {
    const resolver = await settings();
    const retries = numberSetting(resolver, 'database_max_retries') ?? 0;
    const seconds = numberSetting(resolver, 'database_retry_timeout') ?? 0;
    return { uri: address, cwd, env, readOnly: access === 'read', connecting: { retries, seconds } };
  };
  const openAt = async (address: string) => (await loadStores()).openSystemDatabase(await optionsFor(address));
  const isServer = async () => databaseKind(await uri()) === 'postgres';
  // A server must be asked whether it has the tables; the connection that asked is reused.
  const existing = lazy(async () => (await loadStores()).openExistingDatabase(await optionsFor(await uri())));
  const open = lazy(async () => {
    const found = (await isServer()) ? await existing() : undefined;
    return found ?? openAt(await uri());
  });
  const exists = async () => {
    if (await isServer()) return ((await open.made()) ?? (await existing())) !== undefined;
    const { file } = parseSqliteUri(await uri(), cwd);
    return file !== undefined && existsSync(file);
  };
  return { uri, open, existing, exists, openAt };
}
