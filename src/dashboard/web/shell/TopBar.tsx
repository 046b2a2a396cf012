import { useSignal, useSignalEffect } from "@preact/signals"
import { useRef } from "preact/hooks"
import { Copy } from "../parts/Copy.tsx"
import { Link } from "../parts/Link.tsx"
import { pages } from "../state/address.ts"
import { nextTheme, theme } from "../state/theme.ts"
import { view } from "../state/view.ts"
import { FilterBox } from "./FilterBox.tsx"
import { openHelp } from "./Help.tsx"
import { LiveButton } from "./LiveButton.tsx"
import { RangePicker } from "./RangePicker.tsx"

const Logo = () => (
  <svg class="logo" viewBox="0 0 16 16" aria-hidden="true">
    <path d="M5 1.5v6m0 3v4M11 1.5v4m0 3v6M1.5 5h2m3 0h8M1.5 11h8m3 0h2" />
  </svg>
)

const labels = { overview: "Overview", requests: "Requests", cost: "Cost", providers: "Providers", batches: "Batches" }
const marks = { auto: "◐", dark: "☾", light: "☀" }

const ThemeButton = () => (
  <button
    type="button"
    class="icon"
    data-testid="theme"
    aria-label={`Theme: ${theme.value}`}
    title={`Theme: ${theme.value}`}
    onClick={nextTheme}
  >
    <span aria-hidden="true">{marks[theme.value]}</span>
  </button>
)

/** Where one is, what is shown, and whether it moves. */
export const TopBar = () => {
  const isOpen = useSignal(false)
  const nav = useRef<HTMLElement>(null)
  // Where there is no room for all of them, the page that is open is seen.
  useSignalEffect(() => {
    const at = pages.indexOf(view.value.page)
    nav.current?.scrollTo({ left: (nav.current.scrollWidth * (at - 1)) / pages.length })
  })
  return (
    <header class="top-bar" data-open={isOpen.value}>
      <Link class="brand" to={{ page: "overview" }}>
        <Logo /> Loom
      </Link>
      <nav ref={nav} aria-label="Pages">
        {pages.map((page) => (
          <Link
            key={page}
            to={{ page }}
            aria-current={view.value.page === page ? "page" : undefined}
            data-testid={`nav-${page}`}
          >
            {labels[page]}
          </Link>
        ))}
      </nav>
      <div class="tools" id="tools">
        <FilterBox />
        <Copy what="the link to this view" label="Copy link" text={() => location.href} />
        <button type="button" class="icon" data-testid="help-button" aria-label="Keyboard shortcuts" onClick={openHelp}>
          ?
        </button>
      </div>
      <RangePicker />
      <LiveButton />
      <ThemeButton />
      <button
        type="button"
        class="icon menu"
        aria-label="Filter and more"
        aria-expanded={isOpen.value}
        aria-controls="tools"
        data-testid="menu"
        onClick={() => {
          isOpen.value = !isOpen.peek()
        }}
      >
        <span aria-hidden="true">☰</span>
      </button>
    </header>
  )
}
