/** The hashlimit match, and its arithmetic of rates: what the tool makes of them is in the kernel's units. */
import {
	HASHLIMIT_BYTES,
	HASHLIMIT_DIP,
	HASHLIMIT_DPT,
	HASHLIMIT_INVERT,
	HASHLIMIT_RATE_MATCH,
	HASHLIMIT_SIP,
	HASHLIMIT_SPT,
	type HashlimitMatch,
} from "@hookline/engine/netfilter/rule-lists";
import { type Extension, type OptionSpec, parseUint } from "./extension.ts";
import { join } from "./matches.ts";
import { parseLooseMask } from "./matches-conntrack.ts";
import { maskLength, ToolError, toInteger, Unsupported } from "./values.ts";

const U32 = 0xffff_ffff;
const SCALE = 1_000_000;
const UNITS: readonly (readonly [string, number])[] = [
	["day", 86_400],
	["hour", 3600],
	["min", 60],
	["sec", 1],
];
const UNIT_WORDS: readonly (readonly [string, number])[] = [
	["second", 1],
	["minute", 60],
	["hour", 3600],
	["day", 86_400],
];
/** Seconds after which a flow of bytes is forgotten, without and with a burst. */
const BYTE_EXPIRE = 15;
const BYTE_EXPIRE_BURST = 60;
const BURST_MAX = 1_000_000;
const BURST = 5;
const GC_INTERVAL = 1000;

function bytesToCost(bytes: number): number {
	const chunks = Math.floor(bytes / 16) % (U32 + 1);
	if (chunks === U32) throw new Unsupported("this rate, at which iptables itself fails,");
	return Math.floor(U32 / (chunks + 1));
}
function costToBytes(cost: number): number {
	return (Math.floor(U32 / cost) - 1) * 16;
}
interface Rate {
	readonly bytes: boolean;
	readonly avg: number;
	/** Seconds of the unit. */
	readonly unit: number;
}
function parseRate(option: string, text: string): Rate {
	const at = text.indexOf("b/s");
	const number = /^\s*[+-]?\d+/.exec(text)?.[0];
	const n = number === undefined ? 0 : Number(number);
	if (at > 0 && n > 0) {
		const factor = text[at - 1] === "m" ? 1_048_576 : text[at - 1] === "k" ? 1024 : 1;
		return { bytes: true, avg: bytesToCost(n * factor), unit: BYTE_EXPIRE };
	}
	const slash = text.indexOf("/");
	const word = slash < 0 ? "second" : text.slice(slash + 1).toLowerCase();
	const unit = word === "" ? undefined : UNIT_WORDS.find(([name]) => name.startsWith(word))?.[1];
	if (unit === undefined || n === 0)
		throw new ToolError(`hashlimit: Bad value for "--${option}" option: "${text}"`);
	const avg = n < 0 ? 0 : Math.floor((SCALE * unit) / n);
	if (avg === 0) throw new ToolError(`Rate too fast "${text}"`);
	return { bytes: false, avg, unit };
}
function parseBurst(text: string): number {
	const m = /^\s*(0[xX][0-9a-fA-F]+|\d+)(.*)$/.exec(text);
	const n = m === null ? undefined : toInteger(m[1], 1, Number.MAX_SAFE_INTEGER);
	if (m === null || n === undefined || (m[2] === "" && n > BURST_MAX))
		throw new ToolError(`bad value for option "--hashlimit-burst", or out of range (1-${BURST_MAX}).`);
	return n * (m[2][0] === "m" ? 1_048_576 : m[2][0] === "k" ? 1024 : 1);
}
const MODES: readonly (readonly [string, number])[] = [
	["srcip", HASHLIMIT_SIP],
	["srcport", HASHLIMIT_SPT],
	["dstip", HASHLIMIT_DIP],
	["dstport", HASHLIMIT_DPT],
];
function parseMode(text: string): number {
	let mode = 0;
	for (const word of text.split(",")) {
		const known = MODES.find(([name]) => name === word);
		if (known === undefined)
			throw new ToolError(`hashlimit: Bad value for "--hashlimit-mode" option: "${text}"`);
		mode |= known[1];
	}
	return mode;
}

