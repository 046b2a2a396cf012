#!/usr/bin/env node
// Nothing may be imported here but what every Node has: an old one must still get as far as its message.
import manifest from "../../package.json" with { type: "json" }
import * as Quick from "./Quick.ts"

const needed = manifest.engines.node.replace(/^[^0-9]*/, "")
const [needsMajor = 0, needsMinor = 0] = needed.split(".").map(Number)
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number)

if (major < needsMajor || (major === needsMajor && minor < needsMinor)) {
  process.stderr.write(
    "loom needs Node " + needed + " or newer, and this is " + process.versions.node + ": see https://nodejs.org\n"
  )
  process.exitCode = 1
} else {
  // Most of what a command takes is Node compiling it, which it then needn't do again. NODE_DISABLE_COMPILE_CACHE says no.
  process.getBuiltinModule("node:module").enableCompileCache()
  void (Quick.answers(process.argv.slice(2)) ? import("./quickly.ts") : import("./main.ts"))
}
