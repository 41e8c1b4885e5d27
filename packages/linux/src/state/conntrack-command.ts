/** `conntrack` of conntrack-tools 1.4.7: listing, counting, deleting, emptying. */
import type { ConnectionInfo } from "@hookline/engine/netfilter/ct-list";
import type { In6Table } from "@hookline/engine/ring/in6";
import { parseAddress } from "../address-text.ts";
import { parseAddress6 } from "../address6-text.ts";
import type { CommandContext } from "../context.ts";
import { NotSupported } from "../not-supported.ts";
import { CT_PROTOCOLS, connectionLine } from "./conntrack.ts";

type Word = string | undefined;

const PROGRAM = "conntrack v1.4.7 (conntrack-tools)";
const COMMANDS: Readonly<Record<string, string>> = {
	"-L": "L",
	"--dump": "L",
	"-D": "D",
	"--delete": "D",
	"-F": "F",
	"--flush": "F",
	"-C": "C",
	"--count": "C",
	"-V": "V",
	"--version": "V",
};
const FILTERS: Readonly<Record<string, string>> = {
	"-s": "src",
	"--src": "src",
	"--orig-src": "src",
	"-d": "dst",
	"--dst": "dst",
	"--orig-dst": "dst",
	"-r": "reply-src",
	"--reply-src": "reply-src",
	"-q": "reply-dst",
	"--reply-dst": "reply-dst",
	"-p": "protocol",
	"--protonum": "protocol",
	"--proto": "protocol",
	"-f": "family",
	"--family": "family",
	"-m": "mark",
	"--mark": "mark",
	"--sport": "sport",
	"--orig-port-src": "sport",
	"--dport": "dport",
	"--orig-port-dst": "dport",
	"--state": "state",
};

/** Runs `conntrack`; argv[0] is the command word. Throws `NotSupported`. */
export function runConntrack(argv: readonly string[], ctx: CommandContext): number {
	const { io, machine, ns } = ctx;
	const problems = checkConntrack(argv);
	if (problems[0] !== undefined) throw new NotSupported(problems[0]);
	let command = "";
	const filters = new Map<string, string>();
	const usage = (message: string): number => {
		io.err(`${PROGRAM}: ${message}\nTry \`conntrack -h' or 'conntrack --help' for more information.\n`);
		return 2;
	};
	for (let i = 1; i < argv.length; i++) {
		const word = argv[i]!;
		if (COMMANDS[word] !== undefined) {
			command = COMMANDS[word]!;
			continue;
		}
		const filter = FILTERS[word];
		if (filter === undefined) {
			if (word === "conntrack" && i === 2) continue;
			return usage(`unknown option \`${word}'`);
		}
		const value = argv[++i];
		if (value === undefined) return usage(`option \`${word}' requires an argument`);
		filters.set(filter, value);
	}
	const protocol = filters.get("protocol");
	const number = protocol === undefined ? undefined : protocolNumber(protocol);
	if (protocol !== undefined && number === undefined) return usage(`\`${protocol}' unsupported protocol`);
	for (const name of ["src", "dst", "reply-src", "reply-dst"]) {
		const text = filters.get(name);
		if (text !== undefined && parseAddress(text) === undefined && parseAddress6(text) === undefined)
			return usage(`Invalid IP address \`${text}'`);
	}
	if ((filters.has("sport") || filters.has("dport")) && ![6, 17, 33, 132, 136].includes(number ?? 0))
		return usage(`unknown option \`--${filters.has("sport") ? "sport" : "dport"}'`);
	if (command === "V") {
		io.out(`${PROGRAM}\n`);
		return 0;
	}
	if (command === "C") {
		io.out(`${machine.conntrack.count(ns.id)}\n`);
		return 0;
	}
	if (command === "F") {
		machine.conntrack.flush(ns.id);
		io.err(`${PROGRAM}: connection tracking table has been emptied.\n`);
		return 0;
	}
	const found = machine.conntrack.list(ns.id).filter((c) => fits(c, filters, number, machine.core.in6));
	for (const c of found) {
		io.out(`${connectionLine(c, machine.core.in6)}\n`);
		if (command === "D") machine.conntrack.delete(c.ct);
	}
	io.err(`${PROGRAM}: ${found.length} flow entries have been ${command === "D" ? "deleted" : "shown"}.\n`);
	return command === "D" && found.length === 0 ? 1 : 0;
}

function protocolNumber(name: string): number | undefined {
	for (const [number, known] of CT_PROTOCOLS) if (known === name.toLowerCase()) return number;
	return /^\d+$/.test(name) && CT_PROTOCOLS.has(Number(name)) ? Number(name) : undefined;
}

function fits(
	c: ConnectionInfo,
	filters: ReadonlyMap<string, string>,
	protocol: number | undefined,
	in6: In6Table,
): boolean {
	const address = (name: string, value: number): boolean => {
		const text = filters.get(name);
		if (text === undefined) return true;
		if (!c.ipv6) return parseAddress(text) === value;
		const a = parseAddress6(text);
		return a !== undefined && in6.intern(...a) === value;
	};
	const family = filters.get("family");
	const same = (name: string, value: number | string): boolean => {
		const text = filters.get(name);
		return text === undefined || (typeof value === "number" ? Number(text) === value : text === value);
	};
	return (
		(protocol === undefined || c.protocol === protocol) &&
		(family === undefined || family === (c.ipv6 ? "ipv6" : "ipv4")) &&
		address("src", c.original.src) &&
		address("dst", c.original.dst) &&
		address("reply-src", c.reply.src) &&
		address("reply-dst", c.reply.dst) &&
		same("mark", c.mark >>> 0) &&
		same("sport", c.original.sport) &&
		same("dport", c.original.dport) &&
		same("state", c.state)
	);
}

/** What a lab file asks of conntrack and cannot get. */
export function checkConntrack(argv: readonly Word[]): string[] {
	const word = argv[1];
	if (argv.length < 2) return ["conntrack without a command is not supported"];
	if (word !== undefined && /^-([GIUESAh]|-get|-create|-update|-event|-stats|-help)$/.test(word))
		return [`conntrack ${word} is not supported`];
	const other = argv
		.slice(2)
		.find(
			(w) =>
				w !== undefined &&
				/^(-[ongjzluwtceb]|--(output|src-nat|dst-nat|any-nat|zero|label|status|zone)|expect|dying|unconfirmed)$/.test(
					w,
				),
		);
	return other === undefined ? [] : [`conntrack … ${other} is not supported`];
}
