/** For programs whose output is shown somewhere: prices are dated, some by the hour, so that they begin at a day that stays. */
const { now } = Date
const shift = Date.UTC(2026, 10, 24, 10) - now()

globalThis.Date = class extends Date {
  static override now(): number {
    return now() + shift
  }
  constructor(...args: ReadonlyArray<unknown>) {
    super(...(args.length === 0 ? [now() + shift] : args) as [number])
  }
} as DateConstructor
