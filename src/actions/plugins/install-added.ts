import { copyBundleFiles } from '../../install/add/bundle-files.js';
import { createInstaller } from '../../install/installer.js';
import type { EnsureOptions } from '../../install/types.js';
import { openPlugins } from '../../plugins/plugins.js';
import type { Plugin } from '../../plugins/types.js';
import type { Session } from '../../session/session.js';
import type { AddedPlugin } from './add.js';

/**
 * Installs added plugins, in a session opened after they were added, and copies the files of file bundles into the project.
 * Returns these files by bundle. Throws INSTALL_FAILED.
 */
export async function installAdded(
  added: readonly AddedPlugin[],
  session: Session,
  options: Pick<EnsureOptions, 'force' | 'signal' | 'report'>,
): Promise<{ bundle: string; files: string[] }[]> {
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
  await installer.ensure(plugins, { mode: 'auto', ...options });
  const isNew = new Set(added.filter(({ status }) => status !== 'kept').map(({ plugin }) => plugin.name));
  const bundles: { bundle: string; files: string[] }[] = [];
  for (const plugin of plugins.filter(({ type, name }) => type === 'files' && isNew.has(name))) {
    bundles.push({ bundle: plugin.name, files: await copyBundleFiles(project, plugin, managedFiles(plugin)) });
  }
  return bundles;
}

/** The paths whose `_update` is true. */
function managedFiles(plugin: Plugin): string[] {
  const update = plugin.extras.update ?? plugin.settings.find(({ name }) => name === '_update')?.value ?? {};
  return Object.entries(update as Record<string, unknown>)
    .filter(([, value]) => value === true)
    .map(([path]) => path);
}
