/** The command line as getopt_long reads it: short options in clusters, long ones abbreviated, nothing reordered. */

export type ArgKind = "none" | "required" | "optional";
export interface LongOption<T> {
	readonly name: string;
	readonly arg: ArgKind;
	readonly value: T;
}
/** What getopt found next. */
export type Found<T> =
	| { readonly kind: "option"; readonly value: T; readonly arg: string | undefined; readonly word: string }
	| { readonly kind: "word"; readonly word: string }
	| { readonly kind: "unknown"; readonly word: string }
	| { readonly kind: "missing"; readonly word: string }
	| { readonly kind: "end" };

/** Same meaning: then an abbreviation of both is not ambiguous. */
function alike<T>(a: LongOption<T>, b: LongOption<T>): boolean {
	return a.value === b.value && a.arg === b.arg;
}

export class GetOpt<T> {
	readonly words: readonly string[];
	/** Index of the next word. */
	at = 0;
	private cluster = "";
	private readonly short: ReadonlyMap<string, readonly [T, ArgKind]>;

	constructor(words: readonly string[], short: ReadonlyMap<string, readonly [T, ArgKind]>) {
		this.words = words;
		this.short = short;
	}
	/** The next word, unless it looks like an option or a `!`. */
	takeArgument(): string | undefined {
		const word = this.words[this.at];
		if (word === undefined || word.startsWith("-") || word.startsWith("!")) return undefined;
		this.at++;
		return word;
	}
	/** The next word, whatever it is. */
	takeWord(): string | undefined {
		return this.words[this.at++];
	}
	next(long: readonly LongOption<T>[]): Found<T> {
		if (this.cluster !== "") return this.nextShort();
		const word = this.words[this.at];
		if (word === undefined) return { kind: "end" };
		this.at++;
		if (word === "--") return { kind: "end" };
		if (word === "-" || !word.startsWith("-")) return { kind: "word", word };
		if (word.startsWith("--")) return this.nextLong(word, long);
		this.cluster = word.slice(1);
		return this.nextShort();
	}
	private nextShort(): Found<T> {
		const letter = this.cluster[0];
		const word = this.words[this.at - 1];
		this.cluster = this.cluster.slice(1);
		const known = this.short.get(letter);
		// the word that getopt has finished with is the one before, unless this letter was the last
		if (known === undefined)
			return { kind: "unknown", word: this.cluster === "" ? word : (this.words[this.at - 2] ?? "iptables") };
		const [value, arg] = known;
		if (arg === "none") return { kind: "option", value, arg: undefined, word };
		const rest = this.cluster;
		this.cluster = "";
		if (rest !== "") return { kind: "option", value, arg: rest, word };
		if (arg === "optional") return { kind: "option", value, arg: undefined, word };
		const next = this.words[this.at];
		if (next === undefined) return { kind: "missing", word };
		this.at++;
		return { kind: "option", value, arg: next, word };
	}
	private nextLong(word: string, long: readonly LongOption<T>[]): Found<T> {
		const equals = word.indexOf("=");
		const name = equals < 0 ? word.slice(2) : word.slice(2, equals);
		const given = equals < 0 ? undefined : word.slice(equals + 1);
		let found = long.find((o) => o.name === name);
		if (found === undefined) {
			const fits = long.filter((o) => o.name.startsWith(name));
			if (fits.length === 0 || fits.some((o) => !alike(o, fits[0]))) return { kind: "unknown", word };
			found = fits[0];
		}
		const { value } = found;
		if (found.arg === "none") {
			if (given !== undefined) return { kind: "unknown", word };
			return { kind: "option", value, arg: undefined, word };
		}
		if (given !== undefined || found.arg === "optional") return { kind: "option", value, arg: given, word };
		const next = this.words[this.at];
		if (next === undefined) return { kind: "missing", word };
		this.at++;
		return { kind: "option", value, arg: next, word };
	}
}
