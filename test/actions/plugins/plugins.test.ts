import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findWithRequired, writeNewPlugins } from '../../../src/actions/plugins/add.js';
import { pluginsToInstall } from '../../../src/actions/plugins/install.js';
import { removePlugins } from '../../../src/actions/plugins/remove.js';
import { OpenedProject, yaml } from '../opened-project.js';

const wish = { type: 'extractors', name: 'tap-csv', variant: 'tapline', update: false } as const;

it('writes a plugin that is shipped with the program, once', async () => {
  const project = await OpenedProject.of();
  const session = await project.open();
  const added = await writeNewPlugins(await findWithRequired([wish], session), session, { update: false });
  expect(added).toMatchObject([{ plugin: { name: 'tap-csv' }, status: 'added', isRequired: false }]);
  const text = await readFile(join(project.folder, 'meltano.yml'), 'utf8');
  expect(text).toContain('"name":"tap-csv"');
  const again = await project.open();
  const kept = await writeNewPlugins(await findWithRequired([wish], again), again, { update: false });
  expect(kept).toMatchObject([{ status: 'kept' }]);
  expect(await readFile(join(project.folder, 'meltano.yml'), 'utf8')).toBe(text);
});

it('installs all plugins, or those of a type, a name or a schedule', async () => {
  const schedule = 'schedules: [{name: nightly, interval: "@daily", extractor: tap-x, loader: target-x}]\n';
  const more = yaml.replace('loaders: [', 'loaders: [{name: target-y, namespace: target_y, executable: ./y}, ');
  const session = await (await OpenedProject.of({ 'meltano.yml': more + schedule })).open();
  const names = async (...args: Parameters<typeof pluginsToInstall> extends [unknown, ...infer Rest] ? Rest : never) =>
    (await pluginsToInstall(session, ...args)).map(({ name }) => name);
  expect(await names([])).toEqual(['tap-x', 'target-y', 'target-x']);
  expect(await names([], { type: 'loaders' })).toEqual(['target-y', 'target-x']);
  expect(await names(['tap-x', 'nope'])).toEqual(['tap-x']);
  expect(await names([], { schedule: 'nightly' })).toEqual(['tap-x', 'target-x']);
  await expect(names([], { schedule: 'nope' })).rejects.toMatchObject({ code: 'SCHEDULE_UNKNOWN' });
});

describe('remove', () => {
  it('takes a plugin from everywhere, and tells where it was not', async () => {
    const project = await OpenedProject.of();
    await project.put('plugins/extractors/tap-x--mine.lock', '{}');
    expect(await removePlugins(await project.open(), ['tap-x'])).toMatchObject([
      {
        type: 'extractors',
        places: [{ place: 'meltano.yml', isRemoved: true }, { isRemoved: false }, { isRemoved: true }],
        isComplete: false,
      },
    ]);
    expect((await project.open()).project.pluginEntries.extractors).toEqual([]);
  });

  it('keeps a plugin that another one inherits from', async () => {
    const heir = yaml.replace('extractors: [', 'extractors: [{name: tap-heir, inherit_from: tap-x}, ');
    const session = await (await OpenedProject.of({ 'meltano.yml': heir })).open();
    await expect(removePlugins(session, ['tap-x'])).rejects.toMatchObject({ code: 'PLUGIN_INHERITANCE' });
    expect(await removePlugins(session, ['tap-x', 'tap-heir'])).toHaveLength(2);
  });
});
