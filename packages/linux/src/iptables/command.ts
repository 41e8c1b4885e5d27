/** Words of an iptables command line → a command. It looks at no table; what depends on one is left to `run.ts`. */
import { type Match, type Rule, rule, rule6, type Target } from "@hookline/engine/netfilter/rule";
import { CommandExtensions } from "./command-extensions.ts";
import {
	type Command,
	type CommandLetter,
	checkChainName,
	EXTENSION_HEADERS,
	type Meaning,
	NAME_MAX,
	OPTION_ORDER,
	type ParseOptions,
	REFUSED,
	SHORT,
	STANDARD,
} from "./command-table.ts";
import type { RuleSoFar } from "./extension.ts";
import { GetOpt } from "./options.ts";
import { toolOf } from "./tool.ts";
import { parseHosts, parseProtocol, ToolError, toInteger, Unsupported } from "./values.ts";

/** `-V`, which ends the reading with a text and status 0. */
export class VersionWanted extends Error {}
/** Throws ToolError for what the tool refuses, Unsupported for what it has and we have not. */
export function parseCommand(words: readonly string[], options: ParseOptions): Command {
	return new CommandParser(words, options).parse();
}

class CommandParser {
	private readonly getopt: GetOpt<Meaning>;
	private readonly options: ParseOptions;
	private readonly extensions: CommandExtensions;
	private readonly letters: Set<CommandLetter> = new Set();
	private readonly given: Set<string> = new Set();
	private readonly inverted: Set<string> = new Set();
	private table = "filter";
	private tableSet = false;
	private chain: string | undefined;
	private number = 0;
	private newName = "";
	private policy = "";
	private src = "";
	private dst = "";
	private inName = "";
	private outName = "";
	private proto = 0;
	/** The word behind `-p`. */
	private protocol: string | undefined;
	private jump = "";
	private goto = false;
	private counters: Command["counters"];
	/** The line is for the other family's tool. */
	private otherFamily = false;
	private waits = false;
	private waitInterval = false;

	constructor(words: readonly string[], options: ParseOptions) {
		this.getopt = new GetOpt(words, SHORT);
		this.options = options;
		this.extensions = new CommandExtensions(options.family);
		if (options.restore !== undefined) {
			this.table = options.restore;
			this.tableSet = true;
		}
	}

	parse(): Command {
		let invert = false;
		for (;;) {
			const before = this.getopt.at;
			const found = this.getopt.next(this.extensions.long);
			if (found.kind === "end") break;
			if (found.kind === "word") {
				if (found.word !== "!") throw new ToolError(`Bad argument \`${found.word}'`, 2, true);
				if (invert) throw new ToolError("multiple consecutive ! not allowed");
				invert = true;
				continue;
			}
			if (found.kind === "unknown" || found.kind === "missing") {
				if (this.extensions.loadProtocolMatch(this.protocol)) {
					this.getopt.at = before;
					continue;
				}
				if (found.kind === "missing") throw new ToolError(`option "${found.word}" requires an argument`);
				throw new ToolError(`unknown option "${found.word}"`);
			}
			if (typeof found.value === "string") this.own(found.value, found.arg, invert);
			else {
				const { loaded, spec } = found.value;
				if (spec.unsupported === true) throw new Unsupported(`option --${spec.name} of ${loaded.ext.name}`);
				loaded.option(spec, found.arg ?? "", invert, this.soFar);
			}
			if (this.otherFamily) return this.nothing();
			invert = false;
		}
		return this.finish(invert);
	}

