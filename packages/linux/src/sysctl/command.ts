/** `sysctl` of procps 4.0.2. */

import { Machine } from "@hookline/engine/ip/machine";
import type { CommandContext } from "../context.ts";
import { NotSupported } from "../not-supported.ts";
import { findSysctl, sysctlPaths } from "./model.ts";

type Word = string | undefined;

const USAGE = `
Usage:
 sysctl [options] [variable[=value] ...]

Options:
  -a, --all            display all variables
  -A                   alias of -a
  -X                   alias of -a
      --deprecated     include deprecated parameters to listing
      --dry-run        Print the key and values but do not write
  -b, --binary         print value without new line
  -e, --ignore         ignore unknown variables errors
  -N, --names          print variable names without values
  -n, --values         print only values of the given variable(s)
  -p, --load[=<file>]  read values from file
  -f                   alias of -p
      --system         read values from all system directories
  -r, --pattern <expression>
                       select setting that match expression
  -q, --quiet          do not echo variable set
  -w, --write          enable writing a value to variable
  -o                   does nothing
  -x                   does nothing
  -d                   alias of -h

 -h, --help     display this help and exit
 -V, --version  output version information and exit

For more details see sysctl(8).
`;
const LONG: Readonly<Record<string, string>> = {
	"--all": "a",
	"--deprecated": "o",
	"--binary": "b",
	"--ignore": "e",
	"--names": "N",
	"--values": "n",
	"--load": "p",
	"--pattern": "r",
	"--quiet": "q",
	"--write": "w",
	"--help": "h",
	"--version": "V",
	"--dry-run": "dry-run",
	"--system": "system",
};

interface Options {
	readonly letters: Set<string>;
	pattern: string | undefined;
	readonly operands: string[];
	/** The option that there is not, as getopt names it. */
	bad: string | undefined;
}

function parseOptions(args: readonly string[]): Options {
	const options: Options = { letters: new Set(), pattern: undefined, operands: [], bad: undefined };
	for (let i = 0; i < args.length; i++) {
		const arg = args[i]!;
		if (arg === "--") {
			options.operands.push(...args.slice(i + 1));
			break;
		}
		if (!/^-./.test(arg)) {
			options.operands.push(arg);
			continue;
		}
		if (arg.startsWith("--")) {
			const [name = "", value] = arg.split(/=(.*)/s);
			const letter = LONG[name];
			if (letter === undefined) {
				options.bad ??= `unrecognized option '${arg}'`;
				continue;
			}
			options.letters.add(letter);
			if (letter === "r") options.pattern = value ?? args[++i];
			if (letter === "p" && value !== undefined) options.operands.push(value);
			continue;
		}
		const letters = arg.slice(1);
		for (let k = 0; k < letters.length; k++) {
			const letter = letters[k]!;
			if (!"abeNnpfrqwoxdhVAX".includes(letter)) {
				options.bad ??= `invalid option -- '${letter}'`;
				break;
			}
			options.letters.add({ A: "a", X: "a", f: "p", d: "h" }[letter] ?? letter);
			if (letter === "r") {
				options.pattern = letters.slice(k + 1) || args[++i];
				break;
			}
		}
	}
	return options;
}

/** `net.ipv4.conf.a/b.rp_filter` or `net/ipv4/conf/a.b/rp_filter`: whichever separator comes first, the other one stands for it. */
export function sysctlPath(name: string): string {
	const first = /[./]/.exec(name)?.[0];
	if (first !== ".") return name;
	return name.replace(/[./]/g, (c) => (c === "." ? "/" : "."));
}
/** The name that is printed for a path. */
export function sysctlName(path: string): string {
	return path.replace(/[./]/g, (c) => (c === "/" ? "." : "/"));
}

/** Runs `sysctl`; argv[0] is the command word. `readFile` serves `-p`. Throws `NotSupported`. */
export function runSysctl(
	argv: readonly string[],
	ctx: CommandContext,
	readFile: (path: string) => string | undefined,
): number {
	const options = parseOptions(argv.slice(1));
	const { letters, operands } = options;
	const { io } = ctx;
	if (options.bad !== undefined) {
		// the tool ends well after that
		io.err(`sysctl: ${options.bad}\n${USAGE}`);
		return 0;
	}
	for (const o of ["dry-run", "system"])
		if (letters.has(o)) throw new NotSupported(`the option --${o} of sysctl is not supported`);
	if (letters.has("h") || argv.length === 1) {
		(letters.has("h") ? io.out : io.err).call(io, USAGE);
		return letters.has("h") ? 0 : 1;
	}
	if (letters.has("V")) {
		io.out("sysctl from procps-ng 4.0.2\n");
		return 0;
	}
	const run = new Run(ctx, options);
	if (letters.has("a")) return run.all();
	if (letters.has("p")) return run.load(operands.length === 0 ? ["/etc/sysctl.conf"] : operands, readFile);
	if (operands.length === 0) {
		io.err("sysctl: no variables specified\nTry `sysctl --help' for more information.\n");
		return 1;
	}
	let status = 0;
	for (const operand of operands) {
		const given = splitAssignment(operand);
		if (given !== undefined) status |= run.set(given.name, given.value);
		else if (operand === "=") status = letters.has("w") ? 1 : status + 1;
		else if (operand.startsWith("=")) status |= run.complain("Path is not under /proc/sys/: /proc/sys/");
		else if (!letters.has("w")) status += run.show(operand);
		// the tool passes over lines of one letter without a word
		else status |= operand.length < 2 ? 1 : run.complain("command line(0): invalid syntax, continuing...");
	}
	return status;
}

