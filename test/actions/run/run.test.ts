import { beforeEach, expect, it } from 'vitest';
import { installMode } from '../../../src/actions/install-mode.js';
import { planBlocks } from '../../../src/actions/run/plan-blocks.js';
import { findUnfinishedRun } from '../../../src/actions/run/retry.js';
import { runWords } from '../../../src/actions/run/run.js';
import type { Session } from '../../../src/session/session.js';
import { OpenedProject, yaml } from '../opened-project.js';

const observe = () => ({ subscribers: [], close: async () => undefined });

let session: Session;
beforeEach(async () => {
  session = await (await OpenedProject.of()).open();
});

it('runs nothing without words', async () => {
  const request = { words: [], blockOptions: {}, runOptions: {} };
  expect(await runWords(session, request, observe)).toBeUndefined();
  expect(await session.existingHistory()).toBeUndefined();
});

it('throws what is wrong before anything starts', async () => {
  const request = { words: ['tap-x', 'target-y'], blockOptions: {}, runOptions: {} };
  await expect(runWords(session, request, observe)).rejects.toMatchObject({ code: 'BLOCK_UNKNOWN' });
});

it('plans words with options for blocks that set none', async () => {
  const { groups } = await planBlocks(['tap-x', 'target-x'], { stateIdSuffix: 'again' }, session);
  expect(groups.flatMap(({ blocks }) => blocks)).toMatchObject([{ stateId: 'dev:tap-x-to-target-x:again' }]);
});

it('finds no run to retry where none ran', async () => {
  await expect(findUnfinishedRun(session, undefined)).rejects.toMatchObject({ code: 'RETRY_NOTHING_LEFT' });
  await session.history();
  await expect(findUnfinishedRun(session, { words: ['tap-x'] })).rejects.toMatchObject({ code: 'RETRY_NOTHING_LEFT' });
});

it('installs as chosen, else as the setting `auto_install` says', async () => {
  expect([await installMode('only', session), await installMode(undefined, session)]).toEqual(['only', 'auto']);
  const off = await (await OpenedProject.of({ 'meltano.yml': `${yaml}auto_install: false\n` })).open();
  expect([await installMode('auto', off), await installMode(undefined, off)]).toEqual(['auto', 'skip']);
});
