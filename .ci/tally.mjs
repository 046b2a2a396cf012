// Sums vitest's JSON reports.
//   tally.mjs <broken steps> <report…>   `N passed, N failed`; fails unless all passed
//   tally.mjs --failed <report>          how many failed
//   tally.mjs --note <report> <seconds>  what is worth a word; fails where the run took longer or nothing ran
import { readFileSync, statSync } from "node:fs"

const tally = (file) => {
  let report
  try {
    report = JSON.parse(readFileSync(file, "utf8"))
  } catch {
    return { passed: 0, failed: 0, skipped: 0, seconds: 0 } // its step counts as broken
  }
  // A file that can't even be loaded has no test to fail.
  const unloaded =
    report.testResults.filter(({ assertionResults, status }) =>
      status === "failed" && !assertionResults.some(({ status }) => status === "failed")
    ).length
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + unloaded,
    skipped: report.numPendingTests + report.numTodoTests,
    seconds: (statSync(file).mtimeMs - report.startTime) / 1000
  }
}

const [first, ...rest] = process.argv.slice(2)
const say = (text) => process.stdout.write(`${text}\n`)

if (first === "--failed") say(tally(rest[0]).failed)
else if (first === "--note") {
  const { failed, passed, seconds, skipped } = tally(rest[0])
  const late = seconds > Number(rest[1])
  say(
    `${passed} passed, ${failed} failed, ${skipped} skipped, ${seconds.toFixed(1)} s${late ? ` of ${rest[1]} s` : ""}`
  )
  process.exitCode = late || passed === 0 ? 1 : 0
} else {
  const tallies = rest.map(tally)
  const sum = (key) => tallies.reduce((sum, one) => sum + one[key], 0)
  const failed = sum("failed") + Number(first)
  say(`${sum("passed")} passed, ${failed} failed`)
  process.exitCode = failed === 0 && sum("passed") > 0 ? 0 : 1
}
