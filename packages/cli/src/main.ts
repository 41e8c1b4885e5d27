#!/usr/bin/env node
/** The process around `cli`. */
import { cli } from "./cli.ts";
import { processIo } from "./io/console.ts";

/** 128 + SIGPIPE: what a shell reports for a program whose reader went away. */
const BROKEN_PIPE = 141;

for (const stream of [process.stdout, process.stderr])
	stream.on("error", (error: NodeJS.ErrnoException) => {
		if (error.code === "EPIPE") process.exit(BROKEN_PIPE);
		throw error;
	});

process.exitCode = await cli(process.argv.slice(2), processIo());
