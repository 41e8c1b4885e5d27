/** `hookline run LAB.sh` */
import type { Command } from "../command.ts";
import { loadLab } from "../io/lab-file.ts";
import { LAB_OPTIONS, labSettings, one, parse } from "../options.ts";

export const run: Command = {
	name: "run",
	usage: "LAB.sh [--seed N] [--vector N] [--ipv6]",
	about: "run a lab file; print what its commands print",
	help: `Exit status: the lab's own; 2 when it holds something that there is not here (nothing has run then).
  --seed N     what everything drawn by chance follows from (default 1)
  --vector N   frames handled in one visit, 1 to 256; never changes a result
  --ipv6       IPv6 is on in every namespace, without its automatics (no DAD, no link-local address of its own)
`,
	run(args, io) {
		const { values, positionals } = parse(args, LAB_OPTIONS);
		const file = one(positionals, "LAB.sh");
		const { lab, text } = loadLab(file, labSettings(values), io);
		return lab.run(text, { file });
	},
};
