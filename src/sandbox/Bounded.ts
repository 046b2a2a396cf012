/**
 * Collections that forget their oldest members.
 */

export interface List<A> {
  readonly add: (entry: A) => void
  readonly all: () => ReadonlyArray<A>
  readonly remove: (isGone: (entry: A) => boolean) => void
  readonly clear: () => void
}

export const list = <A>(capacity: number): List<A> => {
  let entries: Array<A> = []
  return {
    add: (entry) => {
      entries.push(entry)
      if (entries.length >= capacity * 2) entries = entries.slice(-capacity)
    },
    all: () => entries.slice(-capacity),
    remove: (isGone) => {
      entries = entries.filter((entry) => !isGone(entry))
    },
    clear: () => {
      entries = []
    }
  }
}

/** Sets the newest entry of `map` and drops the oldest beyond `capacity`. */
export const setNewest = <K, V>(map: Map<K, V>, capacity: number, key: K, value: V): void => {
  map.delete(key)
  map.set(key, value)
  const [oldest] = map.keys()
  if (map.size > capacity && oldest !== undefined) map.delete(oldest)
}
