/**
 * The API reference: for each public module a page of Markdown with what it exports, made of the declarations and their
 * docstrings. `npm run build` writes it to `dist/docs`.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join, posix, resolve } from "node:path"
import { parseSync } from "rolldown/utils"
import { entries, spaces } from "./entries.ts"

const root = resolve(import.meta.dirname, "..")

export interface Doc {
  /** Without its tags. */
  readonly text: string
  readonly category: string | undefined
  readonly since: string | undefined
}

export interface Export {
  readonly name: string
  readonly doc: Doc
  /** The declaration, and under it those of the types that it names from modules without a page. */
  readonly signature: string
}

export interface Module {
  /** `loom-router`, `loom-router/providers/OpenAi` */
  readonly entry: string
  /** What one writes before the names of its exports: `Loom`. */
  readonly name: string
  /** Where its page is: `providers/OpenAi.md`. */
  readonly page: string
  readonly doc: Doc
  readonly exports: ReadonlyArray<Export>
}

const docOf = (comment: string): Doc => {
  const lines = comment.replace(/^\*/, "").split("\n").map((line) => line.replace(/^\s*\* ?/, "").trimEnd())
  const tag = (name: string) => lines.find((line) => line.startsWith(`@${name} `))?.slice(name.length + 2).trim()
  const text = lines.filter((line) => !/^@(category|since)\b/.test(line)).join("\n")
    .replace(/\{@link (\S+?)\}/g, "`$1`").trim()
  return { text, category: tag("category"), since: tag("since") }
}

const none: Doc = { text: "", category: undefined, since: undefined }

/** What a declaration file exports by name, in its order. Declarations of one name are one export. */
export const read = (declarations: string): ReadonlyArray<Export> => {
  const { comments, program } = parseSync("module.d.ts", declarations)
  const before = (start: number): Doc => {
    const comment = comments.findLast(({ end }) => end <= start)
    const isIts = comment?.value.startsWith("*") === true && declarations.slice(comment.end, start).trim() === ""
    return isIts ? docOf(comment.value) : none
  }
  const nameOf = (declaration: Declaration): string =>
    declaration.id?.name ?? declaration.declarations?.[0]?.id.name ?? ""
  const bases = new Map<string, string>()
  const found = new Map<string, Export>()
  for (const statement of program.body) {
    const text = declarations.slice(statement.start, statement.end)
    if (statement.type === "VariableDeclaration") bases.set(nameOf(statement as Declaration), text)
    if (statement.type !== "ExportNamedDeclaration" || statement.declaration === null) continue
    const name = nameOf(statement.declaration as Declaration)
    const base = bases.get(`${name}_base`)
    const signature = base === undefined ? text : `${base}\n${text}`
    const doc = before(statement.start)
    const other = found.get(name)
    found.set(name, {
      name,
      signature: other === undefined ? signature : `${other.signature}\n${signature}`,
      doc: other === undefined ? doc : {
        text: [other.doc.text, doc.text].filter((text) => text !== "").join("\n\n"),
        category: other.doc.category ?? doc.category,
        since: other.doc.since ?? doc.since
      }
    })
  }
  return [...found.values()]
}

interface Declaration {
  readonly id?: { readonly name: string } | null
  readonly declarations?: ReadonlyArray<{ readonly id: { readonly name: string } }>
}

/** What stands above a module's imports. Declarations lose it with the first import that they don't need. */
const headOf = (module: string): Doc => {
  const [, head = ""] = /^\/\*(\*.*?)\*\//s.exec(readFileSync(join(root, `src/${module}.ts`), "utf8")) ?? []
  return docOf(head)
}

