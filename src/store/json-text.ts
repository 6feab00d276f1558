/** A value as it lies in a column; the reader is the function below. */
export const toJson = (value: unknown): string => JSON.stringify(value)

/** Reads what `toJson` wrote. The state is written by mpc alone, so its shape is taken on trust. */
export const fromJson = <T>(text: string): T => JSON.parse(text) as T

/** The same for a column that may be empty. */
export const fromJsonOr = <T, F>(text: string | null, fallback: F): T | F =>
  text === null ? fallback : fromJson<T>(text)
