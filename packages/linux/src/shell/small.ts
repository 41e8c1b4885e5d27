/** `echo`, `printf`, `test`, `[`, `true`, `false`: as built-ins of dash and as programs of coreutils. */
import { test } from "./builtins.ts";
import { dashEcho, gnuEcho, printf } from "./printf.ts";

export interface SmallResult {
	readonly out: string;
	/** Messages without the `sh: 1: ` or program name in front that `NAME: ` of the command follows. */
	readonly complaints: readonly string[];
	readonly status: number;
}

/** Runs one of them; undefined when the name is none. `program`: found by `sudo` or `ip netns exec`, not by the shell. */
export function runSmall(name: string, args: readonly string[], program: boolean): SmallResult | undefined {
	switch (name) {
		case "true":
		case "false":
			return { out: "", complaints: [], status: name === "true" ? 0 : 1 };
		case "echo":
			return { out: program ? gnuEcho(args) : dashEcho(args), complaints: [], status: 0 };
		case "printf":
			return printf(args);
		case "test":
		case "[": {
			const closed = name === "test" || args.at(-1) === "]";
			if (!closed) return { out: "", complaints: [program ? "missing ']'" : "missing ]"], status: 2 };
			const { status, complaint } = test(name === "[" ? args.slice(0, -1) : args);
			return { out: "", complaints: complaint === undefined ? [] : [complaint], status };
		}
		default:
			return undefined;
	}
}
