/** `bridge` of iproute2 6.1.0. */
import type { CommandContext } from "../context.ts";
import { NotSupported } from "../not-supported.ts";
import { FDB_UNSUPPORTED, runFdb } from "./fdb-command.ts";
import { linkSetProblems, runLink } from "./link-command.ts";
import { abbreviates, BridgeError } from "./words.ts";

type Word = string | undefined;

export interface BridgeOptions {
	readonly statistics: boolean;
	readonly details: boolean;
	readonly json: boolean;
	readonly pretty: boolean;
}

const USAGE = `Usage: bridge [ OPTIONS ] OBJECT { COMMAND | help }
       bridge [ -force ] -batch filename
where  OBJECT := { link | fdb | mdb | vlan | monitor }
       OPTIONS := { -V[ersion] | -s[tatistics] | -d[etails] |
                    -o[neline] | -t[imestamp] | -n[etns] name |
                    -c[ompressvlans] -color -p[retty] -j[son] }
`;
const OTHER_OBJECTS = ["mdb", "vlan", "monitor", "vni"];

interface Parsed {
	readonly options: BridgeOptions;
	readonly netns: string | undefined;
	readonly version: boolean;
	/** The object and what follows. */
	readonly words: readonly Word[];
}

function parse(argv: readonly Word[]): Parsed {
	let statistics = false;
	let details = false;
	let json = false;
	let pretty = false;
	let version = false;
	let netns: string | undefined;
	let i = 1;
	for (; i < argv.length; i++) {
		let word = argv[i];
		if (word === undefined || !word.startsWith("-") || word === "-") break;
		if (word === "--") {
			i++;
			break;
		}
		if (word.startsWith("--")) word = word.slice(1);
		if (abbreviates(word, "-Version") || abbreviates(word, "-version")) version = true;
		else if (abbreviates(word, "-stats") || abbreviates(word, "-statistics")) statistics = true;
		else if (abbreviates(word, "-details")) details = true;
		else if (word === "-4" || word === "-0" || abbreviates(word, "-timestamp")) continue;
		else if (abbreviates(word, "-netns")) netns = argv[++i];
		else if (abbreviates(word, "-json")) json = true;
		else if (abbreviates(word, "-pretty")) pretty = true;
		else if (/^-(6|o(n.*)?|f.*|b.*|c.*|h.*)$/.test(word))
			throw new NotSupported(`the option ${word} of bridge is not supported`);
		else throw new BridgeError(`Option "${word}" is unknown, try "bridge help".`);
	}
	return { options: { statistics, details, json, pretty }, netns, version, words: argv.slice(i) };
}

/** Runs `bridge`; argv[0] is the command word. Throws `NotSupported`. */
export function runBridge(argv: readonly string[], ctx: CommandContext): number {
	try {
		return run(argv, ctx);
	} catch (error) {
		if (!(error instanceof BridgeError)) throw error;
		ctx.io.err(`${error.message}\n`);
		return error.status;
	}
}

function run(argv: readonly string[], ctx: CommandContext): number {
	const { options, netns, version, words } = parse(argv);
	const [object, ...rest] = words as readonly string[];
	if (version) {
		ctx.io.out("bridge utility, 6.1.0\n");
		return 0;
	}
	let inside = ctx;
	if (netns !== undefined) {
		const ns = ctx.machine.named.get(netns);
		if (ns === undefined)
			throw new BridgeError(`Cannot open network namespace "${netns}": No such file or directory`);
		inside = { ...ctx, ns };
	}
	if (object === undefined) throw new BridgeError(USAGE.trimEnd());
	if (abbreviates(object, "link")) runLink(rest, inside, options);
	else if (abbreviates(object, "fdb")) runFdb(rest, inside, options);
	else if (OTHER_OBJECTS.some((name) => abbreviates(object, name)) || object === "help")
		throw new NotSupported(`bridge ${object} is not supported`);
	else throw new BridgeError(`Object "${object}" is unknown, try "bridge help".`);
	return 0;
}

/** What a lab file asks of bridge and cannot get. */
export function checkBridge(argv: readonly Word[]): string[] {
	try {
		const { words } = parse(argv);
		const [object, verb, ...rest] = words;
		if (object === undefined) return [];
		if (OTHER_OBJECTS.some((name) => abbreviates(object, name)) && !abbreviates(object, "monitor"))
			return [`bridge ${object} is not supported`];
		if (abbreviates(object, "link") && verb !== undefined && abbreviates(verb, "set"))
			return linkSetProblems(rest);
		if (abbreviates(object, "fdb")) {
			const flush = verb !== undefined && abbreviates(verb, "flush");
			return rest.flatMap((word, i) => {
				if (word === undefined || (i > 0 && ["dev", "br", "brport", "via"].includes(rest[i - 1] ?? "")))
					return [];
				const known = flush ? ["dev", "self", "master"].includes(word) : !FDB_UNSUPPORTED.includes(word);
				return known ? [] : [`bridge fdb ${verb} … ${word} is not supported`];
			});
		}
		return [];
	} catch (error) {
		if (error instanceof NotSupported) return [error.message];
		if (error instanceof BridgeError) return [];
		throw error;
	}
}
