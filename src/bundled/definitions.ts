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
  sensitive?: boolean;
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

const tapRest: BundledDefinition = {
  plugin_type: 'extractors',
  name: 'tap-rest',
  namespace: 'tap_rest',
  variant: 'tapline',
  label: 'REST APIs',
  description: 'Reads lists of JSON objects from an HTTP API, page by page.',
  executable: 'tap-rest',
  capabilities: ['catalog', 'discover', 'state', 'structured-logging'],
  settings_group_validation: [
    ['base_url', 'streams'],
    ['base_url', 'path'],
  ],
  settings: [
    {
      name: 'base_url',
      kind: 'string',
      label: 'Base URL',
      description:
        'What all paths begin with, such as `https://api.example.com/v1`. Credentials are sent to its origin only.',
    },
    {
      name: 'streams',
      kind: 'array',
      label: 'Streams',
      description:
        'A list of maps: `name`, `path`, and where needed `records_path`, `primary_keys`, `replication_key`, `sorted`, `start_param`, `end_param`, `partition_days`, `params` and `schema`. All but `name`, `params` and `schema` can be set for all streams beside this list.',
    },
    {
      name: 'path',
      kind: 'string',
      label: 'Path',
      description: 'The path of a stream that has none of its own; without `streams`, of the only stream.',
    },
    {
      name: 'records_path',
      kind: 'string',
      label: 'Records path',
      description:
        'Where the records are in an answer, such as `data.items`. By default the answer, or the only list in it.',
    },
    {
      name: 'primary_keys',
      kind: 'array',
      label: 'Primary keys',
      description: 'The properties that identify a record.',
    },
    {
      name: 'replication_key',
      kind: 'string',
      label: 'Replication key',
      description:
        'The property that grows with each change, such as `updated_at`. The next run reads from its greatest value.',
    },
    {
      name: 'sorted',
      kind: 'boolean',
      label: 'Sorted',
      description:
        'The API gives records in ascending order of the replication key, so that the bookmark moves with them.',
    },
    {
      name: 'start_param',
      kind: 'string',
      label: 'Start parameter',
      description:
        'The query parameter that takes the bookmark, such as `updated_since`. Without it the tap leaves out older records itself.',
    },
    {
      name: 'end_param',
      kind: 'string',
      label: 'End parameter',
      description: 'The query parameter that takes the end of a part or `end_date`.',
    },
    {
      name: 'partition_days',
      kind: 'integer',
      label: 'Days of a part',
      description:
        'Number of days to read at a time, ascending; the bookmark moves after each part. Needs `start_date`.',
    },
    {
      name: 'start_date',
      kind: 'string',
      label: 'Start date',
      description: 'Where the first run begins.',
    },
    {
      name: 'end_date',
      kind: 'string',
      label: 'End date',
      description: 'Records from this date on are not read.',
    },
    {
      name: 'auth_method',
      kind: 'options',
      label: 'Authentication',
      description: 'By default `bearer` with an `api_token`, `basic` with a `username`, else `none`.',
      options: [
        { label: 'None', value: 'none' },
        { label: 'Bearer token', value: 'bearer' },
        { label: 'User name and password', value: 'basic' },
        { label: 'Token in a header', value: 'header' },
        { label: 'Token in the query', value: 'query' },
      ],
    },
    {
      name: 'api_token',
      kind: 'string',
      sensitive: true,
      label: 'API token',
      description: 'The token for `bearer`, `header` and `query`.',
    },
    {
      name: 'auth_name',
      kind: 'string',
      label: 'Name of the token',
      description: 'The header (by default `x-api-key`) or the query parameter (`api_key`) that takes the token.',
    },
    {
      name: 'username',
      kind: 'string',
      label: 'User name',
      description: 'For `basic`.',
    },
    {
      name: 'password',
      kind: 'string',
      sensitive: true,
      label: 'Password',
      description: 'For `basic`.',
    },
    {
      name: 'headers',
      kind: 'object',
      sensitive: true,
      label: 'Headers',
      description: 'More headers of each request. They count as credentials.',
    },
    {
      name: 'params',
      kind: 'object',
      label: 'Parameters',
      description: 'More query parameters of each request.',
    },
    {
      name: 'pagination',
      kind: 'options',
      value: 'page',
      label: 'Pagination',
      description: 'How a list continues. Pages and offsets are read until one is empty.',
      options: [
        { label: 'Page number', value: 'page' },
        { label: 'Offset', value: 'offset' },
        { label: 'Cursor in the answer', value: 'cursor' },
        { label: 'Link header', value: 'link' },
        { label: 'One answer has all', value: 'none' },
      ],
    },
    {
      name: 'page_size',
      kind: 'integer',
      value: 100,
      label: 'Page size',
      description: 'Records a page that are asked for.',
    },
    {
      name: 'page_size_param',
      kind: 'string',
      label: 'Page size parameter',
      description: 'By default `page_size`, with `offset` it is `limit`.',
    },
    {
      name: 'page_param',
      kind: 'string',
      value: 'page',
      label: 'Page parameter',
      description: 'The query parameter of the page number.',
    },
    {
      name: 'page_start',
      kind: 'integer',
      value: 1,
      label: 'First page',
      description: 'The number of the first page.',
    },
    {
      name: 'offset_param',
      kind: 'string',
      value: 'offset',
      label: 'Offset parameter',
      description: 'The query parameter of the offset.',
    },
    {
      name: 'cursor_param',
      kind: 'string',
      value: 'cursor',
      label: 'Cursor parameter',
      description: 'The query parameter of the cursor.',
    },
    {
      name: 'cursor_path',
      kind: 'string',
      value: 'next_cursor',
      label: 'Cursor path',
      description: 'Where the next cursor, or the whole next address, is in an answer.',
    },
    {
      name: 'batch_size',
      kind: 'integer',
      value: 10_000,
      label: 'Batch size',
      description: 'Records of a stream after which a state is emitted.',
    },
    {
      name: 'request_timeout',
      kind: 'integer',
      value: 60,
      label: 'Request timeout',
      description: 'Seconds that a whole answer may take.',
    },
    {
      name: 'max_retries',
      kind: 'integer',
      value: 5,
      label: 'Retries',
      description: 'How often a request is tried again after 429, 5xx, a cut connection or a timeout.',
    },
    {
      name: 'backoff_strategy',
      kind: 'options',
      value: 'exponential',
      label: 'Backoff',
      description: 'How the pauses between attempts grow. `Retry-After` comes first.',
      options: [
        { label: 'Doubling', value: 'exponential' },
        { label: 'Constant', value: 'constant' },
      ],
    },
    {
      name: 'backoff_factor',
      value: 1,
      label: 'Backoff factor',
      description: 'The first pause, in seconds.',
    },
    {
      name: 'max_backoff',
      kind: 'integer',
      value: 300,
      label: 'Longest pause',
      description: 'In seconds. A server that asks for a longer one fails the tap.',
    },
    {
      name: 'parallel_streams',
      kind: 'integer',
      value: 4,
      label: 'Parallel streams',
      description: 'How many streams are read at once.',
    },
    {
      name: 'inference_records',
      kind: 'integer',
      value: 1000,
      label: 'Records for inference',
      description: 'How many records are read to find out the properties of a stream without `schema`.',
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
  'tap-rest': tapRest,
  'target-jsonl': targetJsonl,
  'target-sqlite': targetSqlite,
};