/** Every public module, read from a folder of declarations. */
export const modules = (folder: string): ReadonlyArray<Module> =>
  entries().flatMap(({ module, name }) => {
    const textOf = (path: string) => readFileSync(join(folder, `${path}.d.ts`), "utf8")
    const of = (space: string, path: string): Module => ({
      entry: name,
      name: space,
      page: `${path}.md`,
      doc: headOf(path),
      exports: read(textOf(path))
    })
    const parts = spaces(textOf(module))
    return parts.length === 0
      ? [of(posix.basename(module), module)]
      : parts.map(({ file, space }) => of(space, posix.join(dirname(module), file)))
  }).map((module, _, all) => withHidden(module, folder, new Set(all.map(({ page }) => page))))

/** A reader can't look up what has no page: `Faults.Fault` is told where it is named first. */
const withHidden = (module: Module, folder: string, pages: ReadonlySet<string>): Module => {
  const path = module.page.replace(/\.md$/, "")
  const declarations = readFileSync(join(folder, `${path}.d.ts`), "utf8")
  const hidden = new Map(
    [...declarations.matchAll(/^import (?:type )?\* as (\w+) from "(\..+)\.ts";$/gm)]
      .map(([, space = "", from = ""]) => [space, posix.join(dirname(path), from)] as const)
      .filter(([, from]) => !pages.has(`${from}.md`))
  )
  const told = new Set<string>()
  const more = (signature: string): string =>
    [...signature.matchAll(/\b([A-Z]\w*)\.([A-Z]\w*)\b/g)].flatMap(([name, space = "", type = ""]) => {
      const from = hidden.get(space)
      if (from === undefined || told.has(name)) return []
      told.add(name)
      const found = read(readFileSync(join(folder, `${from}.d.ts`), "utf8")).find((one) => one.name === type)
      return found === undefined ? [] : [`\n\n// ${name}\n${found.signature}`]
    }).join("")
  return {
    ...module,
    exports: module.exports.map((one) => ({ ...one, signature: one.signature + more(one.signature) }))
  }
}

/** A module is a namespace, from the package or by itself; a service is imported by its name. */
const importOf = ({ entry, exports, name }: Module) =>
  entry.includes("/") && !exports.some(({ signature }) => signature.includes(`export declare class ${name} `))
    ? `import * as ${name} from "${entry}"`
    : `import { ${name} } from "${entry}"`

const fence = (code: string) => `\`\`\`ts\n${code}\n\`\`\``

const sectionOf = ({ doc, name, signature }: Export) => [
  `### ${name}`,
  doc.text,
  fence(signature),
  doc.since === undefined ? "" : `Since ${doc.since}.`
]

const pageOf = (module: Module): string => {
  const categories = [...new Set(module.exports.map(({ doc }) => doc.category ?? "other"))]
  return [
    `# ${module.name}`,
    fence(importOf(module)),
    module.doc.text,
    ...categories.flatMap((category) =>
      [`## ${category}`].concat(
        module.exports.filter(({ doc }) => (doc.category ?? "other") === category).flatMap(sectionOf)
      )
    )
  ].filter((part) => part !== "").join("\n\n") + "\n"
}

const firstLine = ({ text }: Doc) => text.split("\n\n")[0]?.replaceAll("\n", " ") ?? ""

/** The pages, by their paths. */
export const pages = (folder: string): ReadonlyMap<string, string> => {
  const all = modules(folder)
  const index = [
    "# API reference",
    "Made from the declarations and their docstrings. `Effect`, `Layer`, `Schema` and their like are effect's.",
    ...[...new Set(all.map(({ entry }) => entry.split("/").slice(0, 2).join("/")))].flatMap((entry) => [
      `## ${entry}`,
      all.filter((one) => one.entry.split("/").slice(0, 2).join("/") === entry)
        .map(({ doc, name, page }) => `- [${name}](${page}): ${firstLine(doc)}`).join("\n")
    ])
  ].join("\n\n") + "\n"
  return new Map([["README.md", index], ...all.map((module) => [module.page, pageOf(module)] as const)])
}

if (process.argv[1] === import.meta.filename) {
  const dist = join(root, "dist")
  for (const [page, text] of pages(dist)) {
    const path = join(dist, "docs", page)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  }
}
