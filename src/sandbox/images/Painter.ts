/**
 * A vendor of pictures by its record: which requests it takes, what it answers and charges, at once or in jobs.
 */
import type { Goods } from "../Bill.ts"
import * as Door from "../Door.ts"
import * as Headers from "../Headers.ts"
import { isObject, type JsonObject } from "../Json.ts"
import type { Verdict } from "../Keys.ts"
import type { Alteration, Answer, Body, Event, Failure, InBand, Incoming, Protocol, World } from "../Protocol.ts"
import type { Shape } from "../Shape.ts"
import { inBand, isProblem, ofFailure, ofIssue, type Problem, problem } from "../openai/Problem.ts"
import { charge, type Text } from "./Charges.ts"
import * as Jobs from "./Jobs.ts"
import * as Marks from "./Marks.ts"
import type { Form } from "./Multipart.ts"
import * as Multipart from "./Multipart.ts"
import * as Pictures from "./Pictures.ts"

/** One picture of an answer, whose bytes and link are made when they are asked for. */
export interface Made {
  readonly index: number
  readonly ask: Pictures.Ask
  /** Moderation withholds it. */
  readonly isBlocked: boolean
  readonly url: () => string
  readonly base64: () => string
}

export interface Reply {
  readonly status?: number | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** JSON, unless it is a picture or events. */
  readonly value: unknown
  readonly picture?: Made | undefined
  readonly events?: ReadonlyArray<Event> | undefined
}

/** What a request comes to. */
export interface Painting {
  readonly _tag: "Painting"
  readonly model: string
  readonly ask: Omit<Pictures.Ask, "index">
  readonly count: number
  /** What so many pictures cost, together with what was sent along. */
  readonly goods: (count: number) => ReadonlyArray<Goods>
  readonly text?: Text | undefined
  /** The whole answer; for a job, what those who ask are told once it is done. */
  readonly done: (made: ReadonlyArray<Made>, about: About) => Reply
  /** Told at once where it is a job; without it the pictures come at once. */
  readonly submitted?: ((looked: Looked) => Reply) | undefined
  /** It is answered once the job is done, unless that is to take some time. */
  readonly waits?: boolean | undefined
  readonly streams?: boolean | undefined
}

export interface About {
  /** Of the request, or of the job that it began. */
  readonly id: string
  /** Milliseconds since 1970. */
  readonly at: number
  /** What is on the bill for it, in US dollars. */
  readonly usd: number
  /** False where a fault has it left out what was used. */
  readonly tellsUsage: boolean
  readonly world: World
}

/** A request for pictures whose body has the right shape. */
export interface Asked {
  readonly body: JsonObject
  readonly form: Form
  readonly incoming: Incoming
  /** What the path's pattern caught. */
  readonly caught: ReadonlyArray<string>
  readonly root: string
}

/** A job as those who ask after it see it. */
export interface Looked {
  readonly about: About
  readonly painting: Painting
  readonly state: Jobs.State
  readonly made: () => ReadonlyArray<Made>
}

interface At {
  readonly path: RegExp
  /** What else tells it from others at its path. */
  readonly when?: (incoming: Incoming) => boolean
  readonly method?: string
}

export type Endpoint =
  | At & {
    readonly _tag: "Make"
    /** The fields of the form and what they are, where the body is one. */
    readonly form?: Readonly<Record<string, Multipart.Kind>>
    /** By what the path's pattern caught. */
    readonly shape: (caught: ReadonlyArray<string>, incoming: Incoming) => Shape | Problem
    readonly read: (asked: Asked) => Painting | Problem
  }
  | At & {
    readonly _tag: "Look"
    /** Only looks, which brings no job forward. */
    readonly quiet?: boolean
    readonly id: (caught: ReadonlyArray<string>, incoming: Incoming) => string
    readonly told: (looked: Looked) => Reply | Problem
    /** Of a job that there isn't: not found, where it has no other words. */
    readonly lost?: (id: string) => Reply
  }
  | At & {
    readonly _tag: "Cancel"
    readonly id: (caught: ReadonlyArray<string>, incoming: Incoming) => string
    /** `state` is the one in which it was found. */
    readonly told: (looked: Looked) => Reply | Problem
    readonly isFree: (before: Jobs.State) => boolean
  }

