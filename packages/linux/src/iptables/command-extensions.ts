/** The matches and the target that a command line has brought in, and the option words that are known with them. */
import type { Match, Target } from "@hookline/engine/netfilter/rule";
import type { NfFamily } from "@hookline/engine/netfilter/types";
import { LONG, type Meaning } from "./command-table.ts";
import { Loaded } from "./extension.ts";
import { MATCH_ALIASES, matchesOf, OTHER_MATCHES, OTHER_TARGETS } from "./extensions.ts";
import { protocolName } from "./names.ts";
import type { LongOption } from "./options.ts";
import { targetsOf } from "./targets.ts";
import { ToolError, toInteger, Unsupported } from "./values.ts";

export class CommandExtensions {
	/** The tool's own options first, then those of the newest extension. */
	long: LongOption<Meaning>[] = [...LONG];
	readonly matches: Loaded<Match>[] = [];
	target: Loaded<Target> | undefined;
	private readonly family: NfFamily;
	private protocolUsed = false;

	constructor(family: NfFamily) {
		this.family = family;
	}
	/** `-j`: a name that is no target's may be a chain's. */
	loadTarget(name: string): void {
		if (OTHER_TARGETS[this.family].has(name)) throw new Unsupported(`target ${name}`);
		const ext = targetsOf(this.family).get(name);
		if (ext === undefined) return;
		this.target = new Loaded(ext);
		this.merge(this.target);
	}
	/** `-m`. */
	loadMatch(word: string): void {
		const name = MATCH_ALIASES.get(word) ?? word;
		const ext = matchesOf(this.family).get(name);
		if (ext === undefined) {
			if (OTHER_MATCHES[this.family].has(name)) throw new Unsupported(`match ${name}`);
			throw new ToolError(`Couldn't load match \`${word}':No such file or directory\n`);
		}
		const loaded = new Loaded(ext);
		this.matches.push(loaded);
		this.merge(loaded);
	}
	/** `-p tcp --dport 80`: an option that nobody knows brings in the match named as the word behind `-p`. */
	loadProtocolMatch(protocol: string | undefined): boolean {
		if (protocol === undefined || this.protocolUsed) return false;
		// a number stands for the protocol's name
		const number = toInteger(protocol, 0, 255);
		const word = number === undefined ? protocol : protocolName(number);
		const name = MATCH_ALIASES.get(word) ?? word;
		if (!matchesOf(this.family).has(name) && !OTHER_MATCHES[this.family].has(name)) return false;
		this.protocolUsed = true;
		this.loadMatch(word);
		return true;
	}
	private merge(loaded: Loaded<unknown>): void {
		const fresh = loaded.ext.options.map((spec): LongOption<Meaning> => {
			return { name: spec.name, arg: spec.args === 1 ? "required" : "none", value: { loaded, spec } };
		});
		this.long = [...LONG, ...fresh, ...this.long.slice(LONG.length)];
	}
}
