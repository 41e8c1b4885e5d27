/**
 * The dry run: every command of a script once, also those behind `&&` and `||`, `for` over the words that are
 * known, variables as far as they are known. It finds all that the machine or the language does not have
 * before anything has run.
 */
import { builtinProblems, type KnownWords, parseSet, SPECIAL_BUILTINS } from "./builtins.ts";
import { LabError } from "./errors.ts";
import { type Expansions, expandFields, expandText } from "./expand.ts";
import type { ShellHost, Where } from "./host.ts";
import { ROOT_ENVIRONMENT, type ShellOptions } from "./interpret.ts";
import { parseScript } from "./parse.ts";
import { parseShellCall, parseSudo, programKind, programName, sleepProblems } from "./programs.ts";
import type { AndOr, Command, ForLoop, List, Redirection, Script, SimpleCommand } from "./syntax.ts";

/** After so many commands a loop is no longer walked word by word, so that nested loops stay cheap. */
const WALK_LIMIT = 100_000;

/** Checks a parsed script. Problems come once each, in the order of the walk; parse errors are not repeated. */
export function checkScript(script: Script, host: ShellHost, options: ShellOptions = {}): LabError[] {
	const checker = new Checker(script, host, options);
	checker.list(script.list);
	return [...checker.found.values()];
}

/** Parses and checks text that stands at `where`, as of `sh -c TEXT`. */
export function checkText(
	text: string,
	host: ShellHost,
	where: Where,
	options: ShellOptions = {},
): LabError[] {
	const { script, errors } = parseScript(text, where.file, where.line - 1);
	return [...errors, ...checkScript(script, host, options)];
}

/**
 * Checks `sh -c`, `sudo`, `sleep`, `echo`, `printf`, `test`, `true`, `false` as programs, for the host's
 * `ip netns exec NS …`. Returns undefined when argv names none of these.
 */
export function checkProgram(argv: KnownWords, host: ShellHost, where: Where): LabError[] | undefined {
	const kind = argv[0] === undefined ? undefined : programKind(argv[0]);
	if (kind === undefined) return undefined;
	const errors = (problems: readonly string[]): LabError[] =>
		problems.map((problem) => new LabError(where.file, where.line, commandText(argv), problem));
	if (kind === "sleep") return errors(sleepProblems(argv.slice(1)));
	if (kind === "small") return errors(builtinProblems([programName(argv[0]!), ...argv.slice(1)]) ?? []);
	if (kind === "sudo") {
		const call = parseSudo(argv);
		if (call.problems.length > 0) return errors(call.problems);
		return checkProgram(call.argv, host, where) ?? askHost(call.argv, host, where);
	}
	const { text, problems, errexit, nounset } = parseShellCall(argv);
	// what the shell inherits is known only at run time
	const own =
		text === undefined ? [] : checkText(text, host, where, { errexit, nounset, env: UNKNOWN_ENVIRONMENT });
	return [...errors(problems), ...own];
}

/** Marks an environment of which nothing is known: no variable counts as unset. */
const UNKNOWN_ENVIRONMENT: ReadonlyMap<string, string> = new Map();

function askHost(argv: KnownWords, host: ShellHost, where: Where): LabError[] {
	if (argv[0] === undefined) return [];
	return host
		.check(argv, where)
		.map((problem) =>
			typeof problem === "string"
				? new LabError(where.file, where.line, commandText(argv), problem)
				: problem,
		);
}

/** The command line for a message; `$(…)` stands for a word known only at run time. */
function commandText(argv: KnownWords): string {
	return argv.map((word) => word ?? "$(…)").join(" ");
}

class Checker {
	readonly found = new Map<string, LabError>();
	private readonly file: string;
	private readonly lineOffset: number;
	private readonly host: ShellHost;
	/** A variable mapped to undefined is known only at run time. */
	private variables: Map<string, string | undefined>;
	private nounset: boolean;
	private readonly openEnvironment: boolean;
	private walked = 0;

