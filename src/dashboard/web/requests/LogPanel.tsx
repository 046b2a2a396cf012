import { Empty } from "../parts/Empty.tsx"
import { Link } from "../parts/Link.tsx"
import { Panel } from "../parts/Panel.tsx"
import { log, rows } from "../state/log.ts"
import { inLog } from "../state/view.ts"
import { BriefFilters } from "./FilterBar.tsx"
import { LogState, NewPill } from "./LogHeader.tsx"
import { LogTable } from "./LogTable.tsx"
import { brief } from "./columns.tsx"

/** The log as a panel among others. */
export const LogPanel = () => (
  <Panel
    area="log"
    title="Live request log"
    note={<LogState />}
    side={
      <>
        <NewPill />
        <BriefFilters />
        <Link to={inLog()} aria-label="All requests">All →</Link>
      </>
    }
    of={log}
  >
    {() => rows.value.length === 0 ? <Empty /> : <LogTable columns={brief} />}
  </Panel>
)
