/**
 * Every key that meltano.yml may have, by where it stands. schemas/meltano.schema.json says what they mean; a test holds
 * the two together. A key that is not here is kept and warned about.
 */
export const projectKeys = [
  'version',
  'requires_meltano',
  'project_id',
  'default_environment',
  'include_paths',
  'plugins',
  'environments',
  'env',
  'jobs',
  'schedules',
  'run_steps',
  'pipelines',
  'tapline',
  'annotations',
  'send_anonymous_usage_stats',
  'disable_tracking',
  'project_readonly',
  'database_uri',
  'database_max_retries',
  'database_retry_timeout',
  'python',
  'venv',
  'auto_install',
  'elt',
  'state_backend',
  'cli',
  'ff',
  'experimental',
  'hub_url',
  'hub_api_root',
  'hub_url_auth',
  'snowplow',
] as const;

export const environmentKeys = ['name', 'env', 'state_id_suffix', 'config', 'annotations'] as const;
export const jobKeys = ['name', 'tasks', 'annotations'] as const;
export const scheduleKeys = [
  'name',
  'interval',
  'job',
  'extractor',
  'loader',
  'transform',
  'start_date',
  'env',
  'annotations',
] as const;

export const stateBackendKeys = ['uri', 'lock_timeout_seconds', 'lock_retry_seconds', 's3', 'gcs', 'azure'] as const;
export const s3Keys = [
  'aws_access_key_id',
  'aws_secret_access_key',
  'aws_session_token',
  'endpoint_url',
  'region',
] as const;

export const runStepKeys = ['commands', 'jobs', 'run_dir', 'env', 'timeout', 'annotations'] as const;
export const pipelineKeys = [
  'id',
  'steps',
  'interval',
  'timezone',
  'retries',
  'retry_delay',
  'max_age_hours',
  'env',
  'after',
  'owner',
  'tags',
  'annotations',
] as const;

export const settingKeys = [
  'name',
  'kind',
  'value',
  'aliases',
  'env',
  'env_aliases',
  'label',
  'description',
  'documentation',
  'placeholder',
  'tooltip',
  'options',
  'oauth',
  'hidden',
  'sensitive',
  'env_specific',
  'value_processor',
  'value_post_processor',
] as const;

export const pluginKeys = [
  'name',
  'inherit_from',
  'namespace',
  'variant',
  'label',
  'description',
  'docs',
  'repo',
  'logo_url',
  'hidden',
  'pip_url',
  'python',
  'supported_python_versions',
  'executable',
  'capabilities',
  'settings',
  'settings_group_validation',
  'commands',
  'requires',
  'requires_meltano',
  'config',
  'env',
  'annotations',
  // They come along when a definition is copied from the hub.
  'keywords',
  'maintenance_status',
  'quality',
  'domain_url',
  'usage',
  'definition',
  'next_steps',
  'prereq',
  'settings_preamble',
  'default_variant',
] as const;

/** Of all that run. */
const blockExtras = ['concurrency', 'retries', 'retry_delay'] as const;
const singerExtras = ['log_parser', 'stall_timeout', ...blockExtras, 'arg_style'] as const;

/** Extras by type: what the original knows, then ours. */
export const extraKeys = {
  extractors: [
    'catalog',
    'state',
    'load_schema',
    'select',
    'metadata',
    'schema',
    'select_filter',
    'use_cached_catalog',
    ...singerExtras,
    'state_arg',
    'catalog_cache_ttl',
    'discovery_timeout',
    'backfill',
  ],
  loaders: ['dialect', 'target_schema', ...singerExtras],
  mappers: ['mappings', ...singerExtras],
  transforms: ['package_name', 'vars'],
  transformers: blockExtras,
  orchestrators: blockExtras,
  utilities: blockExtras,
  files: ['update'],
} as const;
