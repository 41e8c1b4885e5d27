/** The commands that the shell runs itself: which there are, what they accept, and `test`. */
import { printfProblems } from "./printf.ts";

/** Special built-ins: an error in them ends the shell, and `A=b :` assigns for good (POSIX XCU 2.14). */
export const SPECIAL_BUILTINS: ReadonlySet<string> = new Set([":", "exit", "export", "set"]);

const REFUSED_BUILTINS = new Set(
	(
		". alias bg bind break builtin caller cd command compgen complete continue declare dirs disown enable eval exec fc fg " +
		"getopts hash help history jobs kill let local logout mapfile popd pushd pwd read readarray readonly return shift shopt " +
		"source suspend times trap type typeset ulimit umask unalias unset wait"
	).split(" "),
);

/** A command line whose undefined words are known only at run time. */
export type KnownWords = readonly (string | undefined)[];

/** What is wrong with a built-in's command line for this shell; undefined when it is no built-in. */
export function builtinProblems(argv: KnownWords): string[] | undefined {
	const [name, ...args] = argv;
	if (name === undefined) return undefined;
	if (REFUSED_BUILTINS.has(name)) return [`the built-in command ${name} is not supported`];
	switch (name) {
		case ":":
		case "true":
		case "false":
		case "echo":
		case "exit":
			return [];
		case "printf": {
			const format = args[0] === "--" ? args[1] : args[0];
			if (format === undefined) return [];
			if (/^-./.test(args[0] ?? "") && args[0] !== "--")
				return [`the option ${args[0]} of printf is not supported`];
			return printfProblems(format);
		}
		case "test":
			return testProblems(args);
		case "[":
			return testProblems(args.at(-1) === "]" ? args.slice(0, -1) : args);
		case "export":
			return exportProblems(args);
		case "set":
			return parseSet(args).problems;
		default:
			return undefined;
	}
}

function exportProblems(args: KnownWords): string[] {
	if (args.length === 0) return ["export without a name (the list of variables) is not supported"];
	return args.flatMap((arg) => {
		if (arg?.startsWith("-") && arg !== "--") return [`the option ${arg} of export is not supported`];
		return arg?.startsWith("IFS=") ? ["setting IFS is not supported"] : [];
	});
}

export interface SetOptions {
	errexit?: boolean;
	nounset?: boolean;
}

const SET_NAMES = new Map([
	["errexit", "e"],
	["nounset", "u"],
	["xtrace", "x"],
]);

/** `set -e`, `+e`, `-eu`, `-o errexit`…; `-x` is accepted and prints nothing. */
export function parseSet(args: KnownWords): { options: SetOptions; problems: string[] } {
	const options: SetOptions = {};
	const problems: string[] = [];
	if (args.length === 0) problems.push("set without options (the list of variables) is not supported");
	for (let index = 0; index < args.length; index++) {
		const arg = args[index];
		if (arg === undefined) continue;
		if (!/^[-+][a-zA-Z]/.test(arg)) {
			problems.push("setting positional parameters is not supported");
			break;
		}
		const on = arg.startsWith("-");
		for (const letter of arg.slice(1)) {
			const given = letter === "o" ? (args[++index] ?? "") : letter;
			const option = letter === "o" ? SET_NAMES.get(given) : letter;
			if (option === "e") options.errexit = on;
			else if (option === "u") options.nounset = on;
			else if (option !== "x") {
				const text = `${on ? "-" : "+"}${letter}${letter === "o" ? ` ${given}` : ""}`;
				problems.push(`the option ${text} of set is not supported`);
			}
		}
	}
	return { options, problems };
}

const STRING_TESTS = new Set(["=", "!="]);
const NUMBER_TESTS = new Set(["-eq", "-ne", "-lt", "-le", "-gt", "-ge"]);
const OTHER_TESTS = new Set(["-nt", "-ot", "-ef", "<", ">", "==", "=~"]);
const FILE_TESTS = /^-[bcdefghkprstuwxzLOGSn]$/;

function testProblems(args: KnownWords): string[] {
	const rest = args[0] === "!" && args.length > 1 ? args.slice(1) : args;
	if (rest.length > 3) return ["test of several conditions (-a, -o, parentheses) is not supported"];
	const [first, second] = rest;
	if (rest.length === 3) {
		if (second === undefined || STRING_TESTS.has(second) || NUMBER_TESTS.has(second)) return [];
		return OTHER_TESTS.has(second) || second === "-a" || second === "-o"
			? [`the operator ${second} of test is not supported`]
			: [];
	}
	if (
		rest.length === 2 &&
		first !== undefined &&
		FILE_TESTS.test(first) &&
		first !== "-n" &&
		first !== "-z"
	) {
		return [`the file test ${first} is not supported`];
	}
	return [];
}

/** `test` on strings and integers. Returns the status and, for 2, what dash says. */
export function test(args: readonly string[]): { status: number; complaint?: string } {
	const [first, second, third] = args;
	switch (args.length) {
		case 0:
			return { status: 1 };
		case 1:
			return { status: first === "" ? 1 : 0 };
		case 2:
			if (first === "-n") return { status: second === "" ? 1 : 0 };
			if (first === "-z") return { status: second === "" ? 0 : 1 };
			break;
		case 3:
			if (second === "=") return { status: first === third ? 0 : 1 };
			if (second === "!=") return { status: first !== third ? 0 : 1 };
			if (NUMBER_TESTS.has(second!)) return compareNumbers(first!, second!, third!);
			break;
	}
	if (first === "!") {
		const result = test(args.slice(1));
		return result.status > 1 ? result : { status: result.status === 0 ? 1 : 0 };
	}
	return { status: 2, complaint: `${first}: unexpected operator` };
}

function compareNumbers(
	left: string,
	operator: string,
	right: string,
): { status: number; complaint?: string } {
	for (const word of [left, right]) {
		if (!/^\s*[-+]?\d+\s*$/.test(word)) return { status: 2, complaint: `Illegal number: ${word}` };
	}
	const difference = Number(left) - Number(right);
	const holds =
		operator === "-eq"
			? difference === 0
			: operator === "-ne"
				? difference !== 0
				: operator === "-lt"
					? difference < 0
					: operator === "-le"
						? difference <= 0
						: operator === "-gt"
							? difference > 0
							: difference >= 0;
	return { status: holds ? 0 : 1 };
}
