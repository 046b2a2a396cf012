/**
 * The workflow of a batch, and what is written down of it.
 */
import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as EntityAddress from "effect/cluster/EntityAddress"
import * as EntityId from "effect/cluster/EntityId"
import * as EntityType from "effect/cluster/EntityType"
import * as MessageStorage from "effect/cluster/MessageStorage"
import * as ShardId from "effect/cluster/ShardId"
import * as ShardingConfig from "effect/cluster/ShardingConfig"
import * as SqlMessageStorage from "effect/cluster/SqlMessageStorage"
import * as Workflow from "effect/workflow/Workflow"
import type * as Batch from "../Batch.ts"
import * as NodeSqlite from "../storage/NodeSqlite.ts"

/**
 * So many looks at a batch, and whether it has ended by then. One workflow for all of them would have to go through its
 * whole history at every look.
 */
export const Leg = Workflow.make("loom-router/Batch", {
  payload: { id: Schema.String, createdAt: Schema.Finite, leg: Schema.Natural },
  idempotencyKey: ({ createdAt, id, leg }) => `${id}/${createdAt}/${leg}`,
  success: Schema.Boolean
})

/** A part of an address that the storage doesn't look at. */
const shardId = ShardId.make("default", 1)

/** Where a leg's own messages are, and where its waits. */
const addressesOf = Effect.fnUntraced(function*({ createdAt, id }: Batch.Snapshot, leg: number) {
  const entityId = EntityId.make(yield* Leg.executionId({ id, createdAt, leg }))
  const addressOf = (type: string) => EntityAddress.make({ entityType: EntityType.make(type), entityId, shardId })
  return { own: addressOf(`Workflow/${Leg._tag}`), clock: addressOf("Workflow/-/DurableClock") }
})

/** Forgets what was written down of a batch, which nobody reads once it has ended. */
export const forget = Effect.fnUntraced(function*(batch: Batch.Snapshot) {
  const storage = yield* MessageStorage.MessageStorage
  const legs: Array<Effect.Success<ReturnType<typeof addressesOf>>> = []
  for (;;) {
    const leg = yield* addressesOf(batch, legs.length)
    if (Option.isNone(yield* storage.requestIdForPrimaryKey({ address: leg.own, tag: "run", id: "" }))) break
    legs.push(leg)
  }
  // The first one last: by it the others are found, should this not get to its end.
  for (const { clock, own } of legs.toReversed()) {
    yield* storage.clearAddress(clock)
    yield* storage.clearAddress(own)
  }
}, (forgetting) => Effect.ignore(forgetting))

/** The database of workflows, with nothing that goes on in it. */
export const storageOf = (path: string) =>
  SqlMessageStorage.layer.pipe(
    Layer.provide([
      NodeSqlite.layer({ path, writable: true }),
      ShardingConfig.layer(),
      NodeCrypto.layer
    ]),
    Layer.orDie
  )
