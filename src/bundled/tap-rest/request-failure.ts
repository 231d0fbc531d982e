/** Why a request has failed, and what follows from it. The message may hold what the server wrote. */
export class RequestFailure extends Error {
  readonly isTransient: boolean;
  /** What the server asks to wait, in seconds. */
  readonly retryAfter: number | undefined;

  constructor(
    message: string,
    { isTransient = false, retryAfter }: { isTransient?: boolean; retryAfter?: number | undefined } = {},
  ) {
    super(message);
    this.isTransient = isTransient;
    this.retryAfter = retryAfter;
  }
}

/** Too early, too many, too slow, and what servers say when they are down. */
const transientStatus = new Set([408, 425, 429, 500, 502, 503, 504, 507, 520, 521, 522, 523, 524, 529]);

export function statusFailure(response: Response, body: string): RequestFailure {
  const { status, statusText, headers } = response;
  const excerpt = body.replaceAll(/\s+/g, ' ').trim().slice(0, 200);
  const said = excerpt === '' || /^\s*</.test(body) ? '' : `, "${excerpt}"`;
  return new RequestFailure(`the server answered ${status}${statusText === '' ? '' : ` ${statusText}`}${said}`, {
    isTransient: transientStatus.has(status),
    retryAfter: retryAfter(headers.get('retry-after')),
  });
}

/** Seconds, or a date. */
function retryAfter(value: string | null): number | undefined {
  if (value === null) return undefined;
  if (/^\s*\d+(\.\d+)?\s*$/.test(value)) return Number(value);
  const time = Date.parse(value);
  return Number.isNaN(time) ? undefined : Math.max(0, (time - Date.now()) / 1000);
}

/** Of whatever a request throws: a connection that fails may succeed the next time. */
export function failureOf(error: unknown, timeout: number): RequestFailure {
  if (error instanceof RequestFailure) return error;
  const { name, message, cause } = error as Error & { cause?: Error & { code?: string } };
  if (name === 'TimeoutError') {
    return new RequestFailure(`no answer within ${timeout / 1000} s (\`request_timeout\`)`, { isTransient: true });
  }
  const reason = cause?.code ?? cause?.message ?? message;
  const isTransient = !/CERT|SELF_SIGNED|ERR_TLS|ERR_INVALID/.test(reason);
  return new RequestFailure(`the connection failed (${reason})`, { isTransient });
}

/** In seconds: doubles with each attempt, and is spread so that not all come back at once. */
export function pauseOf(attempt: number, backoff: { isExponential: boolean; factor: number; max: number }): number {
  if (!backoff.isExponential) return Math.min(backoff.factor, backoff.max);
  return Math.min(backoff.factor * 2 ** (attempt - 1), backoff.max) * (0.75 + Math.random() / 4);
}
