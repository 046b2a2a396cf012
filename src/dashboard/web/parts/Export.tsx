import { selected } from "../state/view.ts"

const formats = ["csv", "json"] as const

/** What is filtered, as a file to keep. */
export const Export = ({ also = "", of, what }: {
  readonly of: "requests" | "spending" | "batches"
  readonly what: string
  readonly also?: string
}) => (
  <span class="export">
    {formats.map((format) => (
      <a
        key={format}
        href={`api/export/${of}?${selected.value}${also}&format=${format}`}
        download
        data-testid={`export-${format}`}
        aria-label={`Export ${what} as ${format.toUpperCase()}`}
      >
        {format.toUpperCase()} ↓
      </a>
    ))}
  </span>
)
