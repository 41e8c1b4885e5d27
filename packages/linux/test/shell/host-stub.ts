import type { CommandIo, ShellHost, Where } from "../../src/shell/host.ts";
import { runText, type TextOptions } from "../../src/shell/interpret.ts";

/** A machine with `cat`, `err` (prints its arguments on stderr) and files in memory; writes down what it ran. */
export class StubHost implements ShellHost {
	readonly files = new Map<string, string>();
	readonly ran: string[][] = [];
	readonly checked: { argv: (string | undefined)[]; line: number }[] = [];
	readonly writes: string[] = [];
	sleptNs = 0;
	problems: (argv: readonly (string | undefined)[]) => string[] = () => [];

	run(argv: readonly string[], io: CommandIo): number | undefined {
		this.ran.push([...argv]);
		if (argv[0] === "err") io.err(`${argv.slice(1).join(" ")}\n`);
		else if (argv[0] === "ip") return 0;
		else if (argv[0] !== "cat") return undefined;
		else if (argv.length === 1) io.out(io.stdin);
		else for (const path of argv.slice(1)) io.out(this.files.get(path) ?? "");
		return 0;
	}

	check(argv: readonly (string | undefined)[], where: Where): string[] {
		this.checked.push({ argv: [...argv], line: where.line });
		return this.problems(argv);
	}

	readFile(path: string): string | undefined {
		return this.files.get(path);
	}

	writeFile(path: string, text: string, append: boolean): string | undefined {
		if (path.startsWith("/x/")) return "Directory nonexistent";
		if (path === "/dev/full") return text === "" ? undefined : "No space left on device";
		if (text !== "") this.writes.push(text);
		this.files.set(path, (append ? (this.files.get(path) ?? "") : "") + text);
		return undefined;
	}

	sleep(ns: number): void {
		this.sleptNs += ns;
	}
}

export interface Outcome {
	out: string;
	err: string;
	status: number;
}

export function runStub(text: string, options: TextOptions = {}, host = new StubHost()): Outcome {
	const outcome = { out: "", err: "", status: 0 };
	const io: CommandIo = {
		stdin: "",
		out: (piece) => void (outcome.out += piece),
		err: (piece) => void (outcome.err += piece),
	};
	outcome.status = runText(text, host, io, options);
	return outcome;
}
