/** The command table: which command, its help, and the exit status of what it throws. */
import { readFileSync } from "node:fs";
import { LabError } from "@hookline/linux/shell/errors";
import { createColors } from "picocolors";
import type { Command } from "./command.ts";
import { Failure, LabProblems, messageOf, UsageError } from "./errors.ts";
import type { Io } from "./io/console.ts";
import { columns } from "./io/table.ts";

/** Loaded when asked for, so that `--help` needs none of them. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
	run: async () => (await import("./commands/run.ts")).run,
	check: async () => (await import("./commands/check.ts")).check,
	replay: async () => (await import("./commands/replay.ts")).replay,
	explain: async () => (await import("./commands/explain.ts")).explain,
	trace: async () => (await import("./commands/trace.ts")).trace,
	case: async () => (await import("./commands/case.ts")).caseCommand,
	demo: async () => (await import("./commands/demo.ts")).demo,
	bench: async () => (await import("./commands/bench.ts")).bench,
	shell: async () => (await import("./commands/not-built.ts")).shell,
	transcript: async () => (await import("./commands/not-built.ts")).transcript,
};
const USAGE = "usage: hookline COMMAND … (hookline --help names the commands)";

/** Runs `hookline ARGS`. Returns the exit status: 0 fine, 1 failed, 2 asked for something that there is not. */
export async function cli(args: readonly string[], io: Io): Promise<number> {
	const [name, ...rest] = args;
	if (name === undefined) return usage(io, "a command is missing");
	if (name === "--version" || name === "-V") {
		io.out(`hookline ${version()}\n`);
		return 0;
	}
	const help = name === "--help" || name === "-h" || name === "help";
	if (help && rest.length === 0) {
		io.out(await overview(io.colour));
		return 0;
	}
	const wanted = help ? rest[0] : name;
	const load = Object.hasOwn(COMMANDS, wanted) ? COMMANDS[wanted] : undefined;
	if (load === undefined)
		return usage(io, `unknown ${wanted.startsWith("-") ? "option" : "command"} "${wanted}"`);
	let command: Command;
	try {
		command = await load();
	} catch (error) {
		io.err(`hookline ${wanted}: ${messageOf(error)}\n`);
		return 1;
	}
	if (help || asksForHelp(rest)) {
		io.out(`usage: hookline ${command.name} ${command.usage}\n\n${command.about}\n\n${command.help}`);
		return 0;
	}
	try {
		return await command.run(rest, io);
	} catch (error) {
		return failed(command, error, io);
	}
}

/** `--help` before a `--`. */
function asksForHelp(args: readonly string[]): boolean {
	const end = args.indexOf("--");
	return args.slice(0, end < 0 ? args.length : end).some((a) => a === "--help" || a === "-h");
}

function usage(io: Io, problem: string): number {
	io.err(`hookline: ${problem}; ${USAGE}\n`);
	return 2;
}

function failed(command: Command, error: unknown, io: Io): number {
	if (error instanceof UsageError) {
		io.err(`hookline ${command.name}: ${error.message}; usage: hookline ${command.name} ${command.usage}\n`);
		return 2;
	}
	if (error instanceof LabProblems || error instanceof LabError) {
		io.err(`${error instanceof LabProblems ? error.message : String(error)}\n`);
		return 2;
	}
	const stack = !(error instanceof Failure) && process.env["HOOKLINE_DEBUG"] !== undefined;
	io.err(`hookline ${command.name}: ${stack ? (error as Error).stack : messageOf(error)}\n`);
	return 1;
}

async function overview(colour: boolean): Promise<string> {
	const { bold } = createColors(colour);
	const rows: string[][] = [];
	for (const load of Object.values(COMMANDS)) {
		const command = await load().catch(() => undefined);
		if (command !== undefined) rows.push([command.name, command.about]);
	}
	return `${bold("hookline")}: Linux container networking, packet by packet, without a kernel

${bold("usage:")} hookline COMMAND …

${columns(rows, "  ")}
hookline COMMAND --help says more; hookline --version. NETNS:DEV names a device, "." is the root namespace.
Exit status: 0 fine, 1 failed, 2 asked for something that there is not (option, file, or lab command).
`;
}

function version(): string {
	const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
	return (JSON.parse(text) as { version: string }).version;
}
