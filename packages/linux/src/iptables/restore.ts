/** `iptables-restore`: text → tables, each table committed as a whole by its COMMIT line. */
import { type TableDraft, XtError } from "@hookline/engine/netfilter/chain";
import type { XtTable } from "@hookline/engine/netfilter/table";
import { parseCommand, VersionWanted } from "./command.ts";
import { GnuError, type GnuOption, GnuOptions } from "./getopt-gnu.ts";
import {
	apply,
	errorText,
	type IptablesIo,
	type IptablesModel,
	isTableName,
	printToolError,
	VERSION,
} from "./run.ts";
import { toolOf } from "./tool.ts";
import { ToolError, Unsupported } from "./values.ts";

export interface RestoreIo extends IptablesIo {
	/** Standard input, read once. */
	readonly stdin: string;
	/** Text of a file, undefined when there is none. */
	readFile(path: string): string | undefined;
}
interface RestoreOptions {
	counters: boolean;
	flush: boolean;
	test: boolean;
	verbose: boolean;
	table: string | undefined;
	file: string | undefined;
}
const CHAIN_NAME_MAX = 28;

/** Run `iptables-restore` with the words after the command's name; the exit status. */
export function runIptablesRestore(argv: readonly string[], model: IptablesModel, io: RestoreIo): number {
	const program = toolOf(model.family).restore;
	const options: RestoreOptions = {
		counters: false,
		flush: true,
		test: false,
		verbose: false,
		table: undefined,
		file: undefined,
	};
	try {
		if (!readOptions(argv, options, program, io)) return 0;
	} catch (e) {
		if (e instanceof GnuError) {
			io.err(`${program}: ${e.message}\nTry \`${program} -h' for more information.\n`);
			return 1;
		}
		if (e instanceof ToolError) {
			io.err(e.status === 2 ? printToolError(program, e, 0) : `${e.message}\n`);
			return e.status;
		}
		if (e instanceof Unsupported) {
			io.err(`${program}: ${e.message} by this emulation\n`);
			return 2;
		}
		throw e;
	}
	let text: string | undefined;
	if (options.file === undefined) text = io.stdin;
	else {
		text = io.readFile(options.file);
		if (text === undefined) {
			io.err(`Can't open ${options.file}: No such file or directory\n`);
			return 1;
		}
	}
	return restoreText(text, options, model, io);
}

const OPTIONS: readonly GnuOption[] = [
	{ letter: "b", name: "binary", arg: "none" },
	{ letter: "c", name: "counters", arg: "none" },
	{ letter: "v", name: "verbose", arg: "none" },
	{ letter: "V", name: "version", arg: "none" },
	{ letter: "t", name: "test", arg: "none" },
	{ letter: "h", name: "help", arg: "none" },
	{ letter: "n", name: "noflush", arg: "none" },
	{ letter: "M", name: "modprobe", arg: "required" },
	{ letter: "T", name: "table", arg: "required" },
	{ letter: "w", name: "wait", arg: "none" },
	{ letter: "W", name: "wait-interval", arg: "none" },
];
/** False when there is nothing to load. Throws GnuError, ToolError and Unsupported. */
function readOptions(argv: readonly string[], o: RestoreOptions, program: string, io: RestoreIo): boolean {
	const words = new GnuOptions(
		argv.flatMap((w) => (w.startsWith("--wait=") ? ["--wait", w.slice(7)] : [w])),
		OPTIONS,
	);
	const files: string[] = [];
	let waits = false;
	let interval = false;
	for (let w = words.next(); w !== undefined; w = words.next())
		switch (w.letter) {
			case "":
				files.push(w.value);
				break;
			case "b":
				io.err("-b/--binary option is not implemented\n");
				break;
			case "c":
				o.counters = true;
				break;
			case "V":
				io.out(`${program} ${VERSION}\n`);
				return false;
			case "t":
				o.test = true;
				break;
			case "v":
				o.verbose = true;
				break;
			case "h":
				throw new Unsupported(`the help text of ${program}`);
			case "n":
				o.flush = false;
				break;
			case "T":
				o.table = w.value;
				break;
			case "w": {
				const seconds = words.takeArgument();
				if (seconds !== undefined && !/^\d+$/.test(seconds)) throw new ToolError("wait seconds not numeric");
				waits = true;
				break;
			}
			case "W":
				if (words.takeArgument() === undefined) throw new ToolError("wait interval value required");
				io.err("Ignoring deprecated --wait-interval option.\n");
				interval = true;
				break;
			default:
		}
	if (files.length > 1) throw new ToolError("Unknown arguments found on commandline", 1, true);
	if (interval && !waits) throw new ToolError("Option --wait-interval requires option --wait", 1, true);
	o.file = files[0];
	return true;
}

