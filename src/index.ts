/**
 * One API for every AI provider.
 *
 * @since 0.1.0
 */
export * as Attempt from "./Attempt.ts"
export * as Call from "./Call.ts"
export * as CallKey from "./CallKey.ts"
export * as CallLog from "./CallLog.ts"
export * as CallRecord from "./CallRecord.ts"
export * as Catalog from "./Catalog.ts"
export * as Coalescing from "./Coalescing.ts"
export * as Cost from "./Cost.ts"
export * as GenerateError from "./GenerateError.ts"
export * as GenerateOptions from "./GenerateOptions.ts"
export * as Generation from "./Generation.ts"
export * as Generator from "./Generator.ts"
export * as Loom from "./Loom.ts"
export * as Model from "./Model.ts"
export * as Price from "./Price.ts"
export * as Providers from "./Providers.ts"
export * as Request from "./Request.ts"
export * as ResponseCache from "./ResponseCache.ts"
export * as RetryPolicy from "./RetryPolicy.ts"
export * as Router from "./Router.ts"
export * as Saved from "./Saved.ts"
export * as Telemetry from "./Telemetry.ts"
export * as Transport from "./Transport.ts"
export * as Usage from "./Usage.ts"
