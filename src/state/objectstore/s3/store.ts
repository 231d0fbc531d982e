/** An S3 bucket as an object store. The SDK is loaded with this file only. */
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
  PutObjectCommand,
  S3Client,
  type S3ClientConfig,
} from '@aws-sdk/client-s3';
import type { Condition, ListedObject, ObjectStore, StoredObject } from '../object-store.js';
import { explainS3Error, isConditionFailure, isMissing } from './errors.js';

export interface S3StoreSettings {
  bucket: string;
  /** The SDK's own if undefined. */
  credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string } | undefined;
  endpoint: string | undefined;
  region: string | undefined;
}

/**
 * A lease lives for 60 s and is renewed every 5: a request with all its tries is over long before its end, so that a server
 * that hangs leaves time for another try.
 */
const maxSeconds = 12;
const connectSeconds = 3;
const tries = 3;

export async function createS3Store(settings: S3StoreSettings): Promise<ObjectStore> {
  return new S3Store(settings.bucket, await createClient(settings));
}

class S3Store implements ObjectStore {
  readonly kind = 's3';
  readonly #bucket: string;
  readonly #client: S3Client;

  constructor(bucket: string, client: S3Client) {
    this.#bucket = bucket;
    this.#client = client;
  }

  nameOf(key: string): string {
    return `s3://${this.#bucket}/${key}`;
  }

  get(key: string): Promise<StoredObject | undefined> {
    return this.#ask(key, async (options) => {
      try {
        const answer = await this.#client.send(new GetObjectCommand({ Bucket: this.#bucket, Key: key }), options);
        const text = (await answer.Body?.transformToString('utf-8')) ?? '';
        const modifiedAt = answer.LastModified ?? new Date();
        return { text, version: answer.ETag ?? '', modifiedAt, now: serverTime(answer) ?? new Date() };
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
    });
  }

  put(key: string, text: string, condition?: Condition): Promise<string | undefined> {
    const command = new PutObjectCommand({
      Bucket: this.#bucket,
      Key: key,
      Body: text,
      ContentType: 'application/json',
      ...(condition === 'absent' ? { IfNoneMatch: '*' } : {}),
      ...(typeof condition === 'object' ? { IfMatch: condition.version } : {}),
    });
    return this.#ask(key, async (options) => {
      try {
        return (await this.#client.send(command, options)).ETag ?? '';
      } catch (error) {
        if (condition !== undefined && isConditionFailure(error)) return undefined;
        // What was to be replaced is gone.
        if (typeof condition === 'object' && isMissing(error)) return undefined;
        throw error;
      }
    });
  }

  delete(key: string, seen?: { version: string }): Promise<void> {
    const match = seen === undefined ? {} : { IfMatch: seen.version };
    const command = new DeleteObjectCommand({ Bucket: this.#bucket, Key: key, ...match });
    return this.#ask(key, async (options) => {
      try {
        await this.#client.send(command, options);
      } catch (error) {
        if (!isConditionFailure(error) && !isMissing(error)) throw error;
      }
    });
  }

  async *list(prefix: string): AsyncGenerator<ListedObject[]> {
    for await (const page of this.#pages(prefix, undefined)) {
      yield (page.Contents ?? []).map(({ Key = '', LastModified }) => {
        return { key: Key, modifiedAt: LastModified ?? new Date() };
      });
    }
  }

  async *folders(prefix: string): AsyncGenerator<string[]> {
    const base = prefix.lastIndexOf('/') + 1;
    for await (const page of this.#pages(prefix, '/')) {
      yield (page.CommonPrefixes ?? []).map(({ Prefix = '' }) => Prefix.slice(base, -1));
    }
  }

  async close(): Promise<void> {
    this.#client.destroy();
  }

  async *#pages(prefix: string, delimiter: string | undefined): AsyncGenerator<ListObjectsV2CommandOutput> {
    let token: string | undefined;
    do {
      const command: ListObjectsV2Command = new ListObjectsV2Command({
        Bucket: this.#bucket,
        Prefix: prefix,
        ...(delimiter === undefined ? {} : { Delimiter: delimiter }),
        ...(token === undefined ? {} : { ContinuationToken: token }),
      });
      const page: ListObjectsV2CommandOutput = await this.#ask(prefix, (options) =>
        this.#client.send(command, options),
      );
      yield page;
      token = page.NextContinuationToken;
    } while (token !== undefined);
  }

  async #ask<T>(key: string, ask: (options: { abortSignal: AbortSignal }) => Promise<T>): Promise<T> {
    try {
      return await ask({ abortSignal: AbortSignal.timeout(maxSeconds * 1000) });
    } catch (error) {
      throw explainS3Error(error, { bucket: this.#bucket, name: this.nameOf(key) });
    }
  }
}

async function createClient({ credentials, endpoint, region }: S3StoreSettings): Promise<S3Client> {
  const server = endpoint ?? process.env.AWS_ENDPOINT_URL_S3 ?? process.env.AWS_ENDPOINT_URL;
  const isAmazon = server === undefined || /\.amazonaws\.com(\.cn)?$/i.test(new URL(server).hostname);
  const config: S3ClientConfig = {
    region: region ?? (await usualRegion()),
    // Other servers seldom have a host name for each bucket, and not all of them know the newer checksums.
    forcePathStyle: !isAmazon,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    followRegionRedirects: true,
    maxAttempts: tries,
    requestHandler: { connectionTimeout: connectSeconds * 1000 },
    ...(server === undefined ? {} : { endpoint: server }),
    ...(credentials === undefined ? {} : { credentials }),
  };
  const client = withoutWarning(() => new S3Client(config));
  keepServerTime(client);
  return client;
}

/** As the SDK finds it, by the variable that Python's SDK reads, or the one that S3 answers for all regions from. */
async function usualRegion(): Promise<string> {
  const named = process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION;
  if (named !== undefined && named !== '') return named;
  const client = withoutWarning(() => new S3Client({}));
  try {
    return await client.config.region();
  } catch {
    return 'us-east-1';
  } finally {
    client.destroy();
  }
}

/** The SDK would print a notice on stderr that it will drop this version of Node. */
function withoutWarning<T>(make: () => T): T {
  const name = 'AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED';
  const before = process.env[name];
  process.env[name] = 'true';
  try {
    return make();
  } finally {
    if (before === undefined) delete process.env[name];
    else process.env[name] = before;
  }
}

const times = new WeakMap<object, Date>();

/** The header `Date` of each answer, which the SDK does not hand on. */
function keepServerTime(client: S3Client): void {
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const date = (result.response as { headers?: Record<string, string> } | undefined)?.headers?.date;
      if (date !== undefined && result.output !== undefined) times.set(result.output, new Date(date));
      return result;
    },
    { step: 'deserialize', priority: 'high', name: 'keepServerTime' },
  );
}

function serverTime(output: object): Date | undefined {
  return times.get(output);
}
