/** Sessions run by the emulated `ip`. */
import { Machine } from "@hookline/engine/ip/machine";
import type { Netns } from "@hookline/engine/ip/netns";
import type { CommandContext } from "../../src/context.ts";
import { runIp } from "../../src/ip/command.ts";
import type { CommandIo } from "../../src/shell/host.ts";
import type { Session } from "./lines.ts";
import type { Answer } from "./real.ts";

const WHERE = { file: "lab.sh", line: 1 };

export class Model {
	readonly machine: Machine = new Machine({ seed: 1 });

	constructor() {
		this.machine.root.lo.setUp(true);
	}
	run(line: string): Answer {
		let out = "";
		let err = "";
		const io: CommandIo = { stdin: "", out: (text) => void (out += text), err: (text) => void (err += text) };
		const status = runIp(line.split(" "), this.context(this.machine.root, io));
		return { line, status, out, err };
	}
	context(ns: Netns, io: CommandIo): CommandContext {
		return {
			machine: this.machine,
			ns,
			io,
			where: WHERE,
			invoke: (argv, inner, itsIo) =>
				argv[0] === "ip" ? runIp(argv, this.context(inner, itsIo)) : undefined,
		};
	}
}
export function modelAnswers(session: Session): Answer[] {
	const model = new Model();
	return session.lines.map((line) => model.run(line));
}
