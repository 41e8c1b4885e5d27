/** Runs a session of commands and notes what each printed, in the layout of the recorded ones. */
import { Machine } from "@hookline/engine/ip/machine";
import { LabHost } from "../../src/lab-host.ts";
import { Interpreter } from "../../src/shell/interpret.ts";
import { parseScript } from "../../src/shell/parse.ts";

export interface Answer {
	readonly command: string;
	readonly answer: string;
}

/** `$ COMMAND`, `> MORE`, the answer's lines. */
export function readSession(text: string): Answer[] {
	const out: { command: string; answer: string }[] = [];
	for (const line of text.replace(/\n$/, "").split("\n")) {
		if (line.startsWith("$ ")) out.push({ command: line.slice(2), answer: "" });
		else if (line.startsWith("> ") && out.length > 0) out.at(-1)!.command += `\n${line.slice(2)}`;
		else if (out.length > 0 && !line.startsWith("#")) out.at(-1)!.answer += `${line}\n`;
	}
	return out;
}

/** Does an answer fit a recorded one with its masks? */
export function fits(recorded: string, answer: string): boolean {
	const anyOrder = recorded.startsWith("[any order]\n");
	const want = (anyOrder ? recorded.slice("[any order]\n".length) : recorded).split("\n");
	const have = answer.split("\n");
	if (anyOrder) {
		want.sort();
		have.sort();
	}
	if (want.length !== have.length) return false;
	return want.every((line, i) => pattern(line).test(have[i]!));
}
function pattern(line: string): RegExp {
	const escaped = line.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
	const masked = escaped
		.replaceAll("<\\*\\*>", ".*")
		.replaceAll("<\\*>", "\\S+")
		.replaceAll("<_>", "[ \\t]*");
	return new RegExp(`^${masked}$`);
}

/** Runs a lab and then commands one by one, each as a line typed into one shell. */
export function runSession(lab: string, commands: readonly string[]): Answer[] {
	const machine = new Machine();
	const host = new LabHost(machine);
	let output = "";
	const io = {
		stdin: "",
		out: (text: string) => void (output += text),
		err: (text: string) => void (output += text),
	};
	const shell = new Interpreter(host, io);
	const run = (text: string): number => {
		const { script, errors } = parseScript(`${text}\n`, "sh");
		if (errors[0] !== undefined) throw errors[0];
		return shell.run(script);
	};
	run("ip link set lo up");
	run(lab);
	machine.core.runUntil(1e9);
	return commands.map((command) => {
		output = "";
		let status: number;
		try {
			status = run(command);
		} catch (error) {
			return { command, answer: `!! ${error}\n` };
		}
		machine.core.runUntil(machine.core.clock[0]! + 1e7);
		if (output !== "" && !output.endsWith("\n")) output += "\n";
		return { command, answer: status === 0 ? output : `${output}[exit ${status}]\n` };
	});
}
