/** From (included) to (excluded), as `2023-01-01T00:00:00Z`: whole seconds in UTC, so that the order of the texts is that of time. */
export interface TimeRange {
  from: string;
  /** Undefined where it has no end. */
  to: string | undefined;
}

export type ClosedRange = TimeRange & { to: string };
