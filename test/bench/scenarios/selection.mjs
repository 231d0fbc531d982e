import { importSource } from '../import-source.mjs';
import { median } from '../pairs.mjs';

const streams = 2000;
const fields = 50;

export const selection = {
  name: 'selection',
  async run({ count }) {
    const { parseCatalog } = await importSource('src/singer/catalog.ts');
    const { applyRules } = await importSource('src/singer/selection.ts');
    const text = JSON.stringify(bigCatalog());
    const times = [];
    for (let round = -1; round < count; round += 1) {
      const catalog = parseCatalog(text);
      const started = performance.now();
      applyRules(catalog, { select: rules() });
      if (round >= 0) times.push(performance.now() - started);
    }
    return [
      {
        what: `${rules().length} selection rules on a parsed catalog of ${streams.toLocaleString('en')} streams with ${fields} fields`,
        measured: median(times),
        atMost: 100,
        unit: 'ms',
      },
    ];
  },
};

/** Half with wildcards, every fifth an exclusion. */
function rules() {
  return Array.from({ length: 20 }, (_, n) => {
    const exclude = n % 5 === 4 ? '!' : '';
    return n % 2 === 0 ? `${exclude}stream_${n}*.field_*` : `${exclude}*_${n * 50}.field_${n}`;
  });
}

function bigCatalog() {
  const columns = Array.from({ length: fields }, (_, n) => `field_${n}`);
  const properties = Object.fromEntries(columns.map((name) => [name, { type: ['null', 'string'] }]));
  return {
    streams: Array.from({ length: streams }, (_, n) => ({
      tap_stream_id: `stream_${n}`,
      stream: `stream_${n}`,
      schema: { type: 'object', properties: structuredClone(properties) },
      metadata: [
        { breadcrumb: [], metadata: { inclusion: 'available' } },
        ...columns.map((name) => ({ breadcrumb: ['properties', name], metadata: { inclusion: 'available' } })),
      ],
    })),
  };
}
