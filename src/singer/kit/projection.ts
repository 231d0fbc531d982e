import { isMap } from '../../values.js';
import type { JsonMap } from '../messages.js';

/** What is left out below a value: true for the whole property, a map for parts of it. */
type Dropped = Map<string, Dropped | true>;

/** What a selection leaves of a stream's schema and records. */
export class Projection {
  readonly schema: JsonMap;
  readonly #known: ReadonlySet<string> | undefined;
  readonly #dropped: Dropped;
  readonly #unknown = new Set<string>();

  /** `dropped`: breadcrumbs such as `['properties', 'address', 'properties', 'city']`. */
  constructor(schema: JsonMap, dropped: readonly (readonly string[])[]) {
    this.#dropped = droppedTree(dropped);
    this.schema = schemaWithout(schema, this.#dropped);
    this.#known = isMap(schema.properties) ? new Set(Object.keys(schema.properties)) : undefined;
  }

  /** Top-level properties that records had and the schema does not; they are left out. */
  get unknown(): ReadonlySet<string> {
    return this.#unknown;
  }

  /** The record itself where nothing of it is left out. */
  apply(record: JsonMap): JsonMap {
    const surplus = Object.keys(record).filter((name) => this.#known?.has(name) === false);
    if (surplus.length === 0 && this.#dropped.size === 0) return record;
    const kept = without(record, this.#dropped);
    for (const name of surplus) {
      this.#unknown.add(name);
      delete kept[name];
    }
    return kept;
  }
}

function droppedTree(breadcrumbs: readonly (readonly string[])[]): Dropped {
  const tree: Dropped = new Map();
  for (const breadcrumb of breadcrumbs) {
    const path = breadcrumb.filter((_, index) => index % 2 === 1);
    // Such as the items of a list, which no record can be without.
    if (breadcrumb.some((word, index) => index % 2 === 0 && word !== 'properties')) continue;
    let place = tree;
    for (const [index, name] of path.entries()) {
      const below = place.get(name);
      if (below === true) break;
      if (index === path.length - 1) place.set(name, true);
      else {
        const next: Dropped = below ?? new Map();
        place.set(name, next);
        place = next;
      }
    }
  }
  return tree;
}

function without(value: JsonMap, dropped: Dropped): JsonMap {
  // Without a prototype's names: `__proto__` is a property like others.
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, member]) => {
      const below = dropped.get(name);
      if (below === true) return [];
      return [[name, below !== undefined && isMap(member) ? without(member, below) : member]];
    }),
  );
}

function schemaWithout(schema: JsonMap, dropped: Dropped): JsonMap {
  if (dropped.size === 0 || !isMap(schema.properties)) return schema;
  const properties = Object.entries(schema.properties).flatMap(([name, member]) => {
    const below = dropped.get(name);
    if (below === true) return [];
    return [[name, below !== undefined && isMap(member) ? schemaWithout(member, below) : member]];
  });
  const required = Array.isArray(schema.required)
    ? { required: schema.required.filter((name) => dropped.get(String(name)) !== true) }
    : {};
  return { ...schema, properties: Object.fromEntries(properties) as JsonMap, ...required };
}