	private get soFar(): RuleSoFar {
		return {
			family: this.options.family,
			proto: this.proto,
			protoNot: this.inverted.has("p"),
			nextWord: () => this.getopt.takeArgument(),
			setFamily: (name) => this.options.sets?.find(name)?.options.family,
			warn: (text) => this.options.err(text),
		};
	}
	private command(letter: CommandLetter, invert: boolean, beside = ""): void {
		if (invert) throw new ToolError("unexpected '!' flag");
		const other = [...this.letters].find((l) => !beside.includes(l));
		if (other !== undefined) throw new ToolError(`Cannot use -${letter} with -${other.toUpperCase()}`);
		this.letters.add(letter);
	}
	private set(letter: string, invert: boolean): void {
		if (this.given.has(letter)) throw new ToolError(`multiple -${letter} flags not allowed`);
		this.given.add(letter);
		if (!invert) return;
		if (!"sdpiof".includes(letter)) throw new ToolError(`cannot have ! before -${letter}`);
		this.inverted.add(letter);
	}
	private ruleNumber(text: string): number {
		const n = toInteger(text, 1, 0x7fff_ffff);
		if (n === undefined) throw new ToolError(`Invalid rule number \`${text}'`);
		return n;
	}
	private optionalNumber(): number {
		const word = this.getopt.takeArgument();
		return word === undefined ? 0 : this.ruleNumber(word);
	}
	/** An option of iptables itself. */
	private own(letter: string, arg: string | undefined, invert: boolean): void {
		const text = arg ?? "";
		switch (letter) {
			case "A":
			case "C":
				this.command(letter, invert);
				this.chain = text;
				break;
			case "D":
			case "I":
			case "R":
				this.changing(letter, text, invert);
				break;
			case "L":
			case "S":
				this.command(letter, invert, "Zz");
				this.chain = arg ?? this.getopt.takeArgument() ?? this.chain;
				this.number = this.optionalNumber() || this.number;
				break;
			case "F":
			case "X":
				this.command(letter, invert);
				this.chain = arg ?? this.getopt.takeArgument();
				break;
			case "Z": {
				this.command("Z", invert, "LS");
				this.chain = arg ?? this.getopt.takeArgument() ?? this.chain;
				const n = this.optionalNumber();
				if (n > 0) {
					this.letters.delete("Z");
					this.letters.add("z");
					this.number = n;
				}
				break;
			}
			case "N":
				checkChainName(text, this.options.family);
				this.command("N", invert);
				this.chain = text;
				break;
			case "E":
			case "P": {
				this.command(letter, invert);
				this.chain = text;
				const word = this.getopt.takeArgument();
				if (word === undefined)
					throw new ToolError(
						letter === "E"
							? "-E requires old-chain-name and new-chain-name"
							: "-P requires a chain and a policy",
					);
				if (letter === "E") this.newName = word;
				else this.policy = word;
				break;
			}
			case "p":
				this.set("p", invert);
				this.protocol = text.toLowerCase();
				this.proto = parseProtocol(this.protocol);
				if (this.proto === 0 && invert) throw new ToolError("rule would never match protocol");
				if (this.options.family === 6 && EXTENSION_HEADERS.includes(this.proto) && !invert)
					this.options.err(
						`Warning: never matched protocol: ${this.protocol}. use extension match instead.\n`,
					);
				break;
			case "s":
				this.set("s", invert);
				this.src = text;
				break;
			case "d":
				this.set("d", invert);
				this.dst = text;
				break;
			case "i":
			case "o":
				if (text === "") throw new ToolError("Empty interface is likely to be undesired");
				this.set(letter, invert);
				this.iface(letter, text);
				break;
			case "j":
			case "g":
				this.set("j", invert);
				this.goto = letter === "g";
				this.jumpTo(text);
				break;
			case "m":
				if (invert) throw new ToolError("unexpected ! flag before --match");
				this.extensions.loadMatch(text);
				break;
			case "f":
				if (this.options.family === 6)
					throw new ToolError("`-f' is not supported in IPv6, use -m frag instead");
				this.set(letter, invert);
				break;
			case "n":
			case "x":
			case "0":
				this.set(letter, invert);
				break;
			case "v":
				if (!this.given.has("v")) this.set("v", invert);
				break;
			case "t":
				if (invert) throw new ToolError("unexpected ! flag before --table");
				if (this.options.restore !== undefined && this.tableSet)
					throw new ToolError(`The -t option cannot be used in ${toolOf(this.options.family).restore}.\n`);
				this.table = text;
				this.tableSet = true;
				break;
			case "c":
				this.set("c", invert);
				this.readCounters(text);
				break;
			case "w": {
				this.notInRestore(letter);
				const seconds = arg ?? this.getopt.takeArgument();
				if (seconds !== undefined && toInteger(seconds, 0, 0x7fff_ffff) === undefined)
					throw new ToolError("wait seconds not numeric");
				this.waits = true;
				break;
			}
			case "W":
				this.notInRestore(letter);
				this.options.err("Ignoring deprecated --wait-interval option.\n");
				this.waitInterval = true;
				break;
			case "V":
				throw new VersionWanted();
			case "h":
				throw new Unsupported("the help text of iptables");
			case "4":
			case "6":
				if (letter === String(this.options.family)) break;
				if (this.options.restore === undefined) throw new ToolError("", 2, true);
				this.otherFamily = true;
				break;
			default:
				// --modprobe names a program that nobody runs
				break;
		}
	}
	private notInRestore(letter: string): void {
		if (this.options.restore === undefined) return;
		throw new ToolError(`You cannot use \`-${letter}' from iptables-restore`);
	}
	private changing(letter: "D" | "I" | "R", chain: string, invert: boolean): void {
		this.command(letter, invert);
		this.chain = chain;
		const word = this.getopt.takeArgument();
		if (letter === "R" && word === undefined) throw new ToolError("-R requires a rule number");
		this.number = word === undefined ? (letter === "I" ? 1 : 0) : this.ruleNumber(word);
		if (letter === "D" && word !== undefined) {
			this.letters.delete("D");
			this.letters.add("d");
		}
	}
	private iface(letter: "i" | "o", name: string): void {
		if (name.length > 15) throw new ToolError(`interface name \`${name}' must be shorter than IFNAMSIZ (15)`);
		if (/[/ ]/.test(name))
			this.options.err(
				`Warning: weird character in interface \`${name}' ('/' and ' ' are not allowed by the kernel).\n`,
			);
		if (letter === "i") this.inName = name;
		else this.outName = name;
	}
	private readCounters(text: string): void {
		const comma = text.indexOf(",");
		const packets = comma < 0 ? text : text.slice(0, comma);
		const bytes = comma < 0 ? this.getopt.takeArgument() : text.slice(comma + 1);
		if (bytes === undefined) throw new ToolError("-c requires packet and byte counter");
		if (!/^\d/.test(packets)) throw new ToolError("-c packet counter not numeric");
		if (!/^\d/.test(bytes)) throw new ToolError("-c byte counter not numeric");
		this.counters = { packets: Number.parseInt(packets, 10), bytes: Number.parseInt(bytes, 10) };
	}
	private jumpTo(name: string): void {
		if (name === "") throw new ToolError("Invalid target name (too short)");
		if (name.length >= NAME_MAX)
			throw new ToolError(`Invalid target name \`${name}' (${NAME_MAX - 1} chars max)`);
		if (/\s/.test(name)) throw new ToolError(`Invalid target name \`${name}'`);
		this.jump = name;
		if (!this.goto) this.extensions.loadTarget(name);
	}
	private finish(invert: boolean): Command {
		if (this.table === "nat" && (this.policy === "DROP" || this.jump === "DROP"))
			throw new ToolError(
				'\nThe "nat" table is not intended for filtering, the use of DROP is therefore inhibited.\n\n',
			);
		const { matches: loaded, target: wanted } = this.extensions;
		const matches = loaded.map((m) => m.finish(this.soFar));
		let target: Target = { type: "none" };
		if (wanted !== undefined) target = wanted.finish(this.soFar);
		else if (!this.goto && STANDARD.includes(this.jump))
			target = { type: this.jump as "ACCEPT" | "DROP" | "RETURN" };
		if (this.waitInterval && !this.waits)
			throw new ToolError("--wait-interval only makes sense with --wait\n");
		if (this.getopt.at < this.getopt.words.length)
			throw new ToolError("unknown arguments found on commandline");
		if (this.letters.size === 0) throw new ToolError("no command specified");
		if (invert) throw new ToolError("nothing appropriate following !");
		const changes = ["A", "C", "D", "I", "R"].some((l) => this.letters.has(l as CommandLetter));
		const rules = this.expand(matches, target);
		if (this.letters.has("R") && rules.length !== 1)
			throw new ToolError("Replacement rule does not specify a unique address");
		this.checkOptions();
		if (this.chain !== undefined && this.chain.length >= NAME_MAX)
			throw new ToolError(`chain name \`${this.chain}' too long (must be under ${NAME_MAX} chars)`);
		if (changes) this.checkInterfaces();
		return this.result(changes ? rules : [], target);
	}
	/** A line for the other family's tool is left alone from the word on that says so. */
	private nothing(): Command {
		this.letters.clear();
		return this.result([], { type: "none" });
	}
	private result(rules: readonly Rule[], target: Target): Command {
		return {
			letters: this.letters,
			table: this.table,
			chain: this.chain,
			number: this.number,
			newName: this.newName,
			policy: this.policy,
			rules,
			jump: this.jump,
			goto: this.goto,
			isTarget: target.type !== "none",
			counters: this.counters,
			verbose: this.given.has("v"),
			numeric: this.given.has("n"),
			exact: this.given.has("x"),
			lineNumbers: this.given.has("0"),
		};
	}
	private expand(matches: readonly Match[], target: Target): Rule[] {
		const { family } = this.options;
		const hosts = (letter: string, text: string) => parseHosts(this.given.has(letter) ? text : "/0", family);
		const sources = hosts("s", this.src);
		const destinations = hosts("d", this.dst);
		if ((sources.length > 1 || destinations.length > 1) && (this.inverted.has("s") || this.inverted.has("d")))
			throw new ToolError("! not allowed with multiple source or destination IP addresses");
		return sources.flatMap((s) =>
			destinations.map((d) =>
				(family === 4 ? rule : rule6)({
					src: { ...s, not: this.inverted.has("s") },
					dst: { ...d, not: this.inverted.has("d") },
					in: { name: this.inName, not: this.inverted.has("i") },
					out: { name: this.outName, not: this.inverted.has("o") },
					proto: this.proto,
					protoNot: this.inverted.has("p"),
					frag: { on: this.given.has("f"), not: this.inverted.has("f") },
					matches,
					target,
				}),
			),
		);
	}
	private checkOptions(): void {
		for (const option of OPTION_ORDER) {
			if (!this.given.has(option)) continue;
			if ([...this.letters].every((l) => REFUSED[l].includes(option)))
				throw new ToolError(`Illegal option \`-${option}' with this command`);
		}
	}
	private checkInterfaces(): void {
		const wrong = { PREROUTING: "o", INPUT: "o", POSTROUTING: "i", OUTPUT: "i" }[this.chain ?? ""];
		if (wrong !== undefined && this.given.has(wrong))
			throw new ToolError(`Can't use -${wrong} with ${this.chain}\n`);
	}
}
