/**
 * Command lines of the programs that this folder runs for any namespace: `sh -c`, `sudo`, `sleep`, and /bin's
 * `echo`, `printf`, `test`, `true`, `false`, which `sudo` and `ip netns exec` find instead of the built-ins.
 */
import { builtinProblems, type KnownWords, parseSet } from "./builtins.ts";

const DIRECTORY = /^\/(?:usr\/)?s?bin\//;
const SHELLS = new Set(["sh", "dash", "bash"]);
const SMALL = new Set(["echo", "printf", "true", "false", "test", "["]);

export type ProgramKind = "shell" | "sudo" | "sleep" | "small";

/** Which of ours a command word names, also by its path. */
export function programKind(word: string): ProgramKind | undefined {
	const name = programName(word);
	if (SHELLS.has(name)) return "shell";
	if (name === "sudo" || name === "sleep") return name;
	return SMALL.has(name) ? "small" : undefined;
}

/** The command word without its directory. */
export function programName(word: string): string {
	return word.replace(DIRECTORY, "");
}

export interface ShellCall {
	/** The script; undefined when known only at run time. */
	text: string | undefined;
	errexit: boolean;
	nounset: boolean;
	problems: string[];
}

/** `sh -c TEXT`, `sh -eu -c TEXT`, `bash -euc TEXT`. */
export function parseShellCall(argv: KnownWords): ShellCall {
	const call: ShellCall = { text: undefined, errexit: false, nounset: false, problems: [] };
	const name = argv[0];
	let command = false;
	let index = 1;
	for (; index < argv.length && /^[-+]./.test(argv[index] ?? ""); index++) {
		const arg = argv[index]!;
		if (arg === "--") {
			index++;
			break;
		}
		if (arg === "-o" || arg === "+o") {
			// without pipes it says nothing, and dash has no such option
			if (argv[index + 1] === "pipefail" && programName(name ?? "") === "bash") index++;
			else applySet(call, [arg, argv[++index]]);
			continue;
		}
		const letters = arg.slice(1).replace("c", "");
		if (arg.startsWith("-") && letters.length < arg.length - 1) command = true;
		if (letters !== "") applySet(call, [arg.charAt(0) + letters]);
	}
	const rest = argv.slice(index);
	if (!command) call.problems.push(`${name} is supported only with -c`);
	else if (rest.length === 0) call.problems.push(`${name}: -c requires an argument`);
	else if (rest.length > 1) call.problems.push(`positional parameters for ${name} -c are not supported`);
	else call.text = rest[0];
	return call;
}

function applySet(call: ShellCall, args: KnownWords): void {
	const { options, problems } = parseSet(args);
	call.errexit = options.errexit ?? call.errexit;
	call.nounset = options.nounset ?? call.nounset;
	call.problems.push(...problems.map((problem) => problem.replace("of set", "of the shell")));
}

export interface SudoCall {
	/** The command that sudo runs. */
	argv: KnownWords;
	/** `sudo A=b …` */
	env: Map<string, string>;
	problems: string[];
}

const SUDO_LONG =
	/^--(?:preserve-env(?:=.*)?|non-interactive|set-home|stdin|user=root|group=root|askpass|preserve-groups)$/;

/** We are root, so `sudo` is its command; its flags that change nothing for root are accepted. */
export function parseSudo(argv: KnownWords): SudoCall {
	const call: SudoCall = { argv: [], env: new Map(), problems: [] };
	let index = 1;
	for (; index < argv.length; index++) {
		const arg = argv[index];
		if (arg === undefined || !/^-./.test(arg)) break;
		if (arg === "--") {
			index++;
			break;
		}
		if (arg === "-u" || arg === "-g" || arg === "--user" || arg === "--group") {
			const user = argv[++index];
			if (user !== undefined && user !== "root" && user !== "#0") {
				call.problems.push(`sudo ${arg} ${user} is not supported: everything runs as root`);
			}
		} else if (!/^-[AEHPSkn]+$/.test(arg) && !/^-[ug]root$/.test(arg) && !SUDO_LONG.test(arg)) {
			call.problems.push(`the option ${arg} of sudo is not supported`);
		}
	}
	for (; index < argv.length; index++) {
		const assignment = /^([A-Za-z_]\w*)=([\s\S]*)$/.exec(argv[index] ?? "");
		if (assignment === null) break;
		call.env.set(assignment[1]!, assignment[2]!);
	}
	call.argv = argv.slice(index);
	const name = call.argv[0];
	if (call.argv.length === 0) call.problems.push("sudo without a command is not supported");
	else if (
		name !== undefined &&
		programKind(name) === undefined &&
		builtinProblems(call.argv) !== undefined
	) {
		call.problems.push(`sudo cannot run ${name}, a built-in command of the shell`);
	}
	return call;
}

const UNIT_NS: Record<string, number> = { "": 1e9, s: 1e9, m: 60e9, h: 3600e9, d: 86400e9 };

/** `sleep 0.5 1m`: the sum in nanoseconds, or what the program of coreutils says. */
export function parseSleep(args: readonly string[]): { ns: number } | { complaint: string } {
	const hint = "\nTry 'sleep --help' for more information.\n";
	const operands = args[0] === "--" ? args.slice(1) : args;
	if (operands.length === 0) return { complaint: `sleep: missing operand${hint}` };
	let ns = 0;
	for (const operand of operands) {
		if (args[0] !== "--" && /^-./.test(operand)) {
			const what = operand.startsWith("--")
				? `unrecognized option '${operand}'`
				: `invalid option -- '${operand[1]}'`;
			return { complaint: `sleep: ${what}${hint}` };
		}
		const match = /^(\d+\.?\d*|\.\d+)(?:e([-+]?\d{1,3}))?([smhd]?)$/.exec(operand);
		// the quotes of the C locale
		if (match === null) return { complaint: `sleep: invalid time interval '${operand}'${hint}` };
		ns += Math.round(Number(`${match[1]}e${match[2] ?? 0}`) * UNIT_NS[match[3]!]!);
	}
	if (ns > Number.MAX_SAFE_INTEGER)
		return { complaint: `sleep: ${operands.join(" ")}: longer than a lab can last${hint}` };
	return { ns };
}

/** What `sleep` here does not have. */
export function sleepProblems(args: KnownWords): string[] {
	return args.flatMap((arg) =>
		/^[+-]?(inf(inity)?|nan|0x[0-9a-f.]+(p.*)?)[smhd]?$/i.test(arg ?? "")
			? [`sleep ${arg} is not supported`]
			: [],
	);
}