export interface Painter {
  readonly provider: string
  readonly basePath: string
  readonly serves?: (path: string) => boolean
  readonly headers?: ReadonlySet<string>
  readonly key?: (incoming: Incoming) => string | undefined | Problem
  readonly refusedKey?: (verdict: Exclude<Verdict, "valid">) => Problem
  readonly requestId?: (root: string) => string
  /** The header with the id of the request. */
  readonly requestIdHeader?: string
  /** The body of a refusal. */
  readonly error: (problem: Problem, requestId: string) => unknown
  readonly errorStatus?: (problem: Problem) => number
  readonly errorHeaders?: (problem: Problem) => Readonly<Record<string, string>>
  /** What it says for a status when nothing else is known. */
  readonly failure?: (failure: Failure) => Problem | undefined
  readonly failed?: (failure: InBand) => unknown
  readonly links: Pictures.Links
  /** Its refusal of what moderation stops; without one the answer tells it by the picture. */
  readonly blocked: (stage: "input" | "output") => Problem | undefined
  /** Moderation may withhold one of several. */
  readonly judgesEach?: boolean
  /** It charges for what moderation withholds once it is made. */
  readonly billsWithheld?: boolean
  /** How many jobs of a key may be under way. */
  readonly cap?: number
  readonly endpoints: ReadonlyArray<Endpoint>
}

interface Kept {
  readonly painting: Painting
  readonly usd: number
  readonly tellsUsage: boolean
  made?: ReadonlyArray<Made>
}

