/**
 * Runs a parsed script as dash does. The order inside a simple command is dash's `evalcommand`: words are
 * expanded, redirections opened, assignments made, then the command runs. `-e` looks at every command that is
 * not on the left of `&&` or `||`, and reaches into `$(…)`.
 */
import { builtinProblems, parseSet, SPECIAL_BUILTINS } from "./builtins.ts";
import { LabError } from "./errors.ts";
import { type Expansions, expandFields, expandText } from "./expand.ts";
import type { CommandIo, ShellHost, Where } from "./host.ts";
import { parseScript } from "./parse.ts";
import {
	parseShellCall,
	parseSleep,
	parseSudo,
	programKind,
	programName,
	sleepProblems,
} from "./programs.ts";
import { runSmall } from "./small.ts";
import {
	commandIo,
	RedirectionError,
	redirect,
	ShellExit,
	type Streams,
	sink,
	streamsOf,
} from "./streams.ts";
import type { AndOr, Command, ForLoop, List, Script, SimpleCommand } from "./syntax.ts";

/** The variables that a root shell begins with, as far as a lab may count on them. */
export const ROOT_ENVIRONMENT: ReadonlyMap<string, string> = new Map([
	["PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
	["HOME", "/root"],
]);

export interface ShellOptions {
	/** `-e` */
	readonly errexit?: boolean;
	/** `-u` */
	readonly nounset?: boolean;
	/** What the shell calls itself in its messages; default `sh`. */
	readonly name?: string;
	/** Exported variables at the start; default `ROOT_ENVIRONMENT`. */
	readonly env?: ReadonlyMap<string, string>;
}

export interface TextOptions extends ShellOptions {
	/** Where the text stands; default line 1 of `sh`. */
	readonly where?: Where;
}

/** One shell. Its variables and options last from one `run` to the next, as in a session. */
export class Interpreter {
	/** `$?` */
	status = 0;
	/** `exit` was reached, or `-e` or an error of the shell ended it: nothing more may run. */
	exited = false;

	private readonly host: ShellHost;
	private readonly name: string;
	private streams: Streams;
	private variables: Map<string, string>;
	private exported: Set<string>;
	private errexit: boolean;
	private nounset: boolean;
	private file = "sh";
	private lineOffset = 0;
	/** Line of the command being run, for messages. */
	private line = 1;
	/** Status of the last `$(…)` in the current command. */
	private substituted = 0;

	constructor(host: ShellHost, io: CommandIo, options: ShellOptions = {}) {
		const env = options.env ?? ROOT_ENVIRONMENT;
		this.host = host;
		this.name = options.name ?? "sh";
		this.streams = streamsOf(io);
		this.variables = new Map(env);
		this.exported = new Set(env.keys());
		this.errexit = options.errexit ?? false;
		this.nounset = options.nounset ?? false;
	}

	/**
	 * Runs a script that parsed without errors; returns its exit status. Throws `LabError` for what only the
	 * run could show to be outside the language.
	 */
	run(script: Script): number {
		this.file = script.file;
		this.lineOffset = script.lineOffset;
		try {
			this.list(script.list, false);
		} catch (error) {
			if (!(error instanceof ShellExit)) throw error;
			this.status = error.status;
			this.exited = true;
		}
		return this.status;
	}

	/** `tested`: the status is looked at by `&&` or `||`, so `-e` does not apply. */
	private list(list: List, tested: boolean): void {
		for (const andOr of list) this.andOr(andOr, tested);
	}

	private andOr(andOr: AndOr, tested: boolean): void {
		const last = andOr.rest.length;
		this.command(andOr.first, tested || last > 0);
		for (const [index, { operator, command }] of andOr.rest.entries()) {
			if ((this.status === 0) === (operator === "&&")) this.command(command, tested || index + 1 < last);
		}
	}

	private command(command: Command, tested: boolean): void {
		this.line = command.line;
		if (command.kind === "refused") throw this.labError("", "the construct is not supported");
		if (command.kind === "for") this.forLoop(command, tested);
		else this.simple(command, tested);
	}

	private forLoop(loop: ForLoop, tested: boolean): void {
		const before = this.streams;
		const opened = this.open(loop, new Map());
		if (opened === undefined) {
			this.finish(2, tested);
			return;
		}
		this.streams = opened;
		try {
			const words = expandFields(loop.words, this.expansions()) as string[];
			if (words.length === 0) this.status = 0;
			for (const word of words) {
				this.variables.set(loop.variable, word);
				this.list(loop.body, tested);
			}
		} finally {
			this.streams = before;
		}
	}

	private simple(command: SimpleCommand, tested: boolean): void {
		this.substituted = 0;
		const argv = expandFields(command.words, this.expansions()) as string[];
		const name = argv[0];
		const special = name !== undefined && SPECIAL_BUILTINS.has(name);
		const overlay = new Map<string, string>();
		const streams = this.open(command, overlay);
		if (streams === undefined) {
			if (special) throw new ShellExit(2);
			this.finish(2, tested);
			return;
		}
		const lasting = name === undefined || special;
		for (const { name: variable, value } of command.assignments) {
			const text = expandText(value, this.expansions(overlay)) as string;
			(lasting ? this.variables : overlay).set(variable, text);
		}
		if (name === undefined) {
			this.finish(this.substituted, tested);
			return;
		}
		this.line = command.line;
		this.finish(this.dispatch(argv, streams, overlay), tested);
	}

	private finish(status: number, tested: boolean): void {
		this.status = status;
		if (status !== 0 && this.errexit && !tested) throw new ShellExit(status);
	}

	/** The redirected streams; undefined after an error, which has been printed. */
	private open(command: SimpleCommand | ForLoop, overlay: ReadonlyMap<string, string>): Streams | undefined {
		try {
			return redirect(command.redirections, this.streams, this.expansions(overlay), this.host);
		} catch (error) {
			if (!(error instanceof RedirectionError)) throw error;
			this.line = command.line;
			if (error.message !== "") this.complain(error, error.message);
			return undefined;
		}
	}

	private dispatch(argv: readonly string[], streams: Streams, overlay: ReadonlyMap<string, string>): number {
		const problems = builtinProblems(argv);
		if (problems !== undefined) {
			if (problems.length > 0) throw this.labError(argv.join(" "), problems[0]!);
			return this.builtin(argv, streams);
		}
		const env = new Map(overlay);
		for (const name of this.exported) {
			const value = this.variables.get(name);
			if (value !== undefined && !env.has(name)) env.set(name, value);
		}
		const where = { file: this.file, line: this.line + this.lineOffset };
		const outside = runProgram(argv, this.host, direct(streams, env), where);
		if (outside !== undefined) return outside;
		const { io, finish } = commandIo(streams, env);
		const status = this.host.run(argv, io, where);
		if (status === undefined) this.complain(streams, `${argv[0]}: not found`);
		const wrong = finish();
		if (wrong === undefined) return status ?? 127;
		streams.err.write(`${argv[0]}: write error: ${wrong}\n`);
		return status || 1;
	}

	private builtin(argv: readonly string[], streams: Streams): number {
		const [name = "", ...args] = argv;
		switch (name) {
			case "export":
				return this.exportNames(args, streams);
			case "set": {
				const { options } = parseSet(args);
				this.errexit = options.errexit ?? this.errexit;
				this.nounset = options.nounset ?? this.nounset;
				return 0;
			}
			case "exit":
				return this.exit(args[0], streams);
			case ":":
				return 0;
		}
		const { out, complaints, status } = runSmall(name, args, false)!;
		const failed = streams.out.write(out) !== undefined;
		if (failed) this.complain(streams, `${name}: ${name}: I/O error`);
		for (const complaint of complaints) this.complain(streams, `${name}: ${complaint}`);
		return status || (failed ? 1 : 0);
	}

	private exportNames(args: readonly string[], streams: Streams): number {
		for (const arg of args) {
			if (arg === "--") continue;
			const [, name, value] = /^([A-Za-z_][A-Za-z0-9_]*)(?:=([\s\S]*))?$/.exec(arg) ?? [];
			if (name === undefined) {
				this.complain(streams, `export: ${arg.replace(/=[\s\S]*$/, "")}: bad variable name`);
				throw new ShellExit(2);
			}
			this.exported.add(name);
			if (value !== undefined) this.variables.set(name, value);
		}
		return 0;
	}

	private exit(arg: string | undefined, streams: Streams): never {
		if (arg !== undefined && !/^\d{1,9}$/.test(arg)) {
			this.complain(streams, `exit: Illegal number: ${arg}`);
			throw new ShellExit(2);
		}
		throw new ShellExit(arg === undefined ? this.status : Number(arg) & 0xff);
	}

	private complain(streams: Pick<Streams, "err">, message: string): void {
		streams.err.write(`${this.name}: ${this.line}: ${message}\n`);
	}

	private labError(command: string, message: string, line = this.line): LabError {
		return new LabError(this.file, line + this.lineOffset, command, message);
	}

	/** `overlay`: the assignments before this command, which later ones on the same line see. */
	private expansions(overlay?: ReadonlyMap<string, string>): Expansions {
		return {
			variable: (name) =>
				name === "?" ? String(this.status) : (overlay?.get(name) ?? this.variables.get(name) ?? null),
			unset: (name) => {
				if (!this.nounset) return "";
				this.complain(this.streams, `${name}: parameter not set`);
				throw new ShellExit(2);
			},
			commands: (list) => this.substitute(list, overlay),
			refuse: (line, construct, message) => {
				throw this.labError(construct, message, line);
			},
		};
	}

	/** Runs the commands of `$(…)` in a copy of this shell. */
	private substitute(list: List, overlay: ReadonlyMap<string, string> | undefined): string {
		const { variables, exported, errexit, nounset, streams, status, line } = this;
		let output = "";
		this.variables = new Map([...variables, ...(overlay ?? [])]);
		this.exported = new Set(exported);
		this.streams = { ...streams, out: sink((text) => void (output += text)) };
		try {
			if (list.length === 0) this.status = 0;
			this.list(list, false);
			this.substituted = this.status;
		} catch (error) {
			if (!(error instanceof ShellExit)) throw error;
			this.substituted = error.status;
		} finally {
			Object.assign(this, { variables, exported, errexit, nounset, streams, status, line });
		}
		return output.replace(/\n+$/, "");
	}
}

/** A command's I/O without holding back what goes to files: a shell's commands each write for themselves. */
function direct(streams: Streams, env: ReadonlyMap<string, string>): CommandIo {
	return {
		get stdin() {
			return streams.input.take();
		},
		out: (text) => void streams.out.write(text),
		err: (text) => void streams.err.write(text),
		env,
	};
}

/**
 * Runs `sh -c`, `sudo`, `sleep`, `echo`, `printf`, `test`, `true` or `false` as a program, for the host's
 * `ip netns exec NS …`. Returns its status, or undefined when argv names none of these.
 */
export function runProgram(
	argv: readonly string[],
	host: ShellHost,
	io: CommandIo,
	where: Where,
): number | undefined {
	const kind = programKind(argv[0] ?? "");
	if (kind === undefined) return undefined;
	const refuse = (problems: readonly string[]): void => {
		if (problems.length > 0) throw new LabError(where.file, where.line, argv.join(" "), problems[0]!);
	};
	if (kind === "shell") {
		const { text, problems, errexit, nounset } = parseShellCall(argv);
		refuse(problems);
		const env = io.env === undefined ? {} : { env: io.env };
		return runText(text!, host, io, { errexit, nounset, name: argv[0]!, where, ...env });
	}
	if (kind === "sudo") {
		const call = parseSudo(argv);
		refuse(call.problems);
		const command = call.argv as readonly string[];
		const inner: CommandIo = {
			get stdin() {
				return io.stdin;
			},
			out: (text) => io.out(text),
			err: (text) => io.err(text),
			env: new Map([...(io.env ?? ROOT_ENVIRONMENT), ...call.env]),
		};
		const status = runProgram(command, host, inner, where) ?? host.run(command, inner, where);
		if (status !== undefined) return status;
		io.err(`sudo: ${command[0]}: command not found\n`);
		return 1;
	}
	if (kind === "sleep") {
		refuse(sleepProblems(argv.slice(1)));
		const sleep = parseSleep(argv.slice(1));
		if ("complaint" in sleep) {
			io.err(sleep.complaint);
			return 1;
		}
		host.sleep(sleep.ns);
		return 0;
	}
	const name = programName(argv[0]!);
	refuse(builtinProblems([name, ...argv.slice(1)]) ?? []);
	const { out, complaints, status } = runSmall(name, argv.slice(1), true)!;
	io.out(out);
	for (const complaint of complaints) io.err(`${name}: ${complaint}\n`);
	return status;
}

/**
 * Parses and runs a script's text in a new shell, as `sh -c TEXT`. Throws `LabError` when the text is outside
 * the language.
 */
export function runText(text: string, host: ShellHost, io: CommandIo, options: TextOptions = {}): number {
	const where = options.where ?? { file: "sh", line: 1 };
	const { script, errors } = parseScript(text, where.file, where.line - 1);
	if (errors[0] !== undefined) throw errors[0];
	return new Interpreter(host, io, options).run(script);
}
