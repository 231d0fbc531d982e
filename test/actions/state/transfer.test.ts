import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { setState } from '../../../src/actions/state/edit.js';
import { transferStates } from '../../../src/actions/state/transfer.js';
import type { Session } from '../../../src/session/session.js';
import { OpenedProject } from '../opened-project.js';

const state = (id: number) => ({ singer_state: { bookmarks: { users: { id } } } });
const all = { stateIds: [], pattern: undefined, force: false };

let session: Session;
let uri: string;
beforeEach(async () => {
  const project = await OpenedProject.of();
  session = await project.open();
  uri = `file://${join(project.folder, 'states')}`;
  await setState(session, 'dev:a-to-b', state(1));
  await setState(session, 'prod:a-to-b', state(2));
});

it('copies all states once', async () => {
  const copied: string[] = [];
  const request = { ...all, onCopied: (stateId: string) => void copied.push(stateId) };
  expect(await transferStates(session, uri, request)).toMatchObject({ same: [], differing: [], unreadable: [] });
  expect(copied.sort()).toEqual(['dev:a-to-b', 'prod:a-to-b']);
  expect((await transferStates(session, uri, all)).same.sort()).toEqual(copied);
});

it('copies states by ID or pattern', async () => {
  expect(await transferStates(session, uri, { ...all, pattern: 'prod:*' })).toMatchObject({ copied: ['prod:a-to-b'] });
  const byId = { ...all, stateIds: ['dev:a-to-b'] };
  expect(await transferStates(session, uri, byId)).toMatchObject({ copied: ['dev:a-to-b'] });
  const unknown = transferStates(session, uri, { ...all, stateIds: ['dev:a-to-b', 'nope'] });
  await expect(unknown).rejects.toMatchObject({ code: 'STATE_ID_UNKNOWN' });
});

it('replaces a state that differs only if forced', async () => {
  await transferStates(session, uri, all);
  await setState(session, 'dev:a-to-b', state(3));
  expect(await transferStates(session, uri, all)).toMatchObject({ copied: [], differing: ['dev:a-to-b'] });
  expect(await transferStates(session, uri, { ...all, force: true })).toMatchObject({ copied: ['dev:a-to-b'] });
  expect(await (await session.stateAt(uri)).read('dev:a-to-b')).toMatchObject({ completed: state(3) });
});

it('refuses to copy states to where they are', async () => {
  const database = String((await session.settings()).projectSetting('database_uri'));
  await expect(transferStates(session, database, all)).rejects.toMatchObject({ code: 'USAGE' });
});
