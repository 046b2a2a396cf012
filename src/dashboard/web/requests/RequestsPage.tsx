import { NeverUsed } from "../overview/NeverUsed.tsx"
import { Empty } from "../parts/Empty.tsx"
import { Export } from "../parts/Export.tsx"
import { Link } from "../parts/Link.tsx"
import { Panel } from "../parts/Panel.tsx"
import { arrivals } from "../state/live.ts"
import { log, rows } from "../state/log.ts"
import { isWide } from "../state/screen.ts"
import { view } from "../state/view.ts"
import { FullFilters } from "./FilterBar.tsx"
import { LogState, NewPill } from "./LogHeader.tsx"
import { LogTable } from "./LogTable.tsx"
import { brief, full } from "./columns.tsx"

const Pages = () => {
  const next = log.answer.value?.data.next ?? null
  const { before } = view.value
  return next === null && before === undefined ? null : (
    <nav class="pages" aria-label="Pages of the log">
      {before === undefined ? null : <Link to={{ before: undefined }} data-testid="newest">← Newest</Link>}
      {next === null
        ? <span class="muted">The end</span>
        : <Link to={{ before: next }} data-testid="older">Older →</Link>}
    </nav>
  )
}

export const RequestsPage = () =>
  log.answer.value?.data.lastSeq === 0 && arrivals.value === 0 ? <NeverUsed /> : (
    <div class="requests">
      <Panel
        area="requests"
        title="Request log"
        note={<LogState />}
        side={
          <>
            <NewPill />
            <Export of="requests" what="these requests" />
          </>
        }
        of={log}
      >
        {() => (
          <>
            <FullFilters />
            {rows.value.length === 0 ? <Empty /> : (
              <>
                <LogTable columns={view.value.request !== undefined && isWide.value ? brief : full} />
                <Pages />
              </>
            )}
          </>
        )}
      </Panel>
    </div>
  )
