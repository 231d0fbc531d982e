import { TaplineError } from '../../../errors.js';

export interface S3Place {
  bucket: string;
  prefix: string;
  accessKeyId: string | undefined;
  secretAccessKey: string | undefined;
}

/** `s3://[key:secret@]bucket/prefix`. A secret may hold slashes as they are, or as `%2F`. Throws STATE_BACKEND_SETTINGS. */
export function parseS3Uri(uri: string): S3Place {
  const found = /^s3:\/\/(?:([^:@/]*):(.*)@)?([^/@:]*)(?:\/(.*))?$/is.exec(uri.trim());
  const [, key, secret, bucket = '', prefix = ''] = found ?? [];
  if (bucket === '') {
    throw new TaplineError('STATE_BACKEND_SETTINGS', 'state_backend.uri does not name a bucket.', {
      hint: 'Write it as s3://bucket/prefix. An endpoint other than Amazon is named by state_backend.s3.endpoint_url.',
    });
  }
  return { bucket, prefix, accessKeyId: textOf(key), secretAccessKey: textOf(secret) };
}

function textOf(part: string | undefined): string | undefined {
  if (part === undefined || part === '') return undefined;
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
