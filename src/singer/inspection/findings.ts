/** What is wrong with a message, in the order of the summary. */
export const findingKinds = [
  'not_json',
  'unknown_message',
  'line_too_long',
  'invalid_schema',
  'record_before_schema',
  'missing_key',
  'null_key',
  'schema_violation',
  'unsorted_replication_key',
  'duplicate_key',
  'state_goes_back',
] as const;
export type FindingKind = (typeof findingKinds)[number];

/** Equal findings are counted once; the line and the detail are those of the first. */
export interface Finding {
  kind: FindingKind;
  stream: string | undefined;
  /** The property, or the path of a bookmark, that it is about. */
  property: string | undefined;
  count: number;
  /** From 1. */
  line: number;
  detail: string;
}

/** More different findings than this are only counted. */
const maxFindings = 1000;

export class Findings {
  readonly #byKey = new Map<string, Finding>();
  /** How many there were, those that are not kept included. */
  total = 0;
  /** How many were of a kind, stream and property that are not kept. */
  unkept = 0;

  /** `detail` is asked for the first only. */
  add(kind: FindingKind, line: number, where: { stream?: string; property?: string }, detail: () => string): void {
    this.total += 1;
    const key = `${kind}\n${where.stream ?? ''}\n${where.property ?? ''}`;
    const known = this.#byKey.get(key);
    if (known !== undefined) known.count += 1;
    else if (this.#byKey.size >= maxFindings) this.unkept += 1;
    else {
      const { stream, property } = where;
      this.#byKey.set(key, { kind, stream, property, count: 1, line, detail: detail() });
    }
  }

  list(): Finding[] {
    const order = (finding: Finding) => findingKinds.indexOf(finding.kind);
    return [...this.#byKey.values()].sort((a, b) => order(a) - order(b) || a.line - b.line);
  }
}
