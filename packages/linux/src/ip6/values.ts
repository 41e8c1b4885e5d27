/** IPv6 values on a command line, read as iproute2's utils do, with its complaints. */
import type { In6 } from "@hookline/engine/ring/in6";
import { parseAddress6 } from "../address6-text.ts";
import { parseNumber } from "../ip/names.ts";
import { fail, UNKNOWN } from "../ip/words.ts";

export interface Prefix6Value {
	readonly addr: In6;
	readonly length: number;
	/** The length was written. */
	readonly given: boolean;
	/** `default`, `any` or `all` */
	readonly any: boolean;
}
export const ANY: In6 = [0, 0, 0, 0];

/** get_addr */
export function address6Value(word: string): In6 {
	if (word === UNKNOWN) return [0x20010db8, 0, 0, 1];
	if (word === "default" || word === "any" || word === "all") return ANY;
	return parseAddress6(word) ?? fail(1, `Error: inet6 address is expected rather than "${word}".`);
}
/** get_prefix */
export function prefix6Value(word: string): Prefix6Value {
	if (word === UNKNOWN) return { addr: [0x20010db8, 0, 0, 0], length: 64, given: true, any: false };
	if (word === "default" || word === "any" || word === "all")
		return { addr: ANY, length: 0, given: false, any: true };
	const [head = "", tail] = word.split("/");
	const addr = parseAddress6(head);
	const length = tail === undefined ? 128 : parseNumber(tail, 128);
	if (addr === undefined || length === undefined)
		return fail(1, `Error: inet6 prefix is expected rather than "${word}".`);
	return { addr, length, given: tail !== undefined, any: false };
}
