/** Values between rows and objects: JSON and times are text, `undefined` is NULL. */

export function toJson(value: unknown): string | null {
  return value === undefined ? null : JSON.stringify(value);
}

/** Undefined for NULL, and for text that somebody has damaged: history must stay readable. */
export function fromJson<T>(text: unknown): T | undefined {
  if (typeof text !== 'string') return undefined;
  try {
    return JSON.parse(text) as T;
  } catch {
    return undefined;
  }
}

export function toTime(time: Date | undefined): string | null {
  return time?.toISOString() ?? null;
}

export function fromTime(text: unknown): Date | undefined {
  return typeof text === 'string' ? new Date(text) : undefined;
}

export function numberOf(value: unknown): number | undefined {
  return value === null || value === undefined ? undefined : Number(value);
}
