/** State in S3, for projects that set `state_backend.uri: s3://bucket/prefix`. */
import { TaplineError } from '../../../errors.js';
import type { VersionRetention } from '../../kept-versions.js';
import type { StateBackend } from '../../port.js';
import { createObjectState } from '../state-backend.js';
import { createS3Store } from './store.js';
import { parseS3Uri } from './uri.js';

export interface S3Settings {
  uri: string;
  /** A setting under `state_backend.s3`. */
  setting: (name: string) => string | undefined;
  lockTimeoutSeconds?: number | undefined;
  lockRetrySeconds?: number | undefined;
  keptVersions?: VersionRetention | undefined;
}

/** Throws STATE_BACKEND_SETTINGS; the store itself is asked with the first read. */
export async function openS3State({ uri, setting, ...settings }: S3Settings): Promise<StateBackend> {
  const place = parseS3Uri(uri);
  const credentials = credentialsOf(
    setting('aws_access_key_id') ?? place.accessKeyId,
    setting('aws_secret_access_key') ?? place.secretAccessKey,
    setting('aws_session_token'),
  );
  const store = await createS3Store({
    bucket: place.bucket,
    credentials,
    endpoint: endpointOf(setting('endpoint_url')),
    region: setting('region'),
  });
  return createObjectState({ store, prefix: place.prefix, ...settings });
}

/** Without any the SDK looks where it always does: variables, profiles, web identity, containers, the instance. */
function credentialsOf(accessKeyId?: string, secretAccessKey?: string, sessionToken?: string) {
  if (accessKeyId !== undefined && secretAccessKey !== undefined) {
    return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
  }
  if (secretAccessKey !== undefined) {
    throw incomplete(
      'AWS secret access key configured, but not AWS access key ID.',
      'state_backend.s3.aws_access_key_id',
    );
  }
  if (accessKeyId !== undefined) {
    throw incomplete(
      'AWS access key ID configured, but no AWS secret access key.',
      'state_backend.s3.aws_secret_access_key',
    );
  }
  return undefined;
}

function incomplete(message: string, missing: string): TaplineError {
  return new TaplineError('STATE_BACKEND_SETTINGS', message, {
    hint: `Set ${missing} too, or neither of the two: then the credentials of the AWS SDK are used (AWS_ACCESS_KEY_ID, AWS_PROFILE, a role ...).`,
    data: { missing },
  });
}

function endpointOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const isUrl = /^https?:\/\//i.test(text) && URL.canParse(text);
  if (isUrl) return text;
  throw new TaplineError('STATE_BACKEND_SETTINGS', 'state_backend.s3.endpoint_url is not the address of a server.', {
    hint: 'Give it with its scheme: https://minio.example.com:9000.',
  });
}
