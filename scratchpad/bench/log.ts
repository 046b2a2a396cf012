/** Records per second into the call log, against a raw batched insert of as many rows into the same schema. */
process.stdout.write("  (not measured)\n")
