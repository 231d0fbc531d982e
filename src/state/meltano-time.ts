/** Times as the original keeps them in its own tables: `YYYY-MM-DD HH:MM:SS.ffffff`, without a zone. */

export function toMeltanoUtc(time: Date): string {
  return `${time.toISOString().slice(0, 23).replace('T', ' ')}000`;
}

export function fromMeltanoUtc(text: unknown): Date | undefined {
  return parse(text, 'Z');
}

/** The original sets `state.updated_at` by the local clock. */
export function toMeltanoLocal(time: Date): string {
  return toMeltanoUtc(new Date(time.getTime() - time.getTimezoneOffset() * 60_000));
}

export function fromMeltanoLocal(text: unknown): Date | undefined {
  return parse(text, '');
}

function parse(text: unknown, zone: '' | 'Z'): Date | undefined {
  if (typeof text !== 'string') return undefined;
  const [, day, clock = '00:00:00', fraction = '.000'] =
    /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d:\d\d)(\.\d{1,9})?)?/.exec(text) ?? [];
  if (day === undefined) return undefined;
  const time = new Date(`${day}T${clock}${fraction.slice(0, 4)}${zone}`);
  return Number.isNaN(time.getTime()) ? undefined : time;
}
