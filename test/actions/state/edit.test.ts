import { beforeEach, describe, expect, it } from 'vitest';
import {
  changeState,
  clearAllStates,
  clearState,
  clearStreams,
  copyState,
  editStateText,
  importStates,
  mergeState,
  moveState,
  rollbackState,
  setState,
} from '../../../src/actions/state/edit.js';
import { withLease } from '../../../src/actions/state/lease.js';
import { exportStates, readState, requireState } from '../../../src/actions/state/read.js';
import { chooseVersion, diffVersions, readStateHistory } from '../../../src/actions/state/versions.js';
import type { Session } from '../../../src/session/session.js';
import { OpenedProject } from '../opened-project.js';

const id = 'dev:tap-x-to-target-x';
const other = 'prod:tap-x-to-target-x';
const wrap = (bookmarks: Record<string, unknown>) => ({ singer_state: { bookmarks } });
const first = wrap({ users: { id: 1 }, orders: { id: 2 } });

let session: Session;
beforeEach(async () => {
  session = await (await OpenedProject.of()).open();
});

describe('a state', () => {
  it('is empty for an unknown ID, and required only on request', async () => {
    expect(await readState(session, id)).toEqual({});
    await expect(requireState(session, id)).rejects.toMatchObject({ code: 'STATE_ID_UNKNOWN' });
  });

  it('is set, merged into and exported', async () => {
    await setState(session, id, first);
    expect(await readState(session, id)).toEqual(first);
    await mergeState(session, id, wrap({ users: { id: 9 } }));
    expect(await readState(session, id)).toEqual(wrap({ users: { id: 9 }, orders: { id: 2 } }));
    expect(await exportStates(session)).toEqual({ [id]: { completed: first, partial: wrap({ users: { id: 9 } }) } });
  });

  it('is imported with both halves', async () => {
    const partial = wrap({ users: { id: 9 } });
    await importStates(session, [[id, { completed: first, partial }]]);
    expect(await exportStates(session)).toEqual({ [id]: { completed: first, partial } });
  });

  it('is copied and moved to another ID', async () => {
    await setState(session, id, first);
    await copyState(session, id, other);
    expect(await readState(session, other)).toEqual(first);
    await moveState(session, id, other);
    expect(await readState(session, id)).toEqual({});
    await expect(moveState(session, other, other)).rejects.toMatchObject({ code: 'USAGE' });
  });

  it('is cleared, alone or with all others', async () => {
    await setState(session, id, first);
    await setState(session, other, first);
    await clearState(session, id);
    expect(Object.keys(await exportStates(session))).toEqual([other]);
    expect(await clearAllStates(session)).toEqual([other]);
    expect(await exportStates(session)).toEqual({});
  });

  it('loses the bookmarks of streams that match, or none', async () => {
    await setState(session, id, first);
    await expect(clearStreams(session, id, ['users', 'nope'])).rejects.toMatchObject({ code: 'STREAM_UNKNOWN' });
    expect(await readState(session, id)).toEqual(first);
    expect(await clearStreams(session, id, ['user*'])).toEqual(['users']);
    expect(await readState(session, id)).toEqual(wrap({ orders: { id: 2 } }));
  });

  it('is not edited while a lease on it is held', async () => {
    const edit = withLease(session, id, () => setState(session, id, first));
    await expect(edit).rejects.toMatchObject({
      code: 'LEASE_HELD',
      hint: expect.stringContaining('tapline lease release'),
    });
    expect(await readState(session, id)).toEqual({});
  });

  it('is changed by a function', async () => {
    await setState(session, id, first);
    const changed = await changeState(session, id, ({ singer_state }) => ({ singer_state: { ...singer_state, x: 1 } }));
    expect(changed).toEqual({ singer_state: { ...first.singer_state, x: 1 } });
    expect(await readState(session, id)).toEqual(changed);
  });
});

describe('the text of a state', () => {
  it('is saved if it has changed', async () => {
    await setState(session, id, first);
    expect(await editStateText(session, id, (text) => text)).toBe(false);
    expect(await editStateText(session, id, (text) => text.replace('1', '7'))).toBe(true);
    expect(await readState(session, id)).toEqual(wrap({ users: { id: 7 }, orders: { id: 2 } }));
  });

  it('is not saved over a state that was saved meanwhile', async () => {
    await setState(session, id, first);
    const meanwhile = wrap({ users: { id: 5 } });
    const edit = editStateText(session, id, async (text) => {
      await setState(session, id, meanwhile);
      return text.replace('1', '7');
    });
    await expect(edit).rejects.toMatchObject({ code: 'STATE_NOT_SAVED' });
    expect(await readState(session, id)).toEqual(meanwhile);
  });

  it('must be a state', async () => {
    await expect(editStateText(session, id, () => '[]')).rejects.toMatchObject({ code: 'STATE_INVALID' });
    await expect(editStateText(session, id, () => '{"singer_state": 1}')).rejects.toMatchObject({
      code: 'STATE_INVALID',
    });
  });
});

describe('versions of a state', () => {
  beforeEach(async () => {
    await setState(session, id, first);
    await setState(session, id, wrap({ users: { id: 3 }, orders: { id: 2 } }));
  });

  it('tell which streams they changed', async () => {
    const { versions, isNewestCurrent } = await readStateHistory(session, id);
    expect(versions.map(({ version, changed }) => [version, [...changed].sort()])).toEqual([
      [2, ['users']],
      [1, ['orders', 'users']],
    ]);
    expect(isNewestCurrent).toBe(true);
  });

  it('are compared, by default with the current state', async () => {
    const { before, after, changes } = await diffVersions(session, id, {});
    expect([before.version, after.version]).toEqual([1, undefined]);
    expect(changes).toMatchObject([{ stream: 'users', before: { id: 1 }, after: { id: 3 } }]);
    expect((await diffVersions(session, id, { from: 2 })).changes).toEqual([]);
  });

  it('can be returned to', async () => {
    await rollbackState(session, id, await chooseVersion(session, id, undefined));
    expect(await readState(session, id)).toEqual(first);
    expect((await readStateHistory(session, id)).versions).toHaveLength(3);
  });

  it('are named if one is unknown', async () => {
    await expect(chooseVersion(session, id, 7)).rejects.toMatchObject({
      code: 'STATE_VERSION_UNKNOWN',
      hint: expect.stringContaining('2, 1'),
    });
    await expect(chooseVersion(session, other, undefined)).rejects.toMatchObject({ code: 'STATE_VERSION_UNKNOWN' });
  });
});
