/** What a session opens for a run, as one module: loading file after file, each when it is asked for, takes far longer. */
export { openHistory } from '../history/open.js';
export { createInstaller } from '../install/installer.js';
export { versionRetention } from '../state/kept-versions.js';
export { openStateBackend } from '../state/open.js';
export { openExistingDatabase, openSystemDatabase } from '../state/systemdb/open.js';
export { openSettingsTable, readStoredSettings } from '../state/systemdb/stored-settings.js';
