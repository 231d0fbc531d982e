import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Catalog, parseCatalog } from '../../src/singer/catalog.js';
import { applyRules, countSelected, listSelection } from '../../src/singer/selection.js';
import { type CatalogRules, parseSelectPattern } from '../../src/singer/selection-rules.js';

interface RecordedCase extends CatalogRules {
  catalog: Catalog;
  /** The catalog after the original has applied the rules. */
  result: Catalog;
  /** What its list view says then: stream, property, selection. */
  list: [string, string, string][];
}

/** Random catalogs and rules, and what Meltano 4.4.1 made of them. */
const recorded = JSON.parse(
  readFileSync(new URL('./fixtures/selection-cases.json', import.meta.url), 'utf8'),
) as RecordedCase[];

const catalogOf = (...streams: [id: string, properties: string[]][]): Catalog =>
  parseCatalog(
    JSON.stringify({
      streams: streams.map(([id, properties]) => ({
        tap_stream_id: id,
        schema: {
          type: 'object',
          properties: Object.fromEntries(properties.map((name) => [name, { type: 'string' }])),
        },
      })),
    }),
  );

/** What is read after the rules, as `stream.property`. */
function readAfter(catalog: Catalog, rules: CatalogRules): string[] {
  applyRules(catalog, rules);
  const chosen = listSelection(catalog).filter(({ stream, property }) => isSelected(catalog, stream, property));
  return chosen.map(({ stream, property }) => `${stream}.${property}`);
}

/** By the `selected` keys alone: entries that had to be made are automatic, whatever is selected. */
function isSelected(catalog: Catalog, id: string, property: string): boolean {
  const stream = catalog.streams.find((candidate) => candidate.tap_stream_id === id);
  const metadata = stream?.metadata as { breadcrumb: string[]; metadata: { selected?: boolean } }[];
  const selected = (path: string) => metadata.find((entry) => entry.breadcrumb.join('.') === path)?.metadata.selected;
  return selected('') === true && selected(`properties.${property.replaceAll('.', '.properties.')}`) === true;
}

describe('rules as Meltano 4.4.1 applies them', () => {
  it.each(recorded.map((one, index) => [index, one] as const))('recorded case %i', (_, one) => {
    const catalog = structuredClone(one.catalog);
    applyRules(catalog, one);
    expect(catalog).toEqual(one.result);
    expect(listSelection(catalog).map(({ stream, property, selection }) => [stream, property, selection])).toEqual(
      one.list,
    );
  });

  it('excludes win whatever their place in the list', () => {
    const catalog = catalogOf(['users', ['id', 'email']]);
    expect(readAfter(catalog, { select: ['!users.email', 'users.*'] })).toEqual(['users.id']);
  });

  it('a bare stream means all of it, and `*` spans levels', () => {
    const catalog = parseCatalog(
      '{"streams":[{"tap_stream_id":"u","schema":{"properties":{"a":{"properties":{"b":{}}}}}},{"tap_stream_id":"v"}]}',
    );
    expect(readAfter(catalog, { select: ['u'] })).toEqual(['u.a', 'u.a.b']);
  });

  it('keeps a stream name with dots by a backslash', () => {
    const catalog = catalogOf(['public.users', ['id']], ['public', ['users']]);
    expect(readAfter(catalog, { select: ['public\\.users.*'] })).toEqual(['public.users.id']);
  });

  it('selects nothing but what a filter names, and never what it negates', () => {
    const streams: [string, string[]][] = [
      ['a', ['x']],
      ['b', ['x']],
      ['bb', ['x']],
    ];
    expect(readAfter(catalogOf(...streams), { selectFilter: ['b*', '!bb'] })).toEqual(['b.x']);
  });

  it("leaves a user's own catalog alone but for the filter", () => {
    const catalog = parseCatalog(
      '{"streams":[{"tap_stream_id":"a","metadata":[{"breadcrumb":[],"metadata":{"selected":true}}]}]}',
    );
    applyRules(catalog, { customCatalog: true, select: ['!*.*'], metadata: { a: { x: 1 } } });
    expect(catalog.streams[0]?.metadata).toEqual([{ breadcrumb: [], metadata: { selected: true } }]);
    applyRules(catalog, { customCatalog: true, selectFilter: ['!a'] });
    expect(countSelected(catalog)).toEqual({ streams: 1, selected: 0 });
  });

  it('takes metadata in nested and dotted form', () => {
    const apply = (metadata: Record<string, unknown>) => {
      const catalog = catalogOf(['users', ['name']]);
      applyRules(catalog, { metadata });
      return catalog;
    };
    const nested = apply({ users: { 'replication-method': 'FULL_TABLE', name: { deep: [1] } } });
    expect(apply({ 'users.replication-method': 'FULL_TABLE', 'users.name.deep': [1] })).toEqual(nested);
    expect(nested.streams[0]).toMatchObject({
      replication_method: 'FULL_TABLE',
      metadata: [{ metadata: { 'replication-method': 'FULL_TABLE' } }, { metadata: { deep: [1] } }],
    });
  });

  it('replaces schemas, whatever characters a name has', () => {
    const catalog = catalogOf(['users', ['id', 'my-prop']]);
    applyRules(catalog, {
      schema: { users: { 'my-prop': { type: 'integer' }, created: { format: 'date' } }, '*': { i: {} } },
    });
    expect(catalog.streams[0]?.schema).toEqual({
      type: 'object',
      properties: { id: { type: 'string' }, 'my-prop': { type: 'integer' }, created: { format: 'date' }, i: {} },
    });
  });

  it('survives properties with the names of object parts', () => {
    const text =
      '{"streams":[{"tap_stream_id":"__proto__","schema":{"properties":{"__proto__":{},"constructor":{}}}}]}';
    const catalog = parseCatalog(text);
    expect(applyRules(catalog, { select: ['__proto__.*'], schema: { __proto__: {} } })).toEqual([]);
    expect(listSelection(catalog).map((one) => one.property)).toEqual(['__proto__', 'constructor']);
    expect(({} as { selected?: boolean }).selected).toBeUndefined();
  });

  it('takes thousands of streams and a score of globs', () => {
    const names = Array.from({ length: 50 }, (_, index) => `field_${index}`);
    const catalog = catalogOf(...Array.from({ length: 2000 }, (_, index): [string, string[]] => [`s_${index}`, names]));
    const select = Array.from({ length: 20 }, (_, index) => `s_*${index}.field_*${index}`);
    expect(applyRules(catalog, { select })).toEqual([]);
    expect(countSelected(catalog).streams).toBe(2000);
  });
});

