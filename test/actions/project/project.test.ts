import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findRubbish, removeRubbish, retentionStart } from '../../../src/actions/project/clean-up.js';
import { checkProject } from '../../../src/actions/project/doctor.js';
import { OpenedProject, yaml } from '../opened-project.js';

describe('doctor', () => {
  it('finds what a plugin needs, each with a cure', async () => {
    const pip = '{name: tap-pip, namespace: tap_pip, pip_url: tap-pip, config: {token: $UNSET_TOKEN}}';
    const project = await OpenedProject.of({ 'meltano.yml': yaml.replace('extractors: [', `extractors: [${pip}, `) });
    const checks = await checkProject(await project.open('read'));
    const broken = checks.filter(({ subject, status }) => subject.startsWith('tap-') && status !== 'ok');
    expect(broken).toMatchObject([
      { check: 'venv', subject: 'tap-pip', status: 'error', cure: 'tapline install --plugin-type extractor tap-pip' },
      { check: 'variable', subject: 'tap-pip', status: 'warning' },
      { check: 'executable', subject: 'tap-x', status: 'error' },
    ]);
    expect(checks).toContainEqual(expect.objectContaining({ check: 'database', status: 'ok' }));
  });
});

describe('clean', () => {
  it('finds virtual environments without a plugin, and nothing of others', async () => {
    const project = await OpenedProject.of();
    await project.put('.meltano/extractors/tap-gone/venv/pyvenv.cfg', 'home = /usr\n');
    await project.put('.meltano/extractors/tap-x/venv/pyvenv.cfg', 'home = /usr\n');
    const session = await project.open('update');
    const found = await findRubbish(session, new Date(0));
    const path = join(project.folder, '.meltano/extractors/tap-gone');
    expect(found).toEqual({
      runIds: [],
      notes: [],
      rubbish: [expect.objectContaining({ kind: 'venv', path, bytes: 12 })],
    });
    await removeRubbish(session, found);
    expect(existsSync(path)).toBe(false);
  });

  it('keeps what is younger than the setting says', async () => {
    const session = await (
      await OpenedProject.of({ 'meltano.yml': `${yaml}tapline: {history: {retention_days: 2}}\n` })
    ).open();
    const now = new Date('2026-01-03T00:00:00Z');
    expect(await retentionStart(session, now)).toEqual(new Date('2026-01-01T00:00:00Z'));
  });
});
