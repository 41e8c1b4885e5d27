/** The options between `ip` and its object. */
import type { Family } from "./values.ts";
import { abbreviates, IpError, UNKNOWN, unsupported, type Words } from "./words.ts";

/** The options before the object. */
export interface Options {
	family: Family;
	netns: string | undefined;
	details: boolean;
	statistics: boolean;
	oneline: boolean;
	brief: boolean;
	/** `-all`, for `ip netns` */
	all: boolean;
}
export function parseOptions(words: Words): Options {
	const options: Options = {
		family: 0,
		netns: undefined,
		details: false,
		statistics: false,
		oneline: false,
		brief: false,
		all: false,
	};
	while (words.head.startsWith("-")) parseOption(words, options);
	return options;
}
function parseOption(words: Words, options: Options): void {
	const word = words.value();
	const name = word.replace(/^--?/, "");
	if (word === "-4") options.family = 4;
	else if (word === "-6") options.family = 6;
	else if (word === "-0" || word === "-B" || word === "-M") unsupported(`ip option ${word}`);
	else if (name !== "" && abbreviates(name, "netns") && name !== "") options.netns = words.value();
	else if (name.length > 1 && abbreviates(name, "brief")) options.brief = true;
	else if (abbreviates(name, "statistics") || name === "stats") options.statistics = true;
	else if (abbreviates(name, "details")) options.details = true;
	else if (abbreviates(name, "oneline")) options.oneline = true;
	else if (abbreviates(name, "family")) {
		const family = words.value();
		if (family === "inet") options.family = 4;
		else if (family === "inet6") options.family = 6;
		else if (family !== UNKNOWN) unsupported(`ip option -family ${family}`);
	} else if (/^c(o(l(o(r(=.*)?)?)?)?)?$/.test(name)) unsupported("ip option -color");
	else if (abbreviates(name, "force") || abbreviates(name, "resolve")) return;
	else if (name.length > 1 && abbreviates(name, "all")) options.all = true;
	else if (
		["batch", "json", "pretty", "human-readable", "iec", "loops", "rcvbuf"].some((o) => abbreviates(name, o))
	)
		unsupported(`ip option ${word}`);
	else if (["timestamp", "tshort", "Version", "Numeric", "echo"].some((o) => abbreviates(name, o)))
		unsupported(`ip option ${word}`);
	else if (word !== UNKNOWN)
		throw new IpError(
			255,
			`Option "${word}" is unknown, try "ip -help".\n`,
			`unknown option "${word}" of ip`,
		);
}
