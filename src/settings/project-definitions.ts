import type { SettingDefinition } from '../plugins/types.js';

const choices = (...values: string[]): { label: string; value: unknown }[] =>
  values.map((value) => ({ label: value, value }));

/** Settings of a project that Meltano 4.4.1 knows, with its kinds and defaults, in its order. */
const meltanoDefinitions: readonly SettingDefinition[] = [
  { name: 'default_environment', description: 'Environment that is used where none is named.' },
  {
    name: 'send_anonymous_usage_stats',
    kind: 'boolean',
    value: true,
    description: 'Read by Meltano only: nothing is sent by this program.',
  },
  { name: 'disable_tracking', kind: 'boolean', description: 'Read by Meltano only: nothing is sent by this program.' },
  { name: 'project_id', description: 'Identifies the project.' },
  {
    name: 'database_uri',
    value: 'sqlite:///$MELTANO_SYS_DIR_ROOT/meltano.db',
    env_specific: true,
    description: 'The system database: sqlite:///path or postgresql://user:password@host/name.',
  },
  {
    name: 'database_max_retries',
    kind: 'integer',
    value: 3,
    description: 'Further attempts to reach the system database at start.',
  },
  { name: 'database_retry_timeout', kind: 'integer', value: 5, description: 'Seconds between these attempts.' },
  {
    name: 'project_readonly',
    kind: 'boolean',
    value: false,
    env_specific: true,
    description: 'Refuse every change to project files.',
  },
  { name: 'hub_api_root', description: 'Root URL of the hub API; replaces hub_url.' },
  { name: 'hub_url', value: 'https://hub.meltano.com', description: 'Where definitions of known plugins are found.' },
  { name: 'hub_url_auth', description: 'Authorization header for the hub.' },
  {
    name: 'elt.buffer_size',
    kind: 'integer',
    value: 104_857_600,
    description: 'Read by Meltano only: messages have no limit of this kind here.',
  },
  { name: 'python', description: 'Python interpreter for plugins: a path or a name on PATH.' },
  { name: 'auto_install', kind: 'boolean', value: true, description: 'Install what a command needs before it starts.' },
  {
    name: 'state_backend.uri',
    value: 'systemdb',
    env_specific: true,
    description: 'Where state is kept: systemdb, file:///path, s3://...',
  },
  {
    name: 'state_backend.lock_timeout_seconds',
    kind: 'integer',
    value: 10,
    env_specific: true,
    description: 'Seconds for which a lock file on a state ID holds.',
  },
  {
    name: 'state_backend.lock_retry_seconds',
    kind: 'integer',
    value: 1,
    env_specific: true,
    description: 'Seconds to wait for a locked state ID.',
  },
  {
    name: 'cli.log_level',
    kind: 'options',
    options: choices('debug', 'info', 'warning', 'error', 'critical', 'disabled'),
    value: 'info',
    env_specific: true,
    description: 'The least serious messages that are shown.',
  },
  { name: 'cli.log_config', value: 'logging.yaml', description: 'A logging configuration file.' },
  {
    name: 'cli.log_format',
    kind: 'options',
    options: choices('colored', 'uncolored', 'json', 'key_value', 'plain'),
    value: 'colored',
    description: 'The form of log lines.',
  },
  {
    name: 'cli.disable_version_check',
    kind: 'boolean',
    value: false,
    description: 'Read by Meltano only: versions are never checked here.',
  },
  {
    name: 'snowplow.collector_endpoints',
    kind: 'array',
    value: ['https://sp.meltano.com'],
    description: 'Read by Meltano only: nothing is sent by this program.',
  },
  {
    name: 'venv.backend',
    kind: 'options',
    options: choices('virtualenv', 'uv'),
    value: 'uv',
    description: 'What makes virtual environments.',
  },
  { name: 'experimental', kind: 'boolean', value: false, description: 'Read by Meltano only.' },
  {
    name: 'ff.strict_env_var_mode',
    kind: 'boolean',
    value: false,
    description: 'Fail where a variable that is referred to is not set.',
  },
  {
    name: 'ff.plugin_locks_required',
    kind: 'boolean',
    value: false,
    description: 'Read by Meltano only, and without effect since its version 3.',
  },
  ...['connection_string', 'storage_account_url'].map((name) =>
    stateBackend(`azure.${name}`, name === 'connection_string'),
  ),
  ...['application_credentials', 'application_credentials_json', 'application_credentials_path'].map((name) =>
    stateBackend(`gcs.${name}`, true),
  ),
  ...['aws_access_key_id', 'aws_secret_access_key', 'endpoint_url'].map((name) =>
    stateBackend(`s3.${name}`, name !== 'endpoint_url'),
  ),
];

/** Ours: of stores that Meltano knows too, or under `tapline:` in meltano.yml or `annotations.tapline` of an environment; Meltano keeps and ignores them. */
const ownDefinitions: readonly SettingDefinition[] = [
  stateBackend('s3.aws_session_token', true),
  stateBackend('s3.region', false),
  {
    name: 'tapline.history.retention_days',
    kind: 'integer',
    value: 90,
    description: 'Days for which finished runs are kept in the history.',
  },
  {
    name: 'tapline.unsupported_selection',
    kind: 'options',
    options: choices('warn', 'fail'),
    value: 'warn',
    description: 'What happens when a tap that takes no catalog has selection rules: `warn` or `fail`.',
  },
  {
    name: 'tapline.empty_selection',
    kind: 'options',
    options: choices('warn', 'fail'),
    value: 'warn',
    description: 'What happens when the selection rules leave no stream of a tap: `warn` or `fail`.',
  },
  {
    name: 'tapline.state_versions.keep',
    kind: 'integer',
    value: 20,
    description:
      'So many of the newest versions of a state are kept, and the last version of so many of its newest runs.',
  },
  {
    name: 'tapline.state_versions.days',
    kind: 'integer',
    value: 90,
    description: 'Days after which versions of a state go, save for those of its last runs.',
  },
];

export const projectDefinitions: readonly SettingDefinition[] = [...meltanoDefinitions, ...ownDefinitions];

/** Whether a project setting is one of ours, which Meltano doesn't know. */
export function isOwnSetting(name: string): boolean {
  return ownDefinitions.some((definition) => definition.name === name) || name.startsWith('tapline.');
}

function stateBackend(name: string, sensitive: boolean): SettingDefinition {
  return { name: `state_backend.${name}`, kind: 'string', sensitive, env_specific: true };
}
