/** Values as JSON has them: what isn't known is `null` there. */

/** A value as JSON. */
export type Written<A> = A extends undefined ? null
  : A extends string | number | boolean | null ? A
  : A extends ReadonlyArray<infer B> ? Array<Written<B>>
  : { [K in keyof A]: Written<A[K]> }

export const written = <A>(value: A): Written<A> => JSON.parse(JSON.stringify(value, nulled))

const nulled = (_: string, value: unknown): unknown => value === undefined ? null : value
