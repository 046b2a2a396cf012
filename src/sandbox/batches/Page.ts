/**
 * Lists that are told by the page.
 */

export interface Page<A> {
  readonly items: ReadonlyArray<A>
  readonly hasMore: boolean
}

/** Those after the item of this id, or all where there is none. */
export const after = <A extends { readonly id: string }>(
  items: ReadonlyArray<A>,
  id: string | null,
  limit: number
): Page<A> => {
  const from = id === null ? 0 : items.findIndex((item) => item.id === id) + 1
  return { items: items.slice(from, from + limit), hasMore: items.length > from + limit }
}

/** Those before the item of this id, nearest to it. */
export const before = <A extends { readonly id: string }>(
  items: ReadonlyArray<A>,
  id: string,
  limit: number
): Page<A> => {
  const to = Math.max(0, items.findIndex((item) => item.id === id))
  return { items: items.slice(Math.max(0, to - limit), to), hasMore: to > limit }
}

/** A count in a query, within bounds. */
export const limitIn = (query: URLSearchParams, usual: number, most: number, name = "limit"): number => {
  const asked = Number(query.get(name) ?? usual)
  return Number.isInteger(asked) && asked >= 1 ? Math.min(asked, most) : usual
}
