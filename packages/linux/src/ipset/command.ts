/** The `ipset` command (7.17) on the sets of one namespace: types hash:ip, hash:net and hash:ip,port. */
import {
	type HashSet,
	SET_EXIST,
	SET_FULL,
	SET_OK,
	SET_TYPES,
	type SetOptions,
	type SetType,
} from "@hookline/engine/netfilter/set-hash";
import { type IpSets, SetError, type SetFault } from "@hookline/engine/netfilter/set-list";
import type { Word } from "../commands.ts";
import { NotSupported } from "../not-supported.ts";
import { parseElement, parseNumber, SetToolError } from "./element.ts";
import { listSet, saveSet } from "./list.ts";

export interface IpsetIo {
	readonly stdin: string;
	out(text: string): void;
	err(text: string): void;
	/** A file's text; undefined when it cannot be read. */
	readFile(path: string): string | undefined;
	/** 32 bits of chance. */
	random(): number;
}

const VERSION = "ipset v7.17";
const COMMANDS: ReadonlyMap<string, string> = new Map(
	(
		"create,-N,--create,n add,-A,--add,a del,-D,--del,d test,-T,--test,t destroy,-X,--destroy,x list,-L,--list,l save,-S,--save,s " +
		"restore,-R,--restore,r flush,-F,--flush,f rename,-E,--rename,e swap,-W,--swap,w version,-V,--version,v,-v help,-h,-H,--help"
	)
		.split(" ")
		.flatMap((names) => names.split(",").map((name, _i, all): [string, string] => [name, all[0]])),
);
const FLAGS: ReadonlyMap<string, "exist" | "quiet" | "sorted" | "names" | "terse"> = new Map([
	["-!", "exist"],
	["-exist", "exist"],
	["-q", "quiet"],
	["-quiet", "quiet"],
	["-s", "sorted"],
	["-sorted", "sorted"],
	["-n", "names"],
	["-name", "names"],
	["-t", "terse"],
	["-terse", "terse"],
]);
/** Types and options that the tool has and this emulation has not. */
const OTHER_TYPES: ReadonlySet<string> = new Set(
	(
		"bitmap:ip bitmap:ip,mac bitmap:port list:set hash:mac hash:ip,mac hash:net,iface hash:net,port hash:net,port,net hash:net,net " +
		"hash:ip,port,net hash:ip,port,ip hash:ip,mark setlist ipmap macipmap portmap ipporthash ipportiphash ipportnethash iptree iptreemap"
	).split(" "),
);
const OTHER_OPTIONS: ReadonlySet<string> = new Set(
	"forceadd skbinfo bitmask markmask probes resize range size skbmark skbprio skbqueue".split(" "),
);
const OLD_TYPES: ReadonlyMap<string, SetType> = new Map([
	["iphash", "hash:ip"],
	["nethash", "hash:net"],
]);
const TIMEOUT_MAX = 2_147_483;
const NAME_MAX = 31;

const FAULTS: Readonly<Record<SetFault, string>> = {
	ENOENT: "The set with the given name does not exist",
	EEXIST: "Set cannot be created: set with the same name already exists",
	EEXIST_TYPE: "Set cannot be renamed: a set with the new name already exists",
	EBUSY: "Set cannot be destroyed: it is in use by a kernel component",
	REFERENCED: "Set cannot be renamed: it is in use by another system",
	TYPE_MISMATCH: "The sets cannot be swapped: their type does not match",
	ENOENT_2: "Sets cannot be swapped: the second set does not exist",
	MAX_SETS: "Set cannot be created: maximal number of sets reached, cannot create more.",
};
const usage = (text: string): SetToolError =>
	new SetToolError(`${text}\nTry \`ipset help' for more information.`, 2);