	constructor(script: Script, host: ShellHost, options: ShellOptions) {
		this.file = script.file;
		this.lineOffset = script.lineOffset;
		this.host = host;
		this.variables = new Map(options.env ?? ROOT_ENVIRONMENT);
		this.nounset = options.nounset ?? false;
		this.openEnvironment = options.env === UNKNOWN_ENVIRONMENT;
	}

	list(list: List): void {
		for (const andOr of list) this.andOr(andOr);
	}

	private andOr({ first, rest }: AndOr): void {
		this.command(first);
		for (const { command } of rest) this.perhaps(() => this.command(command));
	}

	/** Walks what may or may not run: a variable that it changes is known only at run time. */
	private perhaps(walk: () => void): void {
		const before = new Map(this.variables);
		walk();
		for (const [name, value] of this.variables) {
			if (!before.has(name) || before.get(name) !== value) this.variables.set(name, undefined);
		}
	}

	private command(command: Command): void {
		if (command.kind === "simple") this.simple(command);
		else if (command.kind === "for") this.forLoop(command);
		else for (const list of command.lists) this.perhaps(() => this.list(list));
	}

	private forLoop(loop: ForLoop): void {
		this.redirections(loop.redirections);
		const words = expandFields(loop.words, this.expansions());
		for (const word of words) {
			const tired = this.walked > WALK_LIMIT;
			this.variables.set(loop.variable, tired ? undefined : word);
			// an unknown word may be no word or several
			if (word === undefined) this.perhaps(() => this.list(loop.body));
			else this.list(loop.body);
			if (tired) break;
		}
		if (words.includes(undefined)) this.variables.set(loop.variable, undefined);
	}

	private simple(command: SimpleCommand): void {
		this.walked++;
		const argv = expandFields(command.words, this.expansions());
		this.redirections(command.redirections);
		const lasting = argv.length === 0;
		const before = lasting ? undefined : new Map(this.variables);
		for (const { name, value } of command.assignments) {
			this.variables.set(name, expandText(value, this.expansions()));
		}
		// a special built-in keeps the assignments before it; nobody relies on knowing their values early
		if (before !== undefined) {
			this.variables = before;
			for (const { name } of command.assignments)
				if (SPECIAL_BUILTINS.has(argv[0] ?? "")) this.variables.set(name, undefined);
		}
		if (argv[0] === undefined) return;
		const where = { file: this.file, line: command.line + this.lineOffset };
		const problems = builtinProblems(argv);
		if (problems !== undefined) {
			for (const problem of problems)
				this.add(new LabError(where.file, where.line, commandText(argv), problem));
			this.builtin(argv);
			return;
		}
		for (const error of checkProgram(argv, this.host, where) ?? askHost(argv, this.host, where))
			this.add(error);
	}

	/** The built-ins that change what is known. */
	private builtin(argv: KnownWords): void {
		const [name, ...args] = argv;
		if (name === "set") this.nounset = parseSet(args).options.nounset ?? this.nounset;
		if (name !== "export") return;
		for (const arg of args) {
			const [, variable, value] = /^([A-Za-z_]\w*)=([\s\S]*)$/.exec(arg ?? "") ?? [];
			if (variable !== undefined) this.variables.set(variable, value);
		}
	}

	private redirections(redirections: readonly Redirection[]): void {
		for (const { target } of redirections) expandText(target.parts, this.expansions());
	}

	private add(error: LabError): void {
		const key = `${error.file}:${error.line}: ${error.message}`;
		if (!this.found.has(key)) this.found.set(key, error);
	}

	private expansions(): Expansions {
		return {
			variable: (name) => {
				if (name === "?") return undefined;
				if (this.variables.has(name)) return this.variables.get(name);
				return this.openEnvironment ? undefined : null;
			},
			// under -u the run stops there with the shell's own message
			unset: () => (this.nounset ? undefined : ""),
			commands: (list) => {
				const { variables, nounset } = this;
				this.variables = new Map(variables);
				this.list(list);
				this.variables = variables;
				this.nounset = nounset;
				return undefined;
			},
			refuse: (line, construct, message) => {
				this.add(new LabError(this.file, line + this.lineOffset, construct, message));
			},
		};
	}
}
