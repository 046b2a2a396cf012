/**
 * What calls of routes are asked of: routers, as they are or by the names that a layer gives them.
 */
import * as Result from "effect/Result"
import type * as CallRecord from "../CallRecord.ts"
import * as Catalog from "../Catalog.ts"
import { type GenerateError, invalidRequest } from "../GenerateError.ts"
import * as GenerateOptions from "../GenerateOptions.ts"
import type * as Generator from "../Generator.ts"
import type { Engine } from "../Loom.ts"
import * as Router from "../Router.ts"

type Asked = Parameters<Engine["generate"]>[0]
type Asking = Parameters<Engine["route"]>[1]

/** A call of a route. */
export interface Routed {
  /** Its options, with the first candidate for a model: that is what its record names. */
  readonly asked: Asked
  readonly router: Result.Result<Router.Router, GenerateError>
  readonly recorded: CallRecord.Route
  /** Answers what the router accepts. */
  readonly generator: Generator.Generator
}

/** Finds the routers of calls. Each is looked at once. */
export const make = (
  { catalog, generator, routes, serviceTier }: {
    readonly catalog: Catalog.Catalog
    readonly routes: Readonly<Record<string, Router.Router>>
    /** Answers for each of the candidates. */
    readonly generator: Generator.Generator
    /** Of calls that don't say. */
    readonly serviceTier: string | undefined
  }
) => {
  const known = new WeakMap<Router.Router, Looked>()

  const look = (router: Router.Router): Looked => {
    const { baseline, candidates } = router
    const misfit = Router.misfitIn(router, catalog)
    return {
      first: candidates.at(0) ?? unnamed,
      router: misfit === undefined
        ? Result.succeed(router)
        : Result.fail(invalidRequest({ field: misfit[0], detail: misfit[1] })),
      baseline: baseline && Result.getOrUndefined(Catalog.resolve(catalog, baseline)),
      generator: Router.validated(router, generator)
    }
  }

  const find = (router: Router.Router): Looked => {
    const found = known.get(router) ?? look(router)
    known.set(router, found)
    return found
  }

  const nobody = (name: string): Looked => {
    const names = Object.keys(routes)
    const others = names.length === 0 ? "no route has a name" : `known: ${names.join(", ")}`
    const detail = `there is no route ${name}; ${others}; \`Loom.layer({ routes })\` names them`
    return {
      first: { model: name },
      router: Result.fail(invalidRequest({ field: "route", detail })),
      baseline: undefined,
      generator
    }
  }

  return (route: Router.Router | string, options: Asking): Routed => {
    const name = typeof route === "string" ? route : undefined
    const router = typeof route !== "string" ? route : Object.hasOwn(routes, route) ? routes[route] : undefined
    const { baseline, first, generator, router: found } = router === undefined ? nobody(String(name)) : find(router)
    const misplaced = GenerateOptions.misplacedIn(options)
    return {
      asked: {
        ...options,
        model: first.model,
        ...(first.provider === undefined ? undefined : { provider: first.provider })
      },
      router: misplaced === undefined ? found : Result.fail(misplaced),
      recorded: { name, baseline, isTiered: (options.serviceTier ?? serviceTier) !== undefined },
      generator
    }
  }
}

interface Looked extends Pick<Routed, "router" | "generator"> {
  readonly first: Pick<Router.Choice, "provider" | "model">
  readonly baseline: CallRecord.Route["baseline"]
}

/** Of a router that has no candidates, which is what is wrong with it. */
const unnamed = { model: "" }
