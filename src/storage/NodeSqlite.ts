/**
 * A `SqlClient` on `node:sqlite`, read-only unless it is told otherwise, whose connection lives in a thread of its own: no query blocks the thread
 * that asks. To be replaced by `@effect/sql-sqlite-node` when that supports both.
 */
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Pull from "effect/Pull"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"
import * as Reactivity from "effect/reactivity/Reactivity"
import * as SqlClient from "effect/sql/SqlClient"
import type * as SqlConnection from "effect/sql/SqlConnection"
import * as SqlError from "effect/sql/SqlError"
import * as Statement from "effect/sql/Statement"
import type { SQLInputValue } from "node:sqlite"
import type { Worker } from "node:worker_threads"
import type { Answer, Question } from "./sqliteReader.ts"
import { start } from "./thread.ts"

export interface Options {
  readonly path: string
  /** How long to wait for somebody else's lock, in milliseconds: 5,000. */
  readonly busyTimeout?: number | undefined
  /** Makes the file where there is none. */
  readonly writable?: boolean | undefined
}

const failure = (error: NonNullable<Answer["error"]>): SqlError.SqlError => {
  // The classifier of node's own errors looks for `errno`.
  const cause = Object.assign(new Error(error.message), error.errcode === undefined ? {} : { errno: error.errcode })
  return new SqlError.SqlError({
    reason: SqlError.classifySqliteError(cause, { message: `sqlite: ${error.message}`, operation: "query" })
  })
}

const isInput = (value: unknown): value is SQLInputValue =>
  value === null || typeof value === "string" || typeof value === "number" || typeof value === "bigint" ||
  value instanceof Uint8Array

const toInput = (value: unknown): SQLInputValue =>
  isInput(value) ? value : typeof value === "boolean" ? Number(value) : null

export const make = Effect.fnUntraced(function*(options: Options) {
  let thread: Worker | undefined
  let asked = 0
  const waiting = new Map<number, (answer: Answer) => void>()

  const begin = (): Worker =>
    start({
      name: "sqliteReader",
      workerData: { path: options.path, busyTimeout: options.busyTimeout ?? 5000, writable: options.writable === true },
      onMessage: (answer) => settle(answer),
      onEnd: (why) => {
        thread = undefined
        const message = `the thread that has ${options.path} open ended: ${why}`
        // What is asked again at once is asked of the next thread.
        const left = [...waiting.keys()]
        for (const id of left) {
          settle({ id, rows: [], more: false, error: { message, errcode: undefined } })
        }
      }
    })

  /** An open question keeps the process alive, an idle thread doesn't. */
  const settle = (answer: Answer) => {
    const resume = waiting.get(answer.id)
    waiting.delete(answer.id)
    if (waiting.size === 0) thread?.unref()
    resume?.(answer)
  }

  const ask = (question: Question): Effect.Effect<Answer, SqlError.SqlError> =>
    Effect.callback((resume) => {
      thread ??= begin()
      thread.ref()
      waiting.set(
        question.id,
        (answer) => resume(answer.error === undefined ? Effect.succeed(answer) : Effect.fail(failure(answer.error)))
      )
      thread.postMessage(question)
    })

  const run = (sql: string, params: ReadonlyArray<unknown>, values: boolean) =>
    Effect.withFiber<ReadonlyArray<unknown>, SqlError.SqlError>((fiber) =>
      Effect.map(
        ask({
          id: ++asked,
          take: "all",
          sql,
          params: params.map(toInput),
          values,
          bigint: Context.get(fiber.context, SqlClient.SafeIntegers)
        }),
        ({ rows }) => rows
      )
    )

  const objects: SqlConnection.Connection["execute"] = (sql, params, transform) =>
    Effect.map(run(sql, params, false), (rows) => transform === undefined ? rows : transform(rows.filter(isObject)))
  const arrays: SqlConnection.Connection["executeValues"] = (sql, params) =>
    Effect.map(run(sql, params, true), (rows) => rows.filter(Array.isArray))

  const connection: SqlConnection.Connection = {
    execute: objects,
    executeUnprepared: objects,
    executeValues: arrays,
    executeValuesUnprepared: arrays,
    executeRaw: (sql, params) => run(sql, params, false),
    executeStream: (sql, params, transform) =>
      Stream.unwrap(Effect.withFiber((fiber) => {
        const id = ++asked
        const question: Question = {
          id,
          take: "next",
          sql,
          params: params.map(toInput),
          values: false,
          bigint: Context.get(fiber.context, SqlClient.SafeIntegers)
        }
        let more = true
        const pull: Pull.Pull<readonly [object, ...Array<object>], SqlError.SqlError> = Effect.suspend(() =>
          more
            ? Effect.flatMap(ask(question), (answer) => {
              more = answer.more
              const rows = answer.rows.filter(isObject)
              const [first, ...rest] = transform === undefined ? rows : transform(rows)
              return first === undefined ? Cause.done() : Effect.succeed([first, ...rest] as const)
            })
            : Cause.done()
        )
        return Effect.succeed(
          Stream.fromPull(Effect.succeed(pull)).pipe(
            Stream.ensuring(
              Effect.suspend(() => more ? Effect.ignore(ask({ ...question, take: "none" })) : Effect.void)
            )
          )
        )
      }))
  }

  const semaphore = yield* Semaphore.make(1)
  yield* Effect.addFinalizer(() => Effect.promise(() => thread?.terminate() ?? Promise.resolve(0)))
  return yield* SqlClient.make({
    ...SqlClient.makeSqliteAcquirers({
      connection: Effect.succeed(connection),
      semaphore,
      // Of a connection that writes only its thread knows.
      isTransaction: options.writable === true ? undefined : () => false
    }),
    beginTransaction: "BEGIN IMMEDIATE",
    compiler: Statement.makeCompilerSqlite(),
    driver: "node:sqlite",
    spanAttributes: [["db.system.name", "sqlite"]]
  })
})

/** What `make` asks of its context. */
export const reactivity = Reactivity.layer

const isObject = (row: unknown): row is object => typeof row === "object" && row !== null

export const layer = (options: Options): Layer.Layer<SqlClient.SqlClient> =>
  Layer.effect(SqlClient.SqlClient, make(options)).pipe(Layer.provide(reactivity))
