/** What is in the package, how large it is, and what it says of itself. */
import { assert, describe, it } from "@effect/vitest"
import { readFileSync, statSync, writeFileSync } from "node:fs"
import { dirname, join, normalize } from "node:path"
import * as Reference from "../../.build/reference.ts"
import {
  consumer,
  files,
  installed,
  manifest,
  readJson,
  root,
  stage,
  succeed,
  tarball as packed,
  textOf
} from "./packed.ts"

const licence = readFileSync(join(root, "LICENSE"), "utf8")

/** Names in a declaration's text, whichever way they are exported. */
const exported = (declarations: string) =>
  [...declarations.matchAll(/^export (?:declare )?(?:abstract )?(?:class|const|function|interface|type) (\w+)/gm)]
    .map(([, name = ""]) => name)

export const tarball = () =>
  describe("the tarball", () => {
    it("weighs 1.5 MB at most, and 8 MB unpacked", () => {
      assert.isAtMost(statSync(packed).size, 1_500_000)
      assert.isAtMost(files().reduce((sum, file) => sum + statSync(join(installed, file)).size, 0), 8_000_000)
    })

    it("holds the build, the guides and the catalog, and nothing else", () => {
      const allowed =
        /^(dist\/|catalog\/[\w.-]+\.yaml$|src\/.*\.md$|(package\.json|README\.md|AGENTS\.md|LICENSE|CHANGELOG\.md)$)/
      const foreign = /\.test(-d)?\.|(^|\/)(test|scratchpad|bench|\.)[^/]*\/|(^|\/)\./
      assert.deepStrictEqual(files().filter((file) => !allowed.test(file) || foreign.test(file)), [])
    })

    it("has its licence, what changed, and what to read", () => {
      const guides = files().filter((file) => /^src\/.*\.md$/.test(file))
      assert.includeMembers(guides, ["src/README.md", "src/providers/README.md", "src/secrets/README.md"])
      for (const file of ["README.md", "AGENTS.md", "CHANGELOG.md", ...guides]) {
        assert.strictEqual(textOf(file), readFileSync(join(root, file), "utf8"), file)
      }
      assert.strictEqual(textOf("LICENSE"), licence)
      assert.isAtMost(textOf("AGENTS.md").split("\n").length, 151)
    })

    it("runs nothing when it is installed, and names no file that it hasn't", () => {
      const published = readJson(join(installed, "package.json"))
      assert.deepStrictEqual(
        Object.keys(published.scripts).filter((name) => /^(pre|post)?(install|uninstall)$|^prepare$/.test(name)),
        []
      )
      assert.deepStrictEqual(
        { ...published, exports: undefined, sideEffects: undefined },
        { ...manifest, exports: undefined, sideEffects: undefined }
      )
      const targets = (value: unknown): ReadonlyArray<string> =>
        typeof value === "string" ? [value] : Object.values(value ?? {}).flatMap(targets)
      const named = [...targets(published.exports), ...targets(published.bin)].map(normalize)
      assert.deepStrictEqual(named.filter((path) => !path.includes("*") && !files().includes(path)), [])
      assert.deepStrictEqual(named.filter((path) => path.startsWith("src/")), [])
      assert.deepStrictEqual(Object.keys(published.exports), Object.keys(manifest.exports))
    })

    it("has the declarations of every entry, and all that they lead to", () => {
      const modules = Reference.modules(join(installed, "dist"))
      assert.isAbove(modules.length, 60)
      const missing = files().filter((file) => file.endsWith(".d.ts")).flatMap((file) =>
        [...textOf(file).matchAll(/(?:from|import\()\s*"(\.[^"]+)\.ts"/g)]
          .map(([, from = ""]) => normalize(join(dirname(file), `${from}.d.ts`)))
          .filter((path) => !files().includes(path))
      )
      assert.deepStrictEqual(missing, [])
    })

    it("has a map of the core, whose sources are in it", () => {
      const maps = files().filter((file) => file.endsWith(".map"))
      assert.isTrue(maps.some((file) => /\/core-/.test(file)))
      const astray = maps.flatMap((file) =>
        readJson(join(installed, file)).sources
          .map((source: string) => normalize(join(dirname(file), source)))
          .filter((source: string) => !files().includes(source))
          .map((source: string) => `${file}: ${source}`)
      )
      assert.deepStrictEqual(astray, [])
      const unmapped = files().filter((file) => /^dist\/.*\.js$/.test(file)).filter((file) => {
        const [, map] = /^\/\/# sourceMappingURL=(.*)$/m.exec(textOf(file)) ?? []
        return map !== undefined && !files().includes(join(dirname(file), map))
      })
      assert.deepStrictEqual(unmapped, [])
    })

    it("leads from a stack to the line of the source that threw", async () => {
      writeFileSync(
        join(consumer, "stack.mjs"),
        `import { Loom } from "loom-router"
        const options = { get providers() { throw new Error("thrown on the way") } }
        await Loom.client(options).generate({ model: "openai/gpt-4o-mini", prompt: "Hi" }).catch(({ stack }) => console.log(stack))`
      )
      const stack = await succeed(consumer, "node", "--enable-source-maps", "stack.mjs")
      const [, file = "", line = ""] = /\(?(\/[^\s:]*\/dist\/src\/[\w/]+\.ts):(\d+):\d+/.exec(stack) ?? []
      assert.include(readFileSync(file, "utf8").split("\n")[Number(line) - 1], "providers", stack)
    })

    it("imports nothing at run time that isn't installed with it", () => {
      const known = [...Object.keys(manifest.dependencies), ...Object.keys(manifest.peerDependencies)]
      const strangers = files().filter((file) => /^dist\/(?!cli\/|dashboard\/web\/|src\/).*\.js$/.test(file)).flatMap((
        file
      ) =>
        [
          ...textOf(file).matchAll(
            /^import .*from "([^".][^"]*)"|\bimport\("([^".][^"]*)"\)/gm
          )
        ]
          .map(([, from, lazy]) => (from ?? lazy)!)
          .filter((name) =>
            !name.startsWith("node:") && !known.some((one) => name === one || name.startsWith(`${one}/`))
          )
          .map((name) => `${file}: ${name}`)
      )
      assert.deepStrictEqual(strangers, [])
    })

    it("carries no copy of what is installed with it", () => {
      const library = files().filter((file) => /^dist\/.*\.js$/.test(file) && !file.startsWith("dist/cli/")).map(textOf)
      const imports = (name: string) => new RegExp(`(from |import\\()"${name}["/]`)
      assert.deepStrictEqual(
        Object.keys(manifest.dependencies).filter((name) => !library.some((text) => imports(name).test(text))),
        []
      )
    })

    it("has the licence of each package that parts of it come from", () => {
      const [, ...sections] = textOf("dist/THIRD-PARTY-NOTICES.txt").split(/^={80}$/m).map((text) => text.trim())
      const names = sections.map((section) => section.slice(0, section.indexOf("\n")))
      const versionOf = (name: string) => readJson(join(root, "node_modules", name, "package.json")).version
      const bundled = [
        "@effect/platform-node",
        "@effect/platform-node-shared",
        "@preact/signals",
        "@preact/signals-core",
        "effect",
        "preact",
        "uplot",
        "ws"
      ]
      assert.deepStrictEqual(names, bundled.map((name) => `${name} ${versionOf(name)} (MIT)`))
      for (const section of sections) {
        assert.match(section, /Copyright \(c\) .+/)
        assert.match(section, /Permission is hereby granted/)
      }
    })

    it.each(["cyclonedx", "spdx"])("is told by npm sbom, as %s, here and where it is installed", async (format) => {
      // Of the lock here, since what is installed here may be a link.
      for (const [folder, ...args] of [[stage, "--package-lock-only"], [consumer]] as const) {
        const { components, packages } = JSON.parse(
          await succeed(folder, "npm", "sbom", "--sbom-format", format, ...args)
        )
        const names = (components ?? packages).map(({ name }: { readonly name: string }) => name)
        assert.includeMembers(names, ["effect", ...Object.keys(manifest.dependencies)])
      }
    })
  })

export const reference = () =>
  describe("the API reference", () => {
    it("tells every export of every entry, with words, a category and a version", () => {
      const modules = Reference.modules(join(installed, "dist"))
      const lacking = modules.flatMap(({ doc, exports, page }) => [
        ...doc.text === "" ? [`${page} says nothing of its module`] : [],
        ...exports.filter(({ doc }) => doc.text === "" || doc.category === undefined || doc.since === undefined)
          .map(({ name }) => `${page}: ${name}`)
      ])
      assert.deepStrictEqual(lacking, [])
      const unsaid = modules.flatMap(({ exports, page }) => {
        const text = textOf(join("dist/docs", page))
        const names = exported(textOf(join("dist", page.replace(/\.md$/, ".d.ts"))))
        assert.sameMembers([...new Set(names)], exports.map(({ name }) => name), page)
        return names.filter((name) => !text.includes(`\n### ${name}\n`)).map((name) => `${page}: ${name}`)
      })
      assert.deepStrictEqual(unsaid, [])
    })

    it("has a page for all that can be imported", async () => {
      const modules = Reference.modules(join(installed, "dist"))
      const entries = [...new Set(modules.map(({ entry }) => entry))]
      const said = JSON.parse(
        await succeed(
          consumer,
          "node",
          "-e",
          `const names = {}
          const isSpace = (value) => String(value) === "[object Module]"
          for (const entry of ${JSON.stringify(entries)}) {
            const module = await import(entry)
            for (const [name, value] of Object.entries(module)) {
              if (isSpace(value)) names[entry + " " + name] = Object.keys(value)
              else (names[entry] ??= []).push(name)
            }
          }
          console.log(JSON.stringify(names))`
        )
      ) as Readonly<Record<string, ReadonlyArray<string>>>
      const told = new Map(
        modules.map(({ entry, exports, name }) => [
          entry.includes("/") ? entry : `${entry} ${name}`,
          new Set(exports.map(({ name }) => name))
        ])
      )
      const untold = Object.entries(said).flatMap(([space, names]) =>
        names.filter((name) => told.get(space)?.has(name) !== true).map((name) => `${space}: ${name}`)
      )
      assert.deepStrictEqual(untold, [])
    })

    it("is found from its first page", () => {
      const links = [...textOf("dist/docs/README.md").matchAll(/\]\(([^)]+)\)/g)].map(([, link = ""]) => link)
      const pages = files().filter((file) => file.startsWith("dist/docs/") && file !== "dist/docs/README.md")
      assert.sameMembers(links, pages.map((page) => page.slice("dist/docs/".length)))
    })

    it("names the modules of effect that may change in a minor, and src/README.md lists no other", () => {
      const named = new Set(
        files().filter((file) => file.endsWith(".d.ts") && !file.includes("/internal/")).flatMap((file) =>
          [...textOf(file).matchAll(/"effect\/([\w/-]+)"/g)].map(([, name = ""]) => name)
        ).flatMap((name) => /^[a-z]/.test(name) && !name.includes("/") ? namesIn(name) : [name])
      )
      const source = (name: string) => readFileSync(join(root, `node_modules/effect/src/${name}.ts`), "utf8")
      const unstable = [...named].filter((name) => !source(name).includes("@stability stable"))
      const listed = [...textOf("src/README.md").matchAll(/`effect\/([\w/-]+)`/g)].map(([, name = ""]) => name)
      assert.sameMembers([...new Set(listed)], unstable)
    })
  })

/** What public declarations take from a folder of effect's: `import { HttpRouter } from "effect/http"`. */
const namesIn = (folder: string): ReadonlyArray<string> =>
  files().filter((file) => file.endsWith(".d.ts")).flatMap((file) =>
    [...textOf(file).matchAll(new RegExp(`^import (?:type )?\\{([^}]*)\\} from "effect/${folder}"`, "gm"))]
      .flatMap(([, names = ""]) => names.split(",").map((name) => `${folder}/${name.replace("type", "").trim()}`))
  )
