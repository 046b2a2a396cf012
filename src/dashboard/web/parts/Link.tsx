import type { AnchorHTMLAttributes, ComponentChildren } from "preact"
import type { View } from "../state/address.ts"
import { hrefOf, show } from "../state/view.ts"

type Anchor = Omit<AnchorHTMLAttributes, "href" | "onClick" | "role">

const isPlain = (event: MouseEvent) =>
  event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey

/** A link to another view of the page, which opens in a tab of its own as any link does. */
export const Link = ({ children, to, ...rest }: Anchor & {
  readonly to: Partial<View>
  readonly children: ComponentChildren
}) => (
  <a
    {...rest}
    href={hrefOf(to)}
    onClick={(event) => {
      if (!isPlain(event)) return
      event.preventDefault()
      show(to)
    }}
  >
    {children}
  </a>
)
