/** `hookline trace FILE` */
import { closeSync, openSync, readSync } from "node:fs";
import { TraceFormatError, TracePrinter, TraceReader } from "@hookline/scenario";
import type { Command } from "../command.ts";
import { Failure, UsageError } from "../errors.ts";
import { fileReason, withFile } from "../io/files.ts";
import { one, parse } from "../options.ts";

const CHUNK = 64 * 1024;

export const trace: Command = {
	name: "trace",
	usage: "FILE",
	about: "print a trace that replay --trace wrote",
	help: `A line for each record: virtual time in seconds, frame, namespace, device, and what happened.
`,
	run(args, io) {
		const path = one(parse(args, {}).positionals, "FILE");
		let fd: number;
		try {
			fd = openSync(path, "r");
		} catch (error) {
			throw new UsageError(`${path}: ${fileReason(error)}`);
		}
		let text = "";
		let printer = new TracePrinter({ netns: [], devices: [] });
		const reader = new TraceReader({
			onHeader: (header) => {
				text += `# ${header.lab}, seed ${header.seed}\n`;
				printer = new TracePrinter(header.names);
			},
			onNames: (names) => printer.learn(names),
			onRecord: (record) => {
				text += `${printer.line(record)}\n`;
			},
		});
		const print = (): void => {
			if (text !== "") io.out(text);
			text = "";
		};
		try {
			const chunk = new Uint8Array(CHUNK);
			for (let n: number; (n = withFile(path, () => readSync(fd, chunk, 0, CHUNK, null))) > 0; print())
				reader.push(chunk.subarray(0, n));
			reader.end();
		} catch (error) {
			print();
			if (error instanceof TraceFormatError) throw new Failure(`${path}: ${error.message}`);
			throw error;
		} finally {
			closeSync(fd);
		}
		return 0;
	},
};