/** What stands on a command line besides the command's own words. */
interface Line {
	readonly command: string;
	readonly words: string[];
	readonly flags: Set<"exist" | "quiet" | "sorted" | "names" | "terse">;
	readonly output: string;
	readonly file: string | undefined;
}
function parseLine(argv: readonly string[]): Line {
	const words: string[] = [];
	const flags: Line["flags"] = new Set();
	let command: string | undefined;
	let output = "plain";
	let file: string | undefined;
	for (let i = 0; i < argv.length; i++) {
		const word = argv[i];
		const flag = FLAGS.get(word.startsWith("--") ? word.slice(1) : word);
		if (flag !== undefined && !(command === undefined && COMMANDS.has(word))) flags.add(flag);
		else if (word === "-o" || word === "-output" || word === "-f" || word === "-file") {
			const value = argv[++i];
			if (value === undefined) throw usage(`Missing mandatory argument to option ${word}`);
			if (word.startsWith("-f")) file = value;
			else if (value === "plain" || value === "save") output = value;
			else if (value === "xml") throw new NotSupported("ipset -o xml is not supported");
			else throw new SetToolError(`Syntax error: unknown output mode '${value}'`);
		} else if (word === "-r" || word === "-resolve") throw new NotSupported("ipset -r is not supported");
		else if (command === undefined) {
			command = COMMANDS.get(word);
			if (command === undefined) throw usage(`No command specified: unknown argument ${word}`);
		} else words.push(word);
	}
	if (command === undefined) throw usage("No command specified.");
	return { command, words, flags, output, file };
}

/** Run `ipset` with the words after its name; the exit status. */
export function runIpset(argv: readonly string[], sets: IpSets, io: IpsetIo): number {
	let quiet = false;
	try {
		const line = parseLine(argv);
		quiet = line.flags.has("quiet");
		return line.command === "restore" ? restore(line, sets, io) : execute(line, sets, io);
	} catch (e) {
		const told = textOf(e);
		if (!quiet) io.err(`${VERSION}: ${told.text}\n`);
		return told.status;
	}
}
function textOf(e: unknown): { text: string; status: number } {
	if (e instanceof SetToolError) return { text: e.message, status: e.status };
	if (e instanceof SetError) return { text: FAULTS[e.fault], status: 1 };
	throw e;
}
function restore(line: Line, sets: IpSets, io: IpsetIo): number {
	const text = line.file === undefined ? io.stdin : io.readFile(line.file);
	if (text === undefined)
		throw new SetToolError(`Cannot open ${line.file} for reading: No such file or directory`);
	const lines = text.split("\n");
	for (let i = 0; i < lines.length; i++) {
		const words = [...lines[i].matchAll(/"([^"]*)"|(\S+)/g)].map((m) => m[1] ?? m[2]);
		if (words.length === 0 || words[0].startsWith("#") || words[0] === "COMMIT") continue;
		if (words[0] === "quit") break;
		try {
			const one = parseLine(words);
			for (const flag of line.flags) one.flags.add(flag);
			execute(one, sets, io);
		} catch (e) {
			const { text, status } = textOf(e);
			throw status === 2 ? e : new SetToolError(`Error in line ${i + 1}: ${text}`, status);
		}
	}
	return 0;
}

