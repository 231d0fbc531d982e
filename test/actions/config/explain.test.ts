import { beforeEach, expect, it } from 'vitest';
import { editTarget } from '../../../src/actions/config/edit-target.js';
import { explainSettings } from '../../../src/actions/config/explain.js';
import { configTarget } from '../../../src/actions/config/target.js';
import type { Session } from '../../../src/session/session.js';
import { setSetting } from '../../../src/settings/edit-settings.js';
import { OpenedProject, yaml } from '../opened-project.js';

const settings = 'settings: [{name: token, sensitive: true}, {name: port, kind: integer, value: 1}]';

let project: OpenedProject;
let session: Session;
beforeEach(async () => {
  project = await OpenedProject.of({ 'meltano.yml': yaml.replace('capabilities: [state]', settings) });
  session = await project.open('write', { TAP_X_TOKEN: 'from-a-variable' });
});

const explain = async (setting?: string, all = false) =>
  (await explainSettings(session, await configTarget(session, 'tap-x', undefined), { setting, all })).map(
    ({ setting: { name, origin } }) => [name, origin.layer],
  );

it('explains what is set, one setting, or all', async () => {
  expect(await explain()).toEqual([['token', 'env']]);
  expect(await explain('port')).toEqual([['port', 'default']]);
  expect(await explain(undefined, true)).toContainEqual(['port', 'default']);
  await expect(explain('prot')).rejects.toMatchObject({ code: 'SETTING_UNKNOWN', hint: "Did you mean 'port'?" });
});

it('explains the settings of the project itself', async () => {
  const target = await configTarget(session, 'meltano', undefined);
  const [found] = await explainSettings(session, target, { setting: 'default_environment', all: false });
  expect(found?.setting.origin.layer).toBe('meltano_yml');
});

it('sees what an edit has written', async () => {
  const target = await editTarget(session, 'tap-x', undefined);
  expect(target.label).toBe("Extractor 'tap-x'");
  await setSetting(target, ['port'], '7', 'auto');
  session = await project.open();
  expect(await explain('port')).toEqual([['port', 'environment']]);
});