export const make = (painter: Painter) => (world: World): Protocol => {
  const jobs = Jobs.make<Kept>(world.time)

  /** Its body is written where the request's id is known. */
  const refused = (found: Problem): Door.Problem => ({
    _tag: "Problem",
    status: painter.errorStatus?.(found) ?? found.status,
    body: found,
    headers: painter.errorHeaders?.(found)
  })
  const problemOf = (failure: Failure): Problem => painter.failure?.(failure) ?? ofFailure(failure)
  const failed = painter.failed ?? ((failure: InBand) => {
    const { code, message } = inBand(failure)
    return painter.error(problem(500, message, { code, type: "server_error" }), "")
  })
  const headersOf = (requestId: string): Readonly<Record<string, string>> =>
    painter.requestIdHeader === undefined ? {} : { [painter.requestIdHeader]: requestId }

  const bodyOf = ({ events, picture, value }: Reply): Body => {
    if (picture !== undefined) {
      return { _tag: "Bytes", contentType: Pictures.contentType(picture.ask), bytes: Pictures.bytes(picture.ask) }
    }
    return events === undefined
      ? Door.json(value, failed)
      : { _tag: "Events", events, fail: (_, failure) => ({ data: JSON.stringify(failed(failure)), tokens: 0 }) }
  }

  const answered = (reply: Reply | Problem, requestId: string): Answer => {
    if (isProblem(reply)) {
      const { headers, status } = refused(reply)
      const body = Door.json(painter.error(reply, requestId), failed)
      return { status, headers: { ...headersOf(requestId), ...headers }, requestId, body }
    }
    return {
      status: reply.status ?? 200,
      headers: { ...headersOf(requestId), ...reply.headers },
      requestId,
      body: bodyOf(reply)
    }
  }

  const madeOf = ({ ask, count }: Painting): ReadonlyArray<Made> => {
    const { blocked, blockedOne, isEmpty } = Marks.read(ask.prompt)
    return Array.from({ length: isEmpty ? 0 : count }, (_, index): Made => {
      const its = { ...ask, index }
      let url: string | undefined
      return {
        index,
        ask: its,
        isBlocked: blocked !== undefined || (blockedOne && painter.judgesEach === true && index === 0),
        url: () => url ??= Pictures.link(world, painter.links, its),
        base64: () => Pictures.base64(its)
      }
    })
  }

  /** What comes to nothing though it was done, as an empty answer, is charged. */
  const chargeOf = (painting: Painting, requestId: string) => {
    const { ask, goods, model, text } = painting
    const { blocked, blockedOne } = Marks.read(ask.prompt)
    const withheld = blocked !== undefined ? painting.count : blockedOne && painter.judgesEach === true ? 1 : 0
    const count = painting.count - (painter.billsWithheld === true ? 0 : withheld)
    return count === 0 ? undefined : charge({
      provider: painter.provider,
      requestId,
      responseId: requestId,
      model,
      text,
      goods: goods(count)
    })
  }

  const usdOf = (charged: ReturnType<typeof chargeOf>): number =>
    charged === undefined
      ? 0
      : Number(
        (charged.goods ?? []).reduce((sum, { quantity, rate }) => sum + BigInt(quantity) * rate, 0n)
          + BigInt(charged.tokens.input) * charged.card.input
      ) / 1e12

  const seen = ({ id, submittedAt, value }: Jobs.Job<Kept>, state: Jobs.State): Looked => ({
    about: { id, at: submittedAt, usd: value.usd, tellsUsage: value.tellsUsage, world },
    painting: value.painting,
    state,
    made: () => value.made ??= madeOf(value.painting)
  })

  const paint = (painting: Painting, requestId: string, key: string, { drop }: Alteration): Answer => {
    const tellsUsage = drop?.includes("usage") !== true
    const marks = Marks.read(painting.ask.prompt)
    const at = world.time.now()
    const refusal = marks.blocked === undefined ? undefined : painter.blocked(marks.blocked)
    if (painting.submitted === undefined) {
      const made = madeOf(painting)
      const isFree = refusal !== undefined && (painter.billsWithheld !== true || marks.blocked === "input")
      const charged = isFree ? undefined : chargeOf(painting, requestId)
      const about = { id: requestId, at, usd: usdOf(charged), tellsUsage, world }
      return { ...answered(refusal ?? painting.done(made, about), requestId), charge: charged }
    }
    const isFree = marks.fails || marks.blocked === "input" ||
      (marks.blocked === "output" && painter.billsWithheld !== true)
    const charged = isFree ? undefined : chargeOf(painting, requestId)
    const isSoon = painting.waits === true && marks.polls === undefined && marks.takesMillis === undefined
    const job = jobs.submit({
      id: requestId,
      key,
      marks: isSoon ? { ...marks, polls: 0 } : marks,
      value: { painting, usd: usdOf(charged), tellsUsage }
    })
    const state = painting.waits === true ? jobs.poll(job) : jobs.state(job)
    return { ...answered(painting.submitted(seen(job, state)), requestId), charge: charged }
  }

  const read = (endpoint: Endpoint & { readonly _tag: "Make" }, caught: ReadonlyArray<string>, taken: Door.Taken) => {
    const { incoming, root } = taken
    const { body, form } = incoming
    if (endpoint.form === undefined ? !Headers.isJson(incoming) || !isObject(body) : form === undefined) {
      const type = endpoint.form === undefined ? "application/json" : "multipart/form-data"
      return problem(400, `The body is no ${type}.`)
    }
    const content = endpoint.form === undefined
      ? isObject(body) ? body : {}
      : Multipart.fieldsOf(form ?? [], endpoint.form)
    const shape = endpoint.shape(caught, incoming)
    if (isProblem(shape)) return shape
    const wrong = shape(content)
    return wrong === undefined
      ? endpoint.read({ body: content, form: form ?? [], incoming, caught, root })
      : ofIssue(wrong)
  }

  const asked =
    (endpoint: Endpoint & { readonly _tag: "Make" }, caught: ReadonlyArray<string>) =>
    (taken: Door.Taken): Door.Received | Door.Problem => {
      const { key, requestId } = taken
      const painting = read(endpoint, caught, taken)
      if (isProblem(painting)) return refused(painting)
      if (painting.submitted !== undefined && jobs.underWay(key) >= (painter.cap ?? Infinity)) {
        return refused(problemOf({ status: 429 }))
      }
      return {
        model: painting.model,
        prompt: painting.ask.prompt,
        stream: painting.streams === true,
        answer: (alteration) => paint(painting, requestId, key, alteration)
      }
    }

  const looked =
    (endpoint: Endpoint & { readonly _tag: "Look" | "Cancel" }, caught: ReadonlyArray<string>) =>
    ({ incoming, key, requestId }: Door.Taken): Door.Received | Door.Problem => {
      const id = endpoint.id(caught, incoming)
      const job = jobs.find(id, key)
      if (job === undefined) {
        const lost = endpoint._tag === "Look" ? endpoint.lost?.(id) : undefined
        return lost === undefined
          ? refused(problemOf({ status: 404 }))
          : { model: undefined, prompt: "", stream: false, answer: () => answered(lost, requestId) }
      }
      const { value } = job
      const answer = (): Answer => {
        const state = endpoint._tag === "Cancel"
          ? jobs.cancel(job)
          : endpoint.quiet === true
          ? jobs.state(job)
          : jobs.poll(job)
        const told = endpoint.told(seen(job, state))
        const isFree = endpoint._tag === "Cancel" && !Jobs.isOver(state) && endpoint.isFree(state)
        return { ...answered(told, requestId), ...(isFree ? { refund: id } : {}) }
      }
      return { model: undefined, prompt: value.painting.ask.prompt, stream: false, answer }
    }

  const route = (incoming: Incoming): Door.Route | Door.Problem => {
    const { method, path } = incoming
    const near = painter.endpoints.filter((endpoint) => endpoint.path.test(path) && endpoint.when?.(incoming) !== false)
    const found = near.find((endpoint) => method === (endpoint.method ?? (endpoint._tag === "Look" ? "GET" : "POST")))
    if (found === undefined) return refused(problemOf({ status: near.length === 0 ? 404 : 405 }))
    const caught = (found.path.exec(path) ?? []).slice(1)
    switch (found._tag) {
      case "Make":
        return { _tag: "Take", step: "submit", receive: asked(found, caught) }
      case "Look":
        return { _tag: "Take", step: "poll", receive: looked(found, caught) }
      case "Cancel":
        return { _tag: "Take", step: "cancel", receive: looked(found, caught) }
    }
  }

  const door = Door.make(world, {
    provider: painter.provider,
    basePath: painter.basePath,
    ownHeaders: painter.headers ?? new Set(),
    requestId: painter.requestId ?? ((root) => root.slice(0, 32)),
    headers: headersOf,
    key: (incoming) => {
      const key = (painter.key ?? Headers.bearer)(incoming)
      return isProblem(key) ? refused(key) : key
    },
    refusedKey: (verdict) => refused(painter.refusedKey?.(verdict) ?? problemOf({ status: 401 })),
    problem: (failure) => refused(problemOf(failure)),
    identified: (body, requestId) => isProblem(body) ? painter.error(body, requestId) : body,
    inBand: failed,
    route
  })
  return {
    ...door,
    serves: painter.serves,
    reset: () => {
      door.reset()
      jobs.clear()
    }
  }
}