function execute(line: Line, sets: IpSets, io: IpsetIo): number {
	const { command, words, flags } = line;
	const [name, second] = words;
	const two = ["create", "add", "del", "test", "rename", "swap"].includes(command);
	if (two && name === undefined) throw usage(`Missing mandatory argument to command ${command}`);
	if (two && second === undefined) throw usage(`Missing second mandatory argument to command ${command}`);
	const extra = words[two ? 2 : 1];
	if (["rename", "swap", "destroy", "flush", "list", "save"].includes(command) && extra !== undefined)
		throw usage(`Unknown argument ${extra}`);
	if (name !== undefined && name.length > NAME_MAX)
		throw new SetToolError(`Syntax error: setname '${name}' is longer than ${NAME_MAX} characters`);
	switch (command) {
		case "create":
			sets.create(name, parseOptions(second, words.slice(2), io), flags.has("exist"));
			return 0;
		case "add":
			addElement(need(name, sets), second, words.slice(2), flags.has("exist"));
			return 0;
		case "del":
			delElement(need(name, sets), second, words.slice(2), flags.has("exist"));
			return 0;
		case "test":
			return testElement(need(name, sets), second, words.slice(2), flags.has("quiet"), io);
		case "destroy":
			if (name === undefined) sets.destroyAll();
			else sets.destroy(name);
			return 0;
		case "flush":
			for (const set of name === undefined ? sets.list() : [need(name, sets)]) set.flush();
			return 0;
		case "rename":
			sets.rename(name, second);
			return 0;
		case "swap":
			sets.swap(name, second);
			return 0;
		case "version":
			io.out(`${VERSION}, protocol version: 7\n`);
			return 0;
		case "help":
			throw new NotSupported("the help text of ipset is not supported");
		default:
			show(line, name === undefined ? sets.list() : [need(name, sets)], sets, io);
			return 0;
	}
}
function show(line: Line, all: readonly HashSet[], sets: IpSets, io: IpsetIo): void {
	if (line.file !== undefined) throw new NotSupported(`ipset ${line.command} -f is not supported`);
	const sorted = line.flags.has("sorted");
	const save = line.command === "save" || line.output === "save";
	if (save) for (const set of all) io.out(saveSet(set, sorted));
	else if (line.flags.has("names")) for (const set of all) io.out(`${set.name}\n`);
	else
		io.out(all.map((s) => listSet(s, sets.references(s.name), line.flags.has("terse"), sorted)).join("\n"));
}
function need(name: string, sets: IpSets): HashSet {
	const set = sets.find(name);
	if (set === undefined) throw new SetError("ENOENT", name);
	return set;
}

/** The value of an option that stands once, and its number. */
class Options {
	private readonly given: Set<string> = new Set();
	private readonly words: readonly string[];
	at = 0;
	constructor(words: readonly string[]) {
		this.words = words;
	}
	next(): string | undefined {
		const name = this.words[this.at++];
		if (name === undefined) return undefined;
		if (OTHER_OPTIONS.has(name)) throw new NotSupported(`the option ${name} of ipset is not supported`);
		if (this.given.has(name)) throw new SetToolError(`Syntax error: ${name} already specified`);
		this.given.add(name);
		return name;
	}
	value(name: string): string {
		const value = this.words[this.at++];
		if (value === undefined) throw usage(`Missing mandatory argument of option \`${name}'`);
		return value;
	}
	number(name: string, max: number): number {
		return parseNumber(this.value(name), 0, max);
	}
}
const unknown = (name: string): SetToolError => usage(`Unknown argument: \`${name}'`);

function parseOptions(typename: string, words: readonly string[], io: IpsetIo): SetOptions {
	const type = OLD_TYPES.get(typename) ?? SET_TYPES.find((t) => t === typename);
	if (type === undefined) {
		if (OTHER_TYPES.has(typename)) throw new NotSupported(`the set type ${typename} is not supported`);
		throw new SetToolError(`Syntax error: typename '${typename}' is unknown`);
	}
	let family: 4 | 6 = 4;
	let hashsize = 1024;
	let maxelem = 65_536;
	let bucketsize = 12;
	let initval: number | undefined;
	let netmask: string | undefined;
	let timeout: number | undefined;
	let counters = false;
	let comment = false;
	const options = new Options(words);
	for (let name = options.next(); name !== undefined; name = options.next()) {
		if (name === "family") {
			const value = options.value(name);
			if (value !== "inet" && value !== "inet6")
				throw new SetToolError(`Syntax error: unknown inet family ${value}`);
			family = value === "inet" ? 4 : 6;
		} else if (name === "hashsize") hashsize = options.number(name, 0xffff_ffff);
		else if (name === "maxelem") maxelem = options.number(name, 0xffff_ffff);
		else if (name === "bucketsize") bucketsize = options.number(name, 255);
		else if (name === "initval") initval = options.number(name, 0xffff_ffff);
		else if (name === "timeout") timeout = options.number(name, TIMEOUT_MAX);
		else if (name === "netmask" && type !== "hash:net") netmask = options.value(name);
		else if (name === "counters") counters = true;
		else if (name === "comment") comment = true;
		else throw unknown(name);
	}
	let length: number | undefined;
	if (netmask !== undefined) {
		const most = family === 4 ? 32 : 128;
		if (!/^\d+$/.test(netmask)) throw new SetToolError(`Syntax error: '${netmask}' is invalid as number`);
		length = Number(netmask);
		if (length < 1 || length > most)
			throw new SetToolError(
				`Syntax error: '${netmask}' is out of range 1-${most}\nSyntax error: netmask is out of the inclusive range of 1-${most}`,
			);
	}
	let size = 64;
	while (size < hashsize) size *= 2;
	return {
		type,
		family,
		hashsize: size,
		maxelem,
		bucketsize: Math.max(2, bucketsize - (bucketsize % 2)),
		initval: initval ?? io.random(),
		netmask: length,
		timeout,
		counters,
		comment,
	};
}