const ONE = (name: string, more: Partial<OptionSpec> = {}): OptionSpec => ({ name, args: 1, ...more });
export const hashlimitMatch: Extension<HashlimitMatch> = {
	name: "hashlimit",
	options: [
		ONE("hashlimit-upto", { not: true, excl: ["hashlimit-above"] }),
		ONE("hashlimit-above", { not: true, excl: ["hashlimit-upto"] }),
		ONE("hashlimit", { not: true, aliasOf: "hashlimit-upto" }),
		ONE("hashlimit-srcmask"),
		ONE("hashlimit-dstmask"),
		ONE("hashlimit-burst"),
		ONE("hashlimit-htable-size"),
		ONE("hashlimit-htable-max"),
		ONE("hashlimit-htable-gcinterval"),
		ONE("hashlimit-htable-expire"),
		ONE("hashlimit-mode"),
		ONE("hashlimit-name", { required: true }),
		{ name: "hashlimit-rate-match", args: 0 },
		ONE("hashlimit-rate-interval"),
	],
	start() {
		let rate: Rate | undefined;
		let burst: number | undefined;
		let expire: number | undefined;
		let mode = 0;
		const m = { srcMask: -1, dstMask: -1, name: "", size: 0, max: 0, gcInterval: GC_INTERVAL, interval: 1 };
		return {
			option(option, value, inverted, cx) {
				const length = (): number =>
					toInteger(value, 0, 255) ?? maskLength(parseLooseMask("hashlimit", option, value, cx.family));
				const name = option.slice("hashlimit-".length);
				const number = () => parseUint("hashlimit", option, value, 0, U32);
				switch (name) {
					case "upto":
					case "above":
						rate = parseRate(option, value);
						if ((name === "above") !== inverted) mode |= HASHLIMIT_INVERT;
						if (rate.bytes) mode |= HASHLIMIT_BYTES;
						break;
					case "burst":
						burst = parseBurst(value);
						break;
					case "srcmask":
						m.srcMask = length();
						break;
					case "dstmask":
						m.dstMask = length();
						break;
					case "htable-size":
						m.size = number();
						break;
					case "htable-max":
						m.max = number();
						break;
					case "htable-gcinterval":
						m.gcInterval = number();
						break;
					case "htable-expire":
						expire = number();
						break;
					case "mode":
						mode |= parseMode(value);
						break;
					case "name":
						if (value === "") throw new ToolError("Argument must have a minimum length of 1 characters\n");
						m.name = value.slice(0, 254);
						break;
					case "rate-match":
						mode |= HASHLIMIT_RATE_MATCH;
						break;
					default: {
						const n = toInteger(value, 1, U32);
						if (n === undefined)
							throw new ToolError(`hashlimit: Bad value for "--${option}" option: "${value}"`);
						m.interval = n;
					}
				}
			},
			finish(cx) {
				const host = cx.family === 6 ? 128 : 32;
				if (rate === undefined) throw new ToolError("You have to specify --hashlimit");
				let unit = rate.unit;
				let times = burst ?? BURST;
				if (rate.bytes) {
					times = 0;
					if (burst !== undefined) {
						const second = costToBytes(rate.avg);
						if (burst < second || second === 0)
							throw new ToolError(`burst cannot be smaller than ${second}b`);
						times = Math.floor((burst % (U32 + 1)) / second) + (burst % second !== 0 ? 1 : 0);
						unit = BYTE_EXPIRE_BURST;
					}
				}
				return {
					type: "hashlimit",
					mode,
					avg: rate.avg,
					burst: times,
					...m,
					srcMask: m.srcMask < 0 ? host : m.srcMask,
					dstMask: m.dstMask < 0 ? host : m.dstMask,
					expire: expire ?? unit * 1000,
				};
			},
		};
	},
};
/** The rate, the burst, and the ms after which such a flow is forgotten unless the rule says otherwise. */
function rateText(m: HashlimitMatch, avg: number): { rate: string; burst: string; expire: number } {
	if ((m.mode & HASHLIMIT_BYTES) !== 0) {
		const bytes = costToBytes(m.avg);
		// the tool masks with 32 bits
		const fits = (size: number) =>
			bytes >= size && bytesToCost((bytes - (bytes % size)) % (U32 + 1)) === m.avg;
		const [letter, size] = fits(1_048_576) ? ["m", 1_048_576] : fits(1024) ? ["k", 1024] : ["", 1];
		const rate = `${Math.floor(bytes / Number(size))}${letter}b/s`;
		if (m.burst === 0) return { rate, burst: "", expire: BYTE_EXPIRE * 1000 };
		const all = bytes * m.burst;
		const burst =
			all >= 1_048_576
				? `${Math.floor(all / 1_048_576)}mb`
				: all >= 1024
					? `${Math.floor(all / 1024)}kb`
					: `${all}b`;
		return { rate, burst, expire: BYTE_EXPIRE_BURST * 1000 };
	}
	let i = 1;
	for (; i < UNITS.length; i++) {
		const unit = UNITS[i][1] * SCALE;
		if (avg > unit || Math.floor(unit / avg) < unit % avg) break;
	}
	const [name, seconds] = UNITS[i - 1];
	const rate = `${Math.floor((seconds * SCALE) / avg)}/${name}`;
	return { rate, burst: String(m.burst), expire: seconds * 1000 };
}
function modeNames(m: HashlimitMatch): string[] {
	return MODES.filter(([, bit]) => (m.mode & bit) !== 0).map(([name]) => name);
}
function tableText(m: HashlimitMatch, expire: number, prefix: string): string {
	return join(
		m.size !== 0 && `${prefix}htable-size ${m.size}`,
		m.max !== 0 && `${prefix}htable-max ${m.max}`,
		m.gcInterval !== GC_INTERVAL && `${prefix}htable-gcinterval ${m.gcInterval}`,
		m.expire !== expire && `${prefix}htable-expire ${m.expire}`,
	);
}
function restText(m: HashlimitMatch, host: number, prefix: string): string {
	const rate = (m.mode & HASHLIMIT_RATE_MATCH) !== 0;
	return join(
		m.srcMask !== host && `${prefix}srcmask ${m.srcMask}`,
		m.dstMask !== host && `${prefix}dstmask ${m.dstMask}`,
		rate && `${prefix}rate-match`,
		rate && m.interval !== 1 && `${prefix}rate-interval ${m.interval}`,
	);
}
/** As `iptables -S` writes it; `host` is the length of an address in bits. */
export function printHashlimit(m: HashlimitMatch, host: number): string {
	const { rate, burst, expire } = rateText(m, m.avg);
	const modes = modeNames(m);
	return join(
		`--hashlimit-${(m.mode & HASHLIMIT_INVERT) !== 0 ? "above" : "upto"} ${rate}`,
		burst !== "" && `--hashlimit-burst ${burst}`,
		modes.length > 0 && `--hashlimit-mode ${modes.join(",")}`,
		`--hashlimit-name ${m.name}`,
		tableText(m, expire, "--hashlimit-"),
		restText(m, host, "--hashlimit-"),
	);
}
/** As `iptables -L` writes it. */
export function listHashlimit(m: HashlimitMatch, host: number): string {
	// the interval counts here, asked for or not
	const { rate, burst, expire } = rateText(m, m.avg * m.interval);
	const modes = modeNames(m);
	return join(
		` limit: ${(m.mode & HASHLIMIT_INVERT) !== 0 ? "above" : "up to"} ${rate}`,
		burst !== "" && `burst ${burst}`,
		modes.length > 0 && `mode ${modes.join("-")}`,
		tableText(m, expire, ""),
		restText(m, host, ""),
	);
}
