import { Never } from "../parts/Never.tsx"
import { batches } from "../state/figures.ts"
import { BatchTable } from "./BatchTable.tsx"
import { Headline } from "./Headline.tsx"

const program = `import { Effect } from "effect"
import { Loom } from "loom-router"

const batch = Loom.submitBatch([{ model: "openai/gpt-4o-mini", prompt: "hi" }])
console.log((await Effect.runPromise(batch)).id)`

const NeverBatched = () => (
  <Never
    name="batch"
    title="No batches yet"
    program={program}
    command="loom batch submit rows.jsonl -m openai/gpt-4o-mini"
    place={null}
  >
    A batch is many requests at once, for who can wait: vendors answer within a day or so, most of them at half the
    price. Each batch shows up here, whoever submits it, with how far it is, what it has cost and what it has saved.
  </Never>
)

export const BatchesPage = () =>
  batches.answer.value?.data.firstAt === null ? <NeverBatched /> : (
    <div class="overview">
      <Headline />
      <BatchTable />
    </div>
  )
