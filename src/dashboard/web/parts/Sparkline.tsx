const width = 120
const height = 32

/** Lines through what is known; what isn't is a gap. The bucket that still fills is dotted. */
export const Sparkline = ({ isFilling, values }: {
  readonly values: ReadonlyArray<number | null>
  readonly isFilling: boolean
}) => {
  const last = values.findLastIndex((value) => value !== null)
  const most = Math.max(...values.map((value) => value ?? 0)) || 1
  const step = width / Math.max(1, values.length - 1)
  const point = (value: number, at: number) =>
    `${(at * step).toFixed(1)} ${(height - 2 - (Math.max(0, value) / most) * (height - 4)).toFixed(1)}`
  const path = (from: number, to: number) => {
    let drawn = ""
    let isDown = false
    for (let at = Math.max(0, from); at <= to; at++) {
      const value = values[at]
      if (value === null || value === undefined) isDown = false
      else {
        drawn += `${isDown ? "L" : "M"}${point(value, at)}`
        isDown = true
      }
    }
    return drawn
  }
  const whole = isFilling ? last - 1 : last
  return (
    <svg class="spark" viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true">
      <path d={path(0, whole)} />
      {isFilling && last > 0 ? <path class="filling" d={path(last - 1, last)} /> : null}
    </svg>
  )
}