describe('rules that match nothing', () => {
  const catalog = () => catalogOf(['users', ['id', 'email']], ['orders', ['id', 'total']]);
  const findings = (rules: CatalogRules) =>
    applyRules(catalog(), rules).map(({ source, suggestion }) => [source.kind, source.text, suggestion]);

  it('are named, with what they may mean', () => {
    expect(
      findings({
        select: ['user.*', '!users.emial', 'orders.total', '*.nope', 'x*.id'],
        metadata: { order: { 'replication-key': 'id' }, users: { emai: { x: 1 } } },
        selectFilter: ['usres', 'orders'],
        schema: { 'ordres*': { id: {} }, oders: { id: {} } },
      }),
    ).toEqual([
      ['select', 'user.*', 'users.*'],
      ['select', '!users.emial', '!users.email'],
      ['select', '*.nope', undefined],
      ['select', 'x*.id', undefined],
      ['metadata', 'order.replication-key', 'orders.replication-key'],
      ['metadata', 'users.emai.x', 'users.email.x'],
      ['schema', 'ordres*.id', 'orders.id'],
      ['schema', 'oders.id', 'orders.id'],
      ['select_filter', 'usres', 'users'],
    ]);
  });

  it('say what is missing', () => {
    const [finding] = applyRules(catalog(), { select: ['users.nmae'] });
    expect(finding?.message).toBe(
      'The select rule `users.nmae` matches nothing: there is no property `nmae` in `users`.',
    );
  });

  it('are none where each finds something, in an empty stream too', () => {
    expect(findings({ select: ['*.*', '!orders.*', 'users'] })).toEqual([]);
    expect(applyRules(catalogOf(['empty', []]), { select: ['empty.*', 'empty', '!empty'] })).toEqual([]);
  });

  it('are told apart from rules that make no sense', () => {
    expect(
      applyRules(catalog(), { metadata: { users: 5 }, schema: { users: { id: 'text' }, orders: 1 } }),
    ).toMatchObject([
      { message: 'The metadata rule `users` is left out: it names a stream, but no key and value.' },
      { message: 'The schema rule `users.id` is left out: it is not valid JSON schema.' },
      { message: 'The schema rule `orders` is left out: it is not a map of properties.' },
    ]);
  });
});

describe('select patterns', () => {
  it.each([
    ['users', { stream: 'users', property: undefined, negated: false }],
    ['!users.email', { stream: 'users', property: 'email', negated: true }],
    ['a.b.c', { stream: 'a', property: 'b.c', negated: false }],
    ['a\\.b.c', { stream: 'a.b', property: 'c', negated: false }],
    ['a.', { stream: 'a', property: undefined, negated: false }],
  ])('%s', (pattern, parsed) => {
    expect(parseSelectPattern(pattern)).toEqual(parsed);
  });
});