/** The pictures that these texts stand for, or why one is none. */
export const inputsOf = (
  texts: ReadonlyArray<string>,
  writings: ReadonlyArray<Pictures.Writing>,
  param: string
): ReadonlyArray<Pictures.Input> | Problem => {
  const inputs = texts.map((text) => Pictures.readInput(text, writings))
  const good = inputs.filter((input) => input !== undefined)
  return good.length === inputs.length ? good : problem(400, `Invalid '${param}': it is no picture.`, { param })
}

/** The pictures of a form's files, or why one is none. */
export const filesOf = (form: Form, ...names: ReadonlyArray<string>): ReadonlyArray<Pictures.Input> | Problem => {
  const inputs: Array<Pictures.Input> = []
  for (const { bytes, filename, name } of form) {
    if (filename === undefined) continue
    if (!names.includes(name)) return problem(400, `Unknown parameter: '${name}'.`, { param: name })
    const input = Pictures.inputOf(bytes)
    if (input === undefined) return problem(400, `Invalid '${name}': it is no picture.`, { param: name })
    inputs.push(input)
  }
  return inputs
}

/** A seed for what brings none. */
export const seedOf = (root: string): number => Number.parseInt(root.slice(0, 7), 16)

/** Of pixels by a tier such as `2K`. */
export const pixelsOf = (tier: string): number => {
  const edge = Number.parseInt(tier, 10) * 1024
  return edge * edge
}
