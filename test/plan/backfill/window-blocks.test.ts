import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BackfillSettings } from '../../../src/plan/backfill/backfill-settings.js';
import { readPartitions } from '../../../src/plan/backfill/partitions.js';
import { type WindowPart, windowBlock } from '../../../src/plan/backfill/window-blocks.js';
import type { ChainBlock } from '../../../src/plan/types.js';

const settings: BackfillSettings = {
  start: 'since',
  end: 'until',
  isGuessed: false,
  format: 'datetime',
  endIncluded: false,
  window: undefined,
  timezone: undefined,
  partitions: { region: 'api_region' },
};

function chain(stateId = 'dev:tap-x-to-target-y', selectFilter?: string[]): ChainBlock & { stateId: string } {
  const plugin = {} as ChainBlock['tap'];
  const options = selectFilter === undefined ? {} : { selectFilter };
  return { kind: 'chain', id: '1', name: 'tap-x target-y', tap: plugin, mappers: [], target: plugin, stateId, options };
}

const january = { from: '2023-01-01T00:00:00Z', to: '2023-02-01T00:00:00Z' };

describe('windowBlock', () => {
  it('names a window, sets the settings of its tap and gives it a state ID', () => {
    const block = windowBlock(chain(), { partition: { region: 'eu' }, range: january }, settings, 'UTC');
    expect(block).toMatchObject({
      name: 'tap-x target-y region=eu [2023-01-01, 2023-02-01)',
      stateId: 'dev:tap-x-to-target-y:backfill+region=eu+2023-01-01+2023-02-01',
      window: {
        chainStateId: 'dev:tap-x-to-target-y',
        stream: '*',
        key: 'region=eu|2023-01-01T00:00:00Z/2023-02-01T00:00:00Z',
        ...january,
        settings: { api_region: 'eu', since: january.from, until: january.to },
      },
    });
  });

  it('puts the window to a suffix that is there, and streams before it', () => {
    const part = { partition: {}, range: { from: '2023-01-01T06:00:00Z', to: undefined } };
    const block = windowBlock(chain('dev:a-to-b:mine', ['u', '!v', 'u']), part, settings, 'UTC');
    expect(block.stateId).toBe('dev:a-to-b:mine+backfill+!v%2Cu+2023-01-01T060000Z+');
    expect(block.window).toMatchObject({ stream: '!v,u', settings: { since: '2023-01-01T06:00:00Z' } });
  });

  it('gives each window a state ID of its own, without a colon in the suffix', () => {
    const text = fc
      .stringMatching(/^[a-c+=|,:&%. ]{1,6}$/)
      .filter((each) => !each.split(',').some((part) => part.trim() === ''));
    const range = fc.constantFrom(
      undefined,
      january,
      { ...january, to: undefined },
      { from: '2023-01-01T12:00:00Z', to: january.to },
    );
    const windows = fc.tuple(fc.option(text, { nil: undefined }), fc.option(text, { nil: undefined }), range);
    const seen = new Map<string, string>();
    fc.assert(
      fc.property(windows, ([value, stream, time]) => {
        const [partition = {}] = value === undefined ? [{}] : readPartitions([`region=${value}`]);
        const part: WindowPart = { partition, range: time };
        const { stateId, window } = windowBlock(
          chain(undefined, stream === undefined ? undefined : [stream]),
          part,
          settings,
          'UTC',
        );
        const name = JSON.stringify([window.stream, window.key]);
        expect(seen.get(stateId) ?? name).toBe(name);
        seen.set(stateId, name);
        expect(stateId.split(':')).toHaveLength(3);
      }),
    );
  });
});
