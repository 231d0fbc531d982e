import { TaplineError } from '../../errors.js';
import { exactJson } from '../../exact-json.js';
import type { History } from '../../history/port.js';
import type { Plugin } from '../../plugins/types.js';
import type { ResolvedPlugin, SettingsResolver } from '../../settings/types.js';
import type { Lease, LeaseHolder, LeaseOwner } from '../../state/port.js';
import { releaseLease } from './lease.js';

/** `concurrency: N` of a plugin: in one environment, up to N blocks that use it or its children run in parallel. */
export interface ConcurrencyLimit {
  name: string;
  maxSlots: number;
}

/** The limits of a plugin: its own and those of the plugins that it inherits from. Throws SETTING_CAST. */
export function concurrencyLimits(resolved: ResolvedPlugin, settings: SettingsResolver): ConcurrencyLimit[] {
  const limits: ConcurrencyLimit[] = [];
  const environment = settings.project.environment?.name ?? '';
  for (let plugin: Plugin | undefined = resolved.plugin; plugin !== undefined; plugin = plugin.parent) {
    const setting = (plugin === resolved.plugin ? resolved : settings.plugin(plugin)).settings.get('_concurrency');
    // An inherited value is the parent's limit, which follows in this walk.
    if (setting?.value === undefined || setting.value === null || setting.origin.layer === 'inherited') continue;
    limits.push({ name: `${environment}/${plugin.type}/${plugin.name}`, maxSlots: maxSlotsOf(setting.value, plugin) });
  }
  return limits;
}

function maxSlotsOf(value: unknown, plugin: Plugin): number {
  const maxSlots = Number(value);
  if (Number.isInteger(maxSlots) && maxSlots > 0) return maxSlots;
  throw new TaplineError(
    'SETTING_CAST',
    `invalid concurrency of ${plugin.singular} '${plugin.name}': ${exactJson(value)}`,
    {
      at: plugin.at,
      hint: 'Set it to the maximum number of blocks that may use the plugin in parallel: 1 or more.',
    },
  );
}

export interface SlotsTaken {
  kind: 'taken';
  leases: Lease[];
}

/** All slots of a limit are in use; `holder` has the last one asked for. */
interface LimitReached {
  kind: 'full';
  limit: string;
  holder: LeaseHolder | undefined;
}

/** Takes a slot of each limit, or none: no run holds one while it waits for another. */
export async function takeSlots(
  history: History,
  limits: readonly ConcurrencyLimit[],
  owner: LeaseOwner,
): Promise<SlotsTaken | LimitReached> {
  const leases: Lease[] = [];
  for (const limit of limits) {
    const taken = await takeSlot(history, limit, owner);
    if (taken.kind === 'full') {
      for (const lease of leases) await releaseLease(lease);
      return taken;
    }
    leases.push(...taken.leases);
  }
  return { kind: 'taken', leases };
}

async function takeSlot(
  history: History,
  { name, maxSlots }: ConcurrencyLimit,
  owner: LeaseOwner,
): Promise<SlotsTaken | LimitReached> {
  let holder: LeaseHolder | undefined;
  for (let slot = 1; slot <= maxSlots; slot += 1) {
    const answer = await history.slots.acquire(`${name}#${slot}`, { owner });
    if (answer.kind === 'acquired') return { kind: 'taken', leases: [answer.lease] };
    holder = answer.holder;
  }
  return { kind: 'full', limit: name, holder };
}
