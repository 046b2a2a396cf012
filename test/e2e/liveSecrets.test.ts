import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { Secrets } from "loom-router"

/** `vault`, `aws` or `gcp`, set up by its own environment variables, and the name of a secret that is in it. */
const { LOOM_LIVE_NAME: name = "OPENAI_API_KEY", LOOM_LIVE_SECRETS: source = "" } = process.env

describe.skipIf(source === "")("a real secret manager", () => {
  it.live(`${source} gives ${name}`, () =>
    Effect.gen(function*() {
      const secrets = yield* Secrets.Secrets
      assert.isNotEmpty(Redacted.value(yield* secrets.get(name)))
    }).pipe(Effect.provide(Secrets.layer({ from: source === "vault" || source === "aws" ? [source] : ["gcp"] }))))
})
