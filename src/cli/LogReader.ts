/**
 * Where commands read the call log.
 */
import * as Effect from "effect/Effect"
import * as CallLog from "../CallLog.ts"
import * as Failure from "./Failure.ts"
import * as Settings from "./Settings.ts"

/** Tells why the log can't be read, and where it lies. */
export const told = (path: string) => (error: CallLog.ReadError): Failure.Failure =>
  Failure.failed("ReadError", {
    what: error.message,
    why: `the log is ${path}`,
    fix: "move the file away if it is no log: a new one is made with the next call"
  })

/** Runs what reads the log at its place. */
export const reading = <A, E, R>(effect: Effect.Effect<A, E | CallLog.ReadError, R | CallLog.Reader>) =>
  Effect.flatMap(Settings.callLogPath, (path) =>
    effect.pipe(
      Effect.provide(CallLog.layerReader({ path })),
      Effect.catchIf((error): error is CallLog.ReadError => error instanceof CallLog.ReadError, (error) =>
        Effect.fail(told(path)(error)))
    ))
