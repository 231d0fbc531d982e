import type { PluginType } from '../project/types.js';
import { defineMissing } from './setting-definitions.js';
import type { SettingDefinition } from './types.js';

const logParser: SettingDefinition = { name: '_log_parser', value: 'singer-sdk' };

/* Ours are hidden and have no default, so that they show up only where somebody set them. */

const ofEachThatRuns: SettingDefinition[] = [
  {
    name: '_concurrency',
    kind: 'integer',
    hidden: true,
    description: 'How many chains and commands of this plugin, its children included, run at once in one environment.',
  },
  {
    name: '_retries',
    kind: 'integer',
    hidden: true,
    description: 'How often a block with this plugin that failed is tried again.',
  },
  {
    name: '_retry_delay',
    hidden: true,
    description: 'The first pause before that, in seconds or as a text such as 5m; each one after it is twice as long.',
  },
];

const ofEachSingerPlugin: SettingDefinition[] = [
  {
    name: '_arg_style',
    kind: 'options',
    hidden: true,
    options: [
      { label: '--config, --catalog, --state', value: 'long' },
      { label: '-c, -p, -s, and -d for discovery', value: 'short' },
    ],
    description: 'How the file arguments are written; `long` where it is not set.',
  },
  {
    name: '_stall_timeout',
    kind: 'integer',
    hidden: true,
    description: 'Seconds without a byte moving in the chain, after which it is ended.',
  },
  ...ofEachThatRuns,
];

const byType: Record<PluginType, SettingDefinition[]> = {
  extractors: [
    logParser,
    { name: '_catalog' },
    { name: '_state' },
    { name: '_load_schema', value: '$MELTANO_EXTRACTOR_NAMESPACE' },
    { name: '_select', kind: 'array', value: ['*.*'] },
    { name: '_metadata', aliases: ['metadata'], kind: 'object', value: {}, value_processor: 'nest_object' },
    { name: '_schema', kind: 'object', value: {}, value_processor: 'nest_object' },
    { name: '_select_filter', kind: 'array', value: [] },
    { name: '_use_cached_catalog', kind: 'boolean', value: true },
    {
      name: '_state_arg',
      kind: 'options',
      hidden: true,
      options: [
        { label: 'The path of a file', value: 'file' },
        { label: 'The JSON text', value: 'inline' },
      ],
      description: 'What --state is given; `file` where it is not set.',
    },
    {
      name: '_catalog_cache_ttl',
      kind: 'integer',
      hidden: true,
      description: 'Seconds after which a cached catalog is discovered anew.',
    },
    {
      name: '_discovery_timeout',
      kind: 'integer',
      hidden: true,
      description: 'Seconds after which a catalog discovery is ended; 600 where it is not set.',
    },
    { name: '_backfill', kind: 'object', hidden: true, description: 'How a backfill is cut into windows.' },
    ...ofEachSingerPlugin,
  ],
  loaders: [logParser, { name: '_dialect', value: '$MELTANO_LOADER_NAMESPACE' }, ...ofEachSingerPlugin],
  mappers: [
    logParser,
    { name: '_mappings', aliases: ['mappings'], kind: 'array', value: {} },
    { name: '_mapping_name', aliases: ['mapping_name'], kind: 'string' },
    ...ofEachSingerPlugin,
  ],
  transforms: [
    { name: '_package_name', value: '$MELTANO_TRANSFORM_NAMESPACE' },
    { name: '_vars', kind: 'object', value: {} },
  ],
  files: [{ name: '_update', aliases: ['update'], kind: 'object', value: {} }],
  transformers: ofEachThatRuns,
  orchestrators: ofEachThatRuns,
  utilities: ofEachThatRuns,
};

/** The extras of a type with a definition's own defaults in them, then those that only the definition has. */
export function extraSettings(type: PluginType, defaults: Readonly<Record<string, unknown>>): SettingDefinition[] {
  const known = byType[type].map((setting) => {
    const value = defaults[setting.name.slice(1)];
    return value === undefined || value === null ? setting : { ...setting, value };
  });
  return [...known, ...defineMissing(known, defaults, { prefix: '_', asDefault: true })];
}
