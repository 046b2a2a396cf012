/** Milliseconds to import the modules named, in this process. */
const started = performance.now()
for (const name of process.argv.slice(2)) await import(name)
process.stdout.write(`${performance.now() - started}\n`)
