import type { ChainPressure } from '../run/events.js';

/** The end of the chain that the other waits for, with the share of time it was waited for. */
export function bound(pressure: ChainPressure | undefined): string {
  if (pressure === undefined) return '';
  const { waitingForTap, waitingForTarget } = pressure;
  if (Math.max(waitingForTap, waitingForTarget) < 1) return '';
  const [end, share] = waitingForTarget > waitingForTap ? ['target', waitingForTarget] : ['tap', waitingForTap];
  return `${end}-bound ${Math.round(share)} %`;
}
