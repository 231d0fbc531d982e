import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Catalog, parseCatalog } from '../../src/singer/catalog.js';
import { explainSelection } from '../../src/singer/explain-selection.js';
import { applyRules, listSelection } from '../../src/singer/selection.js';
import type { CatalogRules } from '../../src/singer/selection-rules.js';

const all = { stream: '*', property: '*' };

const entry = (path: string[], metadata: object = { inclusion: 'available' }) => ({
  breadcrumb: path.flatMap((name) => ['properties', name]),
  metadata,
});

const stream = (id: string, ...entries: object[]) => ({ tap_stream_id: id, metadata: [entry([]), ...entries] });

function explain(rules: CatalogRules, wanted = all) {
  const catalog = parseCatalog(
    JSON.stringify({
      streams: [
        stream('users', entry(['id'], { inclusion: 'automatic' }), entry(['email']), entry(['name'])),
        stream('orders', entry(['total'], { inclusion: 'unsupported' }), entry(['note'])),
      ],
    }),
  );
  applyRules(catalog, rules);
  return Object.fromEntries(
    explainSelection(catalog, rules, wanted).map((each) => [`${each.stream}.${each.property}`, each]),
  );
}

describe('explaining a selection', () => {
  it('names the rule that decided, and those that it overruled', () => {
    const explained = explain({
      select: ['users.*', '!*.email', 'orders.note'],
      metadata: { orders: { note: { selected: false } } },
    });
    expect(explained['users.email']).toMatchObject({
      selection: 'excluded',
      decidedBy: 'property',
      propertyReason: { rule: { kind: 'select', text: '!*.email' }, overruled: ['users.*'] },
    });
    expect(explained['users.name']).toMatchObject({ propertyReason: { rule: { text: 'users.*' }, overruled: [] } });
    expect(explained['users.id']).toMatchObject({ selection: 'automatic', propertyReason: { rule: undefined } });
    expect(explained['orders.total']).toMatchObject({ selection: 'unsupported' });
    expect(explained['orders.note']).toMatchObject({
      selection: 'excluded',
      propertyReason: { rule: { kind: 'metadata', text: 'orders.note.selected' }, overruled: ['orders.note'] },
    });
  });

  it('blames the stream where all of it is left out', () => {
    const excluded = explain({ select: ['*.*'], selectFilter: ['!users'] }, { stream: 'users', property: 'n*' });
    expect(Object.keys(excluded)).toEqual(['users.name']);
    expect(excluded['users.name']).toMatchObject({
      selection: 'excluded',
      decidedBy: 'stream',
      streamReason: { rule: { kind: 'select_filter', text: '!users' } },
      propertyReason: { selection: 'selected' },
    });
    const unnamed = explain({ selectFilter: ['orders'] }, { stream: 'users', property: 'name' });
    expect(unnamed['users.name']?.streamReason.why).toBe('`orders` does not name it');
    const silent = explain({ select: ['orders'] }, { stream: 'users', property: 'name' });
    expect(silent['users.name']).toMatchObject({ decidedBy: 'stream', streamReason: { why: 'no pattern selects it' } });
  });

  it('agrees with the list in every recorded catalog, and gives each verdict a rule or a reason', () => {
    const file = new URL('./fixtures/selection-cases.json', import.meta.url);
    const recorded = JSON.parse(readFileSync(file, 'utf8')) as (CatalogRules & { catalog: Catalog })[];
    for (const { catalog, ...rules } of recorded) {
      applyRules(catalog, rules);
      const explained = explainSelection(catalog, rules, all);
      expect(explained.map(({ stream, property, selection }) => [stream, property, selection])).toEqual(
        listSelection(catalog).map(({ stream, property, selection }) => [stream, property, selection]),
      );
      for (const { selection, decidedBy, streamReason, propertyReason } of explained) {
        const decider = decidedBy === 'stream' ? streamReason : propertyReason;
        expect(decider.selection).toBe(selection);
        if (selection === 'selected') expect(decider.rule ?? decider.why).not.toBe('no pattern selects it');
      }
    }
  });
});
