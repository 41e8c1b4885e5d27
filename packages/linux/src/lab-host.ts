/** A namespace of the machine as the shell's host: its commands, its files, its time. */
import type { Machine } from "@hookline/engine/ip/machine";
import type { Netns } from "@hookline/engine/ip/netns";
import { checkCommand, runCommand, type Word } from "./commands.ts";
import { readFile, writeFile } from "./files.ts";
import { NotSupported } from "./not-supported.ts";
import { checkProgram } from "./shell/check.ts";
import { LabError } from "./shell/errors.ts";
import type { CommandIo, ShellHost, Where } from "./shell/host.ts";
import { runProgram } from "./shell/interpret.ts";

export class LabHost implements ShellHost {
	readonly machine: Machine;
	readonly ns: Netns;
	/** Where the last command stood, for errors of the files that the shell opens around it. */
	private where: Where = { file: "sh", line: 1 };

	/** `ns` is one of the machine's; default its root. */
	constructor(machine: Machine, ns: Netns = machine.root) {
		this.machine = machine;
		this.ns = ns;
	}
	run(argv: readonly string[], io: CommandIo, where: Where): number | undefined {
		this.where = where;
		const { machine, ns } = this;
		// whatever it changes, what was decided before may be decided otherwise now
		machine.core.generation++;
		return runCommand(argv, { machine, ns, io, where, invoke: (...call) => this.invoke(...call) });
	}
	check(argv: readonly Word[], where: Where): (string | LabError)[] {
		return checkCommand(argv, where, (inner, at) => checkProgram(inner, this, at) ?? this.check(inner, at));
	}
	readFile(path: string): string | undefined {
		return this.supported(path, () => readFile(this.machine, this.ns, path));
	}
	writeFile(path: string, text: string, append: boolean): string | undefined {
		this.machine.core.generation++;
		return this.supported(path, () => writeFile(this.machine, this.ns, path, text, append));
	}
	/** Lets virtual time pass; what is under way meanwhile happens. */
	sleep(ns: number): void {
		const { core } = this.machine;
		core.runUntil(core.clock[0]! + ns);
	}
	/** Runs any program in a namespace, a shell too, for `ip netns exec`. */
	private invoke(argv: readonly string[], ns: Netns, io: CommandIo, where: Where): number | undefined {
		const host = ns === this.ns ? this : new LabHost(this.machine, ns);
		return runProgram(argv, host, io, where) ?? host.run(argv, io, where);
	}
	private supported<T>(path: string, act: () => T): T {
		try {
			return act();
		} catch (error) {
			if (!(error instanceof NotSupported)) throw error;
			throw new LabError(this.where.file, this.where.line, path, error.message);
		}
	}
}
