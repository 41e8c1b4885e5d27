/** Commands that have a name but no work yet: they say so. */
import type { Command } from "../command.ts";
import { UsageError } from "../errors.ts";

function notBuilt(name: string, usage: string, about: string): Command {
	return {
		name,
		usage,
		about: `${about} (not built yet)`,
		help: "Not built yet: exit status 2.\n",
		run() {
			throw new UsageError("not built yet");
		},
	};
}

export const shell: Command = notBuilt("shell", "[LAB.sh]", "a prompt on a lab's host");
export const transcript: Command = notBuilt(
	"transcript",
	"DIR… [--out ROOT]",
	"run text cases; write what each command prints",
);
