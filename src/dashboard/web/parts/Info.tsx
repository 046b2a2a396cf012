import type { ComponentChildren } from "preact"

/** ⓘ: what a figure means, for who asks. */
export const Info = ({ about, children, id }: {
  readonly id: string
  readonly about: string
  readonly children: ComponentChildren
}) => (
  <>
    <button type="button" class="info" popovertarget={id} aria-label={about} data-testid={`info-${id}`}>
      <span aria-hidden="true">i</span>
    </button>
    <div id={id} popover="auto" class="popover">{children}</div>
  </>
)
