/** getopt_long of glibc with its own messages, as iptables-save and iptables-restore use it: operands may stand anywhere. */
import type { ArgKind } from "./options.ts";

export interface GnuOption {
	readonly letter: string;
	readonly name: string;
	readonly arg: Exclude<ArgKind, "optional">;
}
/** One option, or an operand, for which `letter` is empty. */
export interface GnuWord {
	readonly letter: string;
	readonly value: string;
}
/** The words read so far were right, the next one is not. */
export class GnuError extends Error {}

export class GnuOptions {
	private readonly argv: readonly string[];
	private readonly options: readonly GnuOption[];
	private at = 0;
	private cluster = "";
	private onlyOperands = false;

	constructor(argv: readonly string[], options: readonly GnuOption[]) {
		this.argv = argv;
		this.options = options;
	}
	/** The next word when it is neither an option nor a `!` (xs_has_arg). */
	takeArgument(): string | undefined {
		const word = this.argv[this.at];
		if (this.cluster !== "" || word === undefined || /^[-!]/.test(word)) return undefined;
		this.at++;
		return word;
	}
	/** Undefined at the end. Throws GnuError. */
	next(): GnuWord | undefined {
		if (this.cluster !== "") return this.short();
		const word = this.argv[this.at];
		if (word === undefined) return undefined;
		this.at++;
		if (this.onlyOperands || word === "-" || !word.startsWith("-")) return { letter: "", value: word };
		if (word === "--") {
			this.onlyOperands = true;
			return this.next();
		}
		if (word.startsWith("--")) return this.long(word);
		this.cluster = word.slice(1);
		return this.short();
	}
	private short(): GnuWord {
		const letter = this.cluster[0];
		const option = this.options.find((o) => o.letter === letter);
		this.cluster = this.cluster.slice(1);
		if (option === undefined) throw new GnuError(`invalid option -- '${letter}'`);
		if (option.arg === "none") return { letter, value: "" };
		const value = this.cluster !== "" ? this.cluster : this.argv[this.at++];
		this.cluster = "";
		if (value === undefined) throw new GnuError(`option requires an argument -- '${letter}'`);
		return { letter, value };
	}
	private long(word: string): GnuWord {
		const equals = word.indexOf("=");
		const name = equals < 0 ? word.slice(2) : word.slice(2, equals);
		const fits = this.options.filter((o) => o.name.startsWith(name));
		const option = fits.find((o) => o.name === name) ?? fits[0];
		if (option === undefined) throw new GnuError(`unrecognized option '${word}'`);
		if (fits.length > 1 && option.name !== name) {
			const possible = fits.map((o) => ` '--${o.name}'`).join("");
			throw new GnuError(`option '${word}' is ambiguous; possibilities:${possible}`);
		}
		const { letter, arg } = option;
		if (arg === "none") {
			if (equals >= 0) throw new GnuError(`option '--${option.name}' doesn't allow an argument`);
			return { letter, value: "" };
		}
		const value = equals >= 0 ? word.slice(equals + 1) : this.argv[this.at++];
		if (value === undefined) throw new GnuError(`option '--${option.name}' requires an argument`);
		return { letter, value };
	}
}