/** Load a text as `iptables-restore` would; the exit status. */
export function restoreText(
	text: string,
	options: Partial<RestoreOptions>,
	model: IptablesModel,
	io: IptablesIo,
): number {
	const program = toolOf(model.family).restore;
	const restore = new Restore(
		{
			counters: false,
			flush: true,
			test: false,
			verbose: false,
			table: undefined,
			file: undefined,
			...options,
		},
		model,
		io,
	);
	let number = 0;
	try {
		// every line keeps its newline, as an unclosed quote takes it in
		for (const line of text.match(/[^\n]*\n|[^\n]+$/g) ?? []) {
			number++;
			const status = restore.line(line, number);
			if (status !== 0) return status;
		}
	} catch (e) {
		if (e instanceof ToolError) {
			io.err(printToolError(program, e, number));
			return e.status;
		}
		if (e instanceof VersionWanted) {
			io.out(`${program} ${VERSION}\n`);
			return 0;
		}
		if (e instanceof Unsupported) {
			io.err(`${program}: ${e.message} by this emulation, line ${number}\n`);
			return 2;
		}
		throw e;
	}
	if (!restore.open) return 0;
	io.err(`${program}: COMMIT expected at line ${number + 1}\n`);
	return 1;
}

class Restore {
	private readonly options: RestoreOptions;
	private readonly model: IptablesModel;
	private readonly io: IptablesIo;
	private readonly program: string;
	private table: XtTable | undefined;
	private draft: TableDraft | undefined;
	/** Between a table's line and its COMMIT. */
	open = false;

