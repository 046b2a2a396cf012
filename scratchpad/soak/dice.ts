/** Chance that a seed decides. */
export interface Dice {
  /** A whole number from 0, below this. */
  readonly below: (count: number) => number
  readonly chance: (probability: number) => boolean
  readonly pick: <A>(from: readonly [A, ...ReadonlyArray<A>]) => A
}

export const dice = (seed: number): Dice => {
  let state = seed >>> 0
  const random = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (count: number) => Math.floor(random() * count)
  return { below, chance: (probability) => random() < probability, pick: (from) => from[below(from.length)] ?? from[0] }
}
