import type { ComponentChildren } from "preact"

/** One of a few, each a press away. */
export const Segments = <A extends string>({ children, label, labels, name, onPick, values, value }: {
  readonly name: string
  readonly label: string
  readonly values: ReadonlyArray<A>
  readonly labels: (value: A) => string
  /** None where it is chosen by what follows them. */
  readonly value: A | undefined
  readonly onPick: (value: A) => void
  readonly children?: ComponentChildren
}) => (
  <fieldset class="segments" data-testid={name}>
    <legend class="sr-only">{label}</legend>
    {values.map((one) => (
      <label key={one}>
        <input type="radio" name={name} value={one} checked={one === value} onChange={() => onPick(one)} />
        <span>{labels(one)}</span>
      </label>
    ))}
    {children}
  </fieldset>
)