	constructor(options: RestoreOptions, model: IptablesModel, io: IptablesIo) {
		this.options = options;
		this.model = model;
		this.io = io;
		this.program = toolOf(model.family).restore;
	}
	/** One line; 0 to go on. */
	line(raw: string, number: number): number {
		const { io } = this;
		if (raw === "\n") return 0;
		if (raw.startsWith("#")) {
			if (this.options.verbose) io.out(raw);
			return 0;
		}
		if (raw.startsWith("*") && !this.open) {
			this.begin(raw.slice(1), number);
			return 0;
		}
		if (!this.open) return this.failed(number);
		if (raw === "COMMIT\n") {
			this.open = false;
			return this.commit(number);
		}
		const { table, draft } = this;
		if (table === undefined || draft === undefined) return 0;
		try {
			if (raw.startsWith(":")) return this.chain(raw.slice(1), draft, number);
			const { counters, rest } = splitCounters(raw, number);
			const options = this.options.counters ? counters : [];
			// with --noflush the tool does not show the rules
			const verbose = this.options.verbose && this.options.flush ? ["-v"] : [];
			const command = parseCommand([...options, ...verbose, ...splitWords(rest)], {
				family: this.model.family,
				restore: table.name,
				sets: this.model.lists.sets,
				err: (t) => io.err(t),
			});
			apply(command, draft, table, io);
		} catch (e) {
			if (e instanceof XtError) return this.failed(number);
			throw e;
		}
		return 0;
	}
	private failed(number: number): number {
		this.io.err(`${this.program}: line ${number} failed\n`);
		return 1;
	}
	private begin(text: string, number: number): void {
		const [name] = fields(text);
		this.open = true;
		this.table = this.draft = undefined;
		if (this.options.table !== undefined && this.options.table !== name) return;
		if (name === undefined) throw new ToolError(`${this.program}: line ${number} table name invalid`);
		if (!isTableName(name)) throw new ToolError(`${this.program}: unable to initialize table '${name}'`);
		this.table = this.model.table(name);
		this.draft = this.table.begin();
		if (!this.options.flush) return;
		if (this.options.verbose) {
			for (const c of this.draft.chains) this.io.out(`Flushing chain \`${c.name}'\n`);
			for (const c of this.draft.chains) if (c.hook < 0) this.io.out(`Deleting chain \`${c.name}'\n`);
		}
		this.draft.flush();
		this.draft.deleteChains();
	}
	private commit(number: number): number {
		if (this.table === undefined || this.draft === undefined) return 0;
		if (this.options.test) return 0;
		try {
			this.table.commit(this.draft);
			return 0;
		} catch (e) {
			if (e instanceof XtError) return this.failed(number);
			throw e;
		}
	}
	/** `:CHAIN POLICY [packets:bytes]` */
	private chain(text: string, draft: TableDraft, number: number): number {
		const [name = "", policy, counts] = fields(text);
		if (name === "") throw new ToolError(`${this.program}: line ${number} chain name invalid`);
		if (!draft.isBuiltin(name)) {
			if (draft.chain(name) === undefined) {
				if (name.length > CHAIN_NAME_MAX)
					throw new ToolError(`Invalid chain name \`${name}' (${CHAIN_NAME_MAX} chars max)`);
				try {
					draft.newChain(name);
				} catch (e) {
					if (e instanceof XtError) throw new ToolError(`error creating chain '${name}':File exists`);
					throw e;
				}
			} else draft.flush(name);
		}
		if (policy === undefined) throw new ToolError(`${this.program}: line ${number} policy invalid`);
		if (policy === "-") return 0;
		const m = /^\[(\d+):(\d+)\]$/.exec(counts ?? "");
		if (this.options.counters && m === null)
			throw new ToolError(`invalid policy counters for chain '${name}'`);
		const counters =
			this.options.counters && m !== null
				? { packets: Number(m[1]), bytes: Number(m[2]) }
				: { packets: 0, bytes: 0 };
		try {
			draft.setPolicy(name, policy, counters);
			return 0;
		} catch (e) {
			if (!(e instanceof XtError)) throw e;
			this.io.err(
				`${this.program} ${VERSION}: Can't set policy \`${policy}' on \`${name}' line ${number}: ${errorText(e)}\n`,
			);
			return 1;
		}
	}
}

/** What strtok finds between blanks. */
function fields(text: string): string[] {
	return text.split(/[ \t\n]+/).filter((f) => f !== "");
}
/** `[packets:bytes]` at the beginning of a line, as options, and the rest. */
function splitCounters(line: string, number: number): { counters: string[]; rest: string } {
	if (!line.startsWith("[")) return { counters: [], rest: line };
	const close = line.indexOf("]");
	const m = /^\[:*([^:]+):\]*([^\]]+)/.exec(line);
	if (close < 0 || m === null) throw new ToolError(`Bad line ${number}: need ]`);
	return { counters: ["-c", m[1], m[2]], rest: line.slice(close + 1) };
}
/**
 * Words of a line (add_param_to_argv): blanks part them, double quotes hold them together and end them, a backslash in quotes takes
 * the next letter as it is.
 */
function splitWords(line: string): string[] {
	const words: string[] = [];
	let word = "";
	let quoted = false;
	for (let i = 0; i < line.length; i++) {
		const c = line[i];
		if (quoted && c === "\\") word += line[++i] ?? "";
		else if (quoted && c !== '"') word += c;
		else if (c === '"' && !quoted) quoted = true;
		else if (c === '"' || ((c === " " || c === "\t" || c === "\n") && word !== "")) {
			words.push(word);
			word = "";
			quoted = false;
		} else if (c !== " " && c !== "\t" && c !== "\n") word += c;
	}
	if (word !== "") words.push(word);
	return words;
}
