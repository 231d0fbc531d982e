/** A value that is made on the first call; later calls wait for the same promise. */
export interface Lazy<T> {
  (): Promise<T>;
  /** The value if it was asked for and could be made; never makes it. */
  made(): Promise<T | undefined>;
}

export function lazy<T>(make: () => Promise<T>): Lazy<T> {
  let making: Promise<T> | undefined;
  const get = (): Promise<T> => {
    making ??= make();
    return making;
  };
  return Object.assign(get, { made: async () => making?.catch(() => undefined) });
}