function addElement(set: HashSet, element: string, words: readonly string[], exist: boolean): void {
	const { timeout: timeouts, counters, comment: comments } = set.options;
	let timeout = -1;
	let packets = 0;
	let bytes = 0;
	let comment = "";
	let nomatch = false;
	const options = new Options(words);
	for (let name = options.next(); name !== undefined; name = options.next()) {
		if (name === "timeout") timeout = options.number(name, TIMEOUT_MAX);
		else if (name === "packets") packets = options.number(name, Number.MAX_SAFE_INTEGER);
		else if (name === "bytes") bytes = options.number(name, Number.MAX_SAFE_INTEGER);
		else if (name === "comment") {
			comment = options.value(name);
			if (comment.includes('"'))
				throw new SetToolError('Syntax error: " character is not permitted in comments');
		} else if (name === "nomatch" && set.isNet) nomatch = true;
		else throw unknown(name);
	}
	const keys = parseElement(element, set, false);
	const without = (what: string) =>
		new SetToolError(`${what} cannot be used: set was created without ${what.toLowerCase()} support`);
	if (timeout >= 0 && timeouts === undefined) throw without("Timeout");
	if ((packets > 0 || bytes > 0) && !counters)
		throw new SetToolError("Packet/byte counters cannot be used: set was created without counter support");
	if (comment !== "" && !comments) throw without("Comment");
	for (const key of keys) {
		const result = set.add(key, timeout, packets, bytes, comment, nomatch, exist);
		if (result === SET_FULL) throw new SetToolError("Hash is full, cannot add more elements");
		if (result === SET_EXIST)
			throw new SetToolError("Element cannot be added to the set: it's already added");
	}
}
function delElement(set: HashSet, element: string, words: readonly string[], exist: boolean): void {
	if (words[0] !== undefined && !(words[0] === "nomatch" && set.isNet)) throw unknown(words[0]);
	for (const key of parseElement(element, set, false))
		if (set.del(key) !== SET_OK && !exist)
			throw new SetToolError("Element cannot be deleted from the set: it's not added");
}
const NO_TESTS = new Float64Array(0);
function testElement(
	set: HashSet,
	element: string,
	words: readonly string[],
	quiet: boolean,
	io: IpsetIo,
): number {
	if (words[0] !== undefined && !(words[0] === "nomatch" && set.isNet)) throw unknown(words[0]);
	let name = element;
	const colonless = /^([^,]+),([^:]+)$/.exec(element);
	if (colonless !== null) name = `${colonless[1]},tcp:${colonless[2]}`;
	for (const key of parseElement(element, set, true)) {
		const found = set.test(key, -1, NO_TESTS, -1);
		const inside = found === SET_OK || (words[0] === "nomatch" && found < 0);
		if (!quiet)
			io.err(inside ? `Warning: ${name} is in set ${set.name}.\n` : `${name} is NOT in set ${set.name}.\n`);
		return inside ? 0 : 1;
	}
	return 1;
}

/** What a lab file asks of ipset and cannot get, found without running anything. */
export function checkIpset(argv: readonly Word[]): string[] {
	return argv.flatMap((word, i) => {
		if (word === undefined) return [];
		const before = argv[i - 2];
		if (OTHER_TYPES.has(word) && before !== undefined && COMMANDS.get(before) === "create")
			return [`the set type ${word} is not supported`];
		if (OTHER_OPTIONS.has(word) && i > 2) return [`the option ${word} of ipset is not supported`];
		return [];
	});
}
