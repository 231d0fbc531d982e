/** What the answers of an S3 store mean, without anything secret in them. */
import { type ErrorCode, TaplineError } from '../../../errors.js';

interface Refusal {
  code: ErrorCode;
  message: string;
  hint: string;
}

export interface Refused {
  bucket: string;
  /** The object that was asked for, as people name it. */
  name: string;
}

type Explain = (refused: Refused) => Refusal;

const refused =
  (message: (refused: Refused) => string, hint: string): Explain =>
  (about) => ({ code: 'STATE_BACKEND_REFUSED', message: message(about), hint });

const noAccess = refused(
  ({ name }) => `No permission for ${name}.`,
  'The credentials need s3:GetObject, s3:PutObject and s3:DeleteObject on the prefix, and s3:ListBucket on the bucket (see docs/state.md).',
);
const badKey = refused(
  ({ bucket }) =>
    `The bucket ${bucket} can't be used: its server does not know the access key, or the secret is wrong.`,
  'Check the credentials: state_backend.s3.aws_access_key_id and aws_secret_access_key, or those of the AWS SDK; and check that state_backend.s3.endpoint_url is their server.',
);
const expired = refused(
  ({ bucket }) => `The bucket ${bucket} can't be used: the credentials have expired.`,
  'Renew them (for example `aws sso login`), or set a new session token.',
);
const wrongRegion = refused(
  ({ bucket }) => `The bucket ${bucket} is in another region.`,
  'Set state_backend.s3.region or AWS_REGION to the region of the bucket.',
);

const known: Readonly<Record<string, Explain>> = {
  NoSuchBucket: refused(
    ({ bucket }) => `There is no bucket ${bucket}.`,
    'Create it first, or check its name in state_backend.uri and the server in state_backend.s3.endpoint_url.',
  ),
  InvalidBucketName: refused(
    ({ bucket }) => `${bucket} can't be the name of a bucket.`,
    'See state_backend.uri: s3://bucket/prefix.',
  ),
  AccessDenied: noAccess,
  Forbidden: noAccess,
  AllAccessDisabled: noAccess,
  AccountProblem: noAccess,
  InvalidAccessKeyId: badKey,
  SignatureDoesNotMatch: badKey,
  InvalidToken: badKey,
  ExpiredToken: expired,
  ExpiredTokenException: expired,
  TokenRefreshRequired: expired,
  RequestTimeTooSkewed: refused(
    ({ bucket }) => `The server of the bucket ${bucket} refuses the time of this machine: the clocks differ too much.`,
    "Correct this machine's clock, for example with NTP.",
  ),
  PermanentRedirect: wrongRegion,
  TemporaryRedirect: wrongRegion,
  AuthorizationHeaderMalformed: wrongRegion,
  IllegalLocationConstraintException: wrongRegion,
  NotImplemented: refused(
    ({ bucket }) => `The server of the bucket ${bucket} does not support the request, most likely conditional writes.`,
    'Use a store that supports them (Amazon S3, MinIO, Cloudflare R2), or keep state in the system database or in files.',
  ),
  CredentialsProviderError: (about) => ({
    code: 'STATE_BACKEND_SETTINGS',
    message: `There are no credentials for the bucket ${about.bucket}.`,
    hint: 'Set state_backend.s3.aws_access_key_id and aws_secret_access_key, or give the AWS SDK some: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or a role.',
  }),
};

interface ServiceError {
  name?: unknown;
  Code?: unknown;
  code?: unknown;
  message?: unknown;
  $metadata?: { httpStatusCode?: number };
}

/** The condition of a write was not met. 409: two write at once. */
export function isConditionFailure(error: unknown): boolean {
  const status = statusOf(error);
  return status === 412 || status === 409;
}

export function isMissing(error: unknown): boolean {
  return statusOf(error) === 404 && nameOf(error) !== 'NoSuchBucket';
}

/** A coded error for what the store or the network refused; anything else comes back as it is. */
export function explainS3Error(error: unknown, about: Refused): unknown {
  if (error instanceof TaplineError) return error;
  const name = nameOf(error);
  const status = statusOf(error);
  const explain = known[name] ?? byStatus(status);
  if (explain !== undefined) {
    const { code, message, hint } = explain(about);
    return new TaplineError(code, message, { hint, cause: error, data: { bucket: about.bucket, s3: name, status } });
  }
  if (!isPassing(error, name, status)) return error;
  const why = status === undefined ? networkReason(error) : `it answers ${status}${name === '' ? '' : ` (${name})`}`;
  return new TaplineError(
    'STATE_BACKEND_UNREACHABLE',
    `The server of the bucket ${about.bucket} can't be reached: ${why}.`,
    {
      hint: 'Check the network and state_backend.s3.endpoint_url; nothing was changed.',
      cause: error,
      data: { bucket: about.bucket, s3: name, status },
    },
  );
}

function byStatus(status: number | undefined): Explain | undefined {
  if (status === 301 || status === 307) return wrongRegion;
  if (status === 401 || status === 403) return noAccess;
  if (status === 501) return known.NotImplemented;
  if (status === undefined || status < 400 || status >= 500 || status === 408 || status === 429) return undefined;
  return refused(({ name }) => `${name} was refused with ${status}.`, 'See the log of the server.');
}

/** Server faults, throttling, and everything that never became an answer. */
function isPassing(error: unknown, name: string, status: number | undefined): boolean {
  if (status !== undefined) return status >= 500 || status === 408 || status === 429 || status === 200;
  return name === 'TimeoutError' || name === 'AbortError' || typeof (error as ServiceError | null)?.code === 'string';
}

function networkReason(error: unknown): string {
  const { code, name } = error as ServiceError;
  if (name === 'AbortError') return 'no answer in time';
  return typeof code === 'string' ? code : String(name);
}

function nameOf(error: unknown): string {
  const { Code, name } = (error ?? {}) as ServiceError;
  return String((typeof Code === 'string' && Code !== '' ? Code : name) ?? '');
}

function statusOf(error: unknown): number | undefined {
  return (error as ServiceError | null)?.$metadata?.httpStatusCode;
}