function splitAssignment(text: string): { name: string; value: string; optional: boolean } | undefined {
	const at = text.indexOf("=");
	if (at <= 0) return undefined;
	const left = text.slice(0, at).trim();
	const optional = left.startsWith("-");
	const name = optional ? left.slice(1) : left;
	return name === "" ? undefined : { name, value: text.slice(at + 1).trim(), optional };
}

class Run {
	private readonly ctx: CommandContext;
	private readonly options: Options;

	constructor(ctx: CommandContext, options: Options) {
		this.ctx = ctx;
		this.options = options;
	}
	complain(message: string): number {
		this.ctx.io.err(`sysctl: ${message}\n`);
		return 1;
	}
	all(): number {
		const { machine, ns } = this.ctx;
		for (const path of sysctlPaths(machine, ns)) if (this.matches(path)) this.print(path);
		return 0;
	}
	/** One variable, or all below a directory. */
	show(name: string): number {
		const { machine, ns } = this.ctx;
		const path = sysctlPath(name);
		if (findSysctl(machine, ns, path) !== undefined) {
			if (this.matches(path)) this.print(path);
			return 0;
		}
		const below = sysctlPaths(machine, ns).filter((p) => p.startsWith(`${path}/`));
		if (below.length === 0) return this.unknown(path);
		for (const p of below) if (this.matches(p)) this.print(p);
		return 0;
	}
	set(name: string, value: string): number {
		const { machine, ns, io } = this.ctx;
		const { letters } = this.options;
		const path = sysctlPath(name);
		const sysctl = findSysctl(machine, ns, path);
		if (sysctl === undefined) return this.unknown(path);
		if (!this.matches(path)) return 0;
		const key = sysctlName(path);
		// a variable that nobody may write is reported, and is no failure
		if (sysctl.write === undefined) {
			this.complain(`setting key "${key}": Invalid argument`);
			return 0;
		}
		if (sysctl.write(value) !== undefined) return this.complain(`setting key "${key}": Invalid argument`);
		if (letters.has("q")) return 0;
		if (letters.has("N")) io.out(`${key}\n`);
		else if (letters.has("n")) io.out(`${value}\n`);
		else io.out(`${key} = ${value}\n`);
		return 0;
	}
	load(files: readonly string[], readFile: (path: string) => string | undefined): number {
		let status = 0;
		const settings: { name: string; value: string; optional: boolean }[] = [];
		for (const file of files) {
			const text = file === "-" ? this.ctx.io.stdin : readFile(file);
			if (text === undefined) {
				status = this.complain(`cannot open "${file}": No such file or directory`);
				continue;
			}
			for (const [index, raw] of text.split("\n").entries()) {
				const line = raw.trim();
				if (line === "" || line.startsWith("#") || line.startsWith(";")) continue;
				const setting = splitAssignment(line);
				if (setting !== undefined) settings.push(setting);
				else if (!line.startsWith("-"))
					status = this.complain(`${file}(${index + 1}): invalid syntax, continuing...`);
			}
		}
		for (const { name, value, optional } of settings) {
			const failed = this.set(name, value);
			if (!optional) status = failed || status;
		}
		return status;
	}
	private unknown(path: string): number {
		if (!path.startsWith("net/")) throw new NotSupported(`sysctl ${sysctlName(path)} is not supported`);
		if (this.options.letters.has("e")) return 0;
		return this.complain(`cannot stat /proc/sys/${path}: No such file or directory`);
	}
	private matches(path: string): boolean {
		const { pattern } = this.options;
		return pattern === undefined || new RegExp(pattern).test(sysctlName(path));
	}
	private print(path: string): void {
		const { machine, ns, io } = this.ctx;
		const { letters } = this.options;
		const value = findSysctl(machine, ns, path)?.read() ?? "";
		const key = sysctlName(path);
		if (letters.has("N")) io.out(`${key}\n`);
		else if (letters.has("b")) io.out(value);
		else if (letters.has("n")) io.out(`${value}\n`);
		else io.out(`${key} = ${value}\n`);
	}
}

/** What a lab file asks of sysctl and cannot get. */
export function checkSysctl(argv: readonly Word[]): string[] {
	const problems: string[] = [];
	const known = argv.filter((word) => word !== undefined);
	const { letters, operands } = parseOptions(known.slice(1));
	for (const o of ["dry-run", "system"])
		if (letters.has(o)) problems.push(`the option --${o} of sysctl is not supported`);
	if (letters.has("p")) return problems;
	for (const operand of operands) {
		const assignment = splitAssignment(operand);
		const name = assignment?.name ?? operand;
		const path = sysctlPath(name);
		const outside = path.includes("/") && !path.startsWith("net/") && path !== "kernel/hostname";
		if (outside) problems.push(`sysctl ${sysctlName(path)} is not supported`);
		else if (assignment !== undefined) problems.push(...valueProblems(path, assignment.value));
	}
	return problems;
}

let scratch: Machine | undefined;
/** Can a setting have that value? Tried on a machine of nobody's, since which values change what the engine does stands with each. */
function valueProblems(path: string, value: string): string[] {
	scratch ??= new Machine({ small: 16, big: 0 });
	const somewhere = path.replace(/^(net\/ipv[46]\/(?:conf|neigh))\/(?!all\/|default\/)[^/]+\//, "$1/lo/");
	try {
		findSysctl(scratch, scratch.root, somewhere)?.write?.(value);
		return [];
	} catch (error) {
		if (error instanceof NotSupported) return [error.message];
		throw error;
	}
}
