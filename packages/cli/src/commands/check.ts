/** `hookline check LAB.sh…` */
import { Lab } from "hookline";
import type { Command } from "../command.ts";
import { readNamedText } from "../io/files.ts";
import { parse, some } from "../options.ts";

export const check: Command = {
	name: "check",
	usage: "LAB.sh…",
	about: "name everything in lab files that there is not here; run nothing",
	help: `One line each: FILE:LINE: command: what is wrong. Exit status 2 if there is any, else 0.
`,
	run(args, io) {
		const { positionals } = parse(args, {});
		const texts = some(positionals, "LAB.sh").map((file) => ({ file, text: readNamedText(file) }));
		let found = 0;
		for (const { file, text } of texts)
			for (const problem of new Lab().check(text, file)) {
				io.err(`${problem}\n`);
				found++;
			}
		return found > 0 ? 2 : 0;
	},
};
