import { copyBundleFiles } from '../install/add/bundle-files.js';
import { createInstaller } from '../install/installer.js';
import type { InstallEvent } from '../install/types.js';
import { openPlugins } from '../plugins/plugins.js';
import type { Plugin } from '../plugins/types.js';
import type { Session } from '../session.js';
import type { AddedPlugin } from './add-to-project.js';
import { tellInstall, untilSignal } from './install-progress.js';

/** Installs added plugins and copies the files of file bundles into the project. Throws INSTALL_FAILED. */
export async function installNew(added: readonly AddedPlugin[], session: Session, force: boolean): Promise<void> {
  const log = await session.log();
  const settings = await session.settings();
  const extra = added.filter(({ status }) => status === 'initialized').map(({ plugin }) => plugin.entry);
  // A file bundle without managed files is not written to meltano.yml, but is installed too.
  const { pluginEntries } = session.project;
  const files = [...pluginEntries.files, ...extra];
  const project = { ...session.project, pluginEntries: { ...pluginEntries, files } };
  const all = extra.length === 0 ? await session.plugins() : openPlugins(project);
  const plugins = added.map(({ plugin }) => all.get(plugin.name, plugin.type));
  const installer =
    extra.length === 0
      ? await session.installer()
      : createInstaller({ project, settings, env: session.env, mask: session.mask.text, hide: session.mask.add });
  log.info(`Installing ${plugins.length} plugins`);
  const report = (event: InstallEvent) => tellInstall(event, log);
  await untilSignal((signal) => installer.ensure(plugins, { mode: 'auto', force, signal, report }));
  const isNew = new Set(added.filter(({ status }) => status !== 'kept').map(({ plugin }) => plugin.name));
  for (const plugin of plugins.filter(({ type, name }) => type === 'files' && isNew.has(name))) {
    log.info(`Adding '${plugin.name}' files to project...`);
    for (const file of await copyBundleFiles(project, plugin, managedFiles(plugin))) log.info(`Created ${file}`);
  }
}

/** The paths whose `_update` is true. */
function managedFiles(plugin: Plugin): string[] {
  const update = plugin.extras.update ?? plugin.settings.find(({ name }) => name === '_update')?.value ?? {};
  return Object.entries(update as Record<string, unknown>)
    .filter(([, value]) => value === true)
    .map(([path]) => path);
}
