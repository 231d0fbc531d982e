/**
 * What the plugins that we ship are, in the words of a lock file: an entry with `variant: tapline` needs none.
 * The runner passes these on as definitions; the plugins read the same names from their config.
 */

/** Type aliases, since only these fit a definition's open-ended shape. */
type BundledSetting = {
  name: string;
  aliases?: string[];
  kind?: 'string' | 'integer' | 'boolean' | 'array' | 'object' | 'options';
  label: string;
  description: string;
  value?: unknown;
  options?: { label: string; value: string }[];
};

export type BundledDefinition = {
  plugin_type: 'extractors' | 'loaders';
  name: string;
  namespace: string;
  variant: 'tapline';
  label: string;
  description: string;
  executable: string;
  capabilities: string[];
  settings_group_validation: string[][];
  settings: BundledSetting[];
};

const tapCsv: BundledDefinition = {
  plugin_type: 'extractors',
  name: 'tap-csv',
  namespace: 'tap_csv',
  variant: 'tapline',
  label: 'CSV files',
  description: 'Reads CSV files in constant memory, and only what is new in them.',
  executable: 'tap-csv',
  capabilities: ['catalog', 'discover', 'state', 'structured-logging'],
  settings_group_validation: [['files'], ['csv_files_definition']],
  settings: [
    {
      name: 'files',
      kind: 'array',
      label: 'Files',
      description:
        'A list of maps: `entity` (the stream) and `path` (a file, a folder or a pattern such as `data/*.csv`, from the ' +
        "project's root); and where needed `keys` (a list of columns), `replication_key` (a column that only grows), " +
        '`delimiter`, `quotechar`, `escapechar`, `skipinitialspace` and `encoding`.',
    },
    {
      name: 'csv_files_definition',
      kind: 'string',
      label: 'CSV files definition',
      description: 'A JSON file with such a list, instead of `files`.',
    },
    {
      name: 'add_metadata_columns',
      kind: 'boolean',
      value: false,
      label: 'Add metadata columns',
      description: 'Adds `_sdc_source_file`, `_sdc_source_file_mtime` and `_sdc_source_lineno` to each record.',
    },
    {
      name: 'infer_types',
      kind: 'boolean',
      value: false,
      label: 'Infer types',
      description:
        'Columns that hold only whole numbers, numbers or true and false get that type, and empty fields of them are null. ' +
        'Else all columns are strings.',
    },
    {
      name: 'skip_unchanged_files',
      kind: 'boolean',
      value: true,
      label: 'Skip unchanged files',
      description:
        'A file with the size and time that the last run saw is not read again. Needs the state of that run.',
    },
  ],
};

const targetJsonl: BundledDefinition = {
  plugin_type: 'loaders',
  name: 'target-jsonl',
  namespace: 'target_jsonl',
  variant: 'tapline',
  label: 'JSON lines',
  description: 'Appends the records of each stream to a file with one JSON object a line.',
  executable: 'target-jsonl',
  capabilities: ['structured-logging'],
  settings_group_validation: [],
  settings: [
    {
      name: 'destination_path',
      kind: 'string',
      value: 'output',
      label: 'Destination path',
      description: "The folder for the files, from the project's root. It is made where there is none.",
    },
    {
      name: 'do_timestamp_file',
      kind: 'boolean',
      value: false,
      label: 'Timestamp in file names',
      description: 'Each run writes new files: `<stream>-<time of the start, UTC>.jsonl`.',
    },
    {
      name: 'custom_name',
      kind: 'string',
      label: 'Custom name',
      description: "Used instead of the stream's name, so that all streams go to one file.",
    },
  ],
};

const targetSqlite: BundledDefinition = {
  plugin_type: 'loaders',
  name: 'target-sqlite',
  namespace: 'target_sqlite',
  variant: 'tapline',
  label: 'SQLite',
  description: 'Loads each stream into a table of one SQLite file. Several may write to one file at the same time.',
  executable: 'target-sqlite',
  capabilities: ['structured-logging'],
  settings_group_validation: [['path']],
  settings: [
    {
      name: 'path',
      aliases: ['database', 'path_to_db'],
      kind: 'string',
      value: 'output/warehouse.db',
      label: 'Database file',
      description: "The database, from the project's root. It is made where there is none.",
    },
    {
      name: 'load_method',
      kind: 'options',
      value: 'upsert',
      label: 'Load method',
      description: 'What becomes of the rows that a table has. Streams without keys are always appended by `upsert`.',
      options: [
        { label: 'Replace rows with the same keys, add the others', value: 'upsert' },
        { label: 'Add all records', value: 'append-only' },
        { label: "Empty the table before the run's first record", value: 'overwrite' },
      ],
    },
    {
      name: 'table_prefix',
      kind: 'string',
      value: '',
      label: 'Table prefix',
      description: "Put before each stream's name.",
    },
    {
      name: 'table_names',
      kind: 'object',
      label: 'Table names',
      description: 'A map of streams to tables, for those that are to have another name. The prefix is not added.',
    },
    {
      name: 'batch_size_rows',
      kind: 'integer',
      value: 10_000,
      label: 'Batch size',
      description: 'The most records that one transaction writes.',
    },
    {
      name: 'add_record_metadata',
      kind: 'boolean',
      value: false,
      label: 'Add record metadata',
      description: 'Adds `_sdc_extracted_at`, `_sdc_received_at` and `_sdc_batched_at` to each row.',
    },
    {
      name: 'busy_timeout_seconds',
      kind: 'integer',
      value: 60,
      label: 'Busy timeout',
      description: 'How long to wait for another program that writes to the database.',
    },
  ],
};

/** By name. */
export const bundledDefinitions: Readonly<Record<string, BundledDefinition>> = {
  'tap-csv': tapCsv,
  'target-jsonl': targetJsonl,
  'target-sqlite': targetSqlite,
};
