import type { ComponentChildren } from "preact"

/** More about what is pointed at or has the focus. What holds it has the class `tipped`. */
export const Tip = ({ children, id }: { readonly id: string; readonly children: ComponentChildren }) => (
  <span role="tooltip" id={id} class="tip">{children}</span>
)
