/** The `ip` command: options, object, command; then the object's own file. The words are read the same way to run and to check. */
import type { CommandContext } from "../context.ts";
import { isSix, runSix } from "../ip6/command.ts";
import { NEIGH_6 } from "../ip6/neigh.ts";
import { RULES_6 } from "../ip6/rule.ts";
import { NotSupported } from "../not-supported.ts";
import { LabError } from "../shell/errors.ts";
import type { Where } from "../shell/host.ts";
import { changeAddress, parseAddressChange } from "./address.ts";
import { flushAddresses, parseAddressFilter, showAddresses } from "./address-show.ts";
import { addLink, deleteLink, hasNetns, setLink } from "./link-change.ts";
import { type LinkParse, parseLink } from "./link-parse.ts";
import { parseLinkFilter, showLinks } from "./link-show.ts";
import { changeNeigh, flushNeigh, getNeigh, NEIGH_4, type NeighFamily, showNeigh } from "./neigh.ts";
import { parseNeigh, parseNeighFilter } from "./neigh-parse.ts";
import { openNetns, runNetns } from "./netns.ts";
import { parseOptions } from "./options.ts";
import { changeRoute } from "./route.ts";
import { parseRoute, parseRouteFilter } from "./route-parse.ts";
import { flushRoutes, getRoute, parseRouteGet, showRoutes } from "./route-show.ts";
import {
	addRule,
	deleteRule,
	flushRules,
	RULES_4,
	type RuleFamily,
	requireArguments,
	showRules,
} from "./rule.ts";
import { type Call, CHANGE_VERBS, isShow, out, pick, ROUTE_VERBS } from "./verbs.ts";
import {
	abbreviates,
	fail,
	IpError,
	noDevice,
	StopCheck,
	UNKNOWN,
	unknownCommand,
	unsupported,
	Words,
} from "./words.ts";

/** A word of a command line; undefined when known only at run time. */
type Word = string | undefined;

const OBJECTS: readonly (readonly [string, (call: Call) => number])[] = [
	["address", runAddress],
	["route", runRoute],
	["rule", runRule],
	["neighbor", runNeigh],
	["neighbour", runNeigh],
	["link", runLink],
	["netns", ({ words, ctx, options }) => runNetns(words, ctx, options.all)],
];
const OTHER_OBJECTS = [
	"addrlabel",
	"maddress",
	"ntable",
	"ntbl",
	"l2tp",
	"fou",
	"ila",
	"macsec",
	"tunnel",
	"tunl",
	"tuntap",
	"tap",
	"token",
	"tcpmetrics",
	"tcp_metrics",
	"monitor",
	"xfrm",
	"mroute",
	"mrule",
	"netconf",
	"vrf",
	"sr",
	"nexthop",
	"mptcp",
	"ioam",
	"stats",
	"help",
];

/** Runs `ip …`; argv[0] is the command word. Returns the exit status. Throws `LabError` for what the real tool has and this has not. */
export function runIp(argv: readonly string[], ctx: CommandContext): number {
	try {
		return run(new Words(argv.slice(1)), ctx);
	} catch (error) {
		if (error instanceof IpError) {
			ctx.io.err(error.text);
			return error.status;
		}
		if (error instanceof NotSupported)
			throw new LabError(ctx.where.file, ctx.where.line, argv.join(" "), error.message);
		throw error;
	}
}
/**
 * What can be told to be wrong before anything runs; a word that is undefined is known only at run time. `inner` checks the
 * command behind `ip netns exec NAME`.
 */
export function checkIp(
	argv: readonly Word[],
	where: Where = { file: "sh", line: 1 },
	inner: (argv: readonly Word[], where: Where) => readonly (string | LabError)[] = () => [],
): (string | LabError)[] {
	const words = new Words(argv.slice(1).map((word) => word ?? UNKNOWN));
	try {
		run(words, null);
	} catch (error) {
		if (error instanceof NotSupported) return [error.message];
		if (error instanceof IpError) return error.problem === undefined || words.unsure ? [] : [error.problem];
		if (!(error instanceof StopCheck)) throw error;
	}
	const command = execWords(argv);
	return command === undefined || command.length === 0 ? [] : [...inner(command, where)];
}
/** The command behind `ip [OPTIONS] netns exec NAME`; undefined when the line is another one. */
function execWords(argv: readonly Word[]): Word[] | undefined {
	let at = 1;
	let all = false;
	while (argv[at]?.startsWith("-")) {
		const option = argv[at];
		all ||= abbreviatesOption(option, "all");
		at +=
			option === "-n" || option === "-f" || ["netns", "family"].some((o) => abbreviatesOption(option, o))
				? 2
				: 1;
	}
	const object = argv[at];
	if (object === undefined || objectRunner(object)?.[0] !== "netns" || argv[at + 1] !== "exec")
		return undefined;
	return argv.slice(at + (all ? 2 : 3));
}
function abbreviatesOption(word: string | undefined, option: string): boolean {
	return word !== undefined && word.length > 2 && abbreviates(word.replace(/^--?/, ""), option);
}
function objectRunner(word: string): (typeof OBJECTS)[number] | undefined {
	return OBJECTS.find(([name]) => abbreviates(word, name));
}

function run(words: Words, ctx: CommandContext | null): number {
	const options = parseOptions(words);
	if (words.done) fail(255, "Usage: ip [ OPTIONS ] OBJECT { COMMAND | help }");
	const object = words.keyword();
	let call: Call = { ctx, words, options };
	if (ctx !== null && options.netns !== undefined)
		call = { ...call, ctx: { ...ctx, ns: openNetns(ctx, options.netns) } };
	const found = objectRunner(object);
	if (found !== undefined) {
		const status = found[1](call);
		// what the change started happens now, timers of this instant too (`ip neigh add … nud delay` probes at once)
		if (ctx !== null) ctx.machine.core.runUntil(ctx.machine.core.clock[0]);
		return status;
	}
	if (OTHER_OBJECTS.some((name) => abbreviates(object, name))) unsupported(`ip ${object}`);
	throw new IpError(1, `Object "${object}" is unknown, try "ip help".\n`, `unknown object "${object}" of ip`);
}
/** The command of an object; `show` when the line ends. */
function verbOf(words: Words): string {
	return words.done ? "show" : words.keyword();
}
function onlyPlain({ options }: Call): void {
	if (options.statistics) unsupported("ip option -s");
}
function runLink(call: Call): number {
	const { words, ctx, options } = call;
	const verb = verbOf(words);
	const how: LinkParse = {
		adding: abbreviates(verb, "add"),
		hasDevice: (name) => ctx === null || ctx.ns.device(name) !== undefined,
		hasNetns: (name) => ctx === null || hasNetns(ctx, name),
		warn: (text) => ctx?.io.err(text),
	};
	const change = pick(verb, [
		["add", "add"],
		["set", "set"],
		["change", "set"],
		["delete", "del"],
	]);
	if (change !== undefined) {
		const request = parseLink(words, how);
		if (ctx === null) return 0;
		if (change === "add") addLink(ctx, request);
		else if (change === "set") setLink(ctx, request);
		else deleteLink(ctx, request);
		return 0;
	}
	if (verb === "replace") unsupported("ip link replace");
	if (isShow(verb)) {
		const filter = parseLinkFilter(words);
		onlyPlain(call);
		if (options.details) unsupported("ip option -d with link");
		return out(call, (ctx) => showLinks(ctx, filter, options));
	}
	if (["xstats", "afstats", "property", "help"].some((name) => abbreviates(verb, name)))
		unsupported(`ip link ${verb}`);
	return unknownCommand(verb, "link");
}

function runAddress(call: Call): number {
	const { words, ctx, options } = call;
	const verb = verbOf(words);
	const six = runSix("address", verb, call);
	if (six !== undefined) return six;
	const change = pick(verb, CHANGE_VERBS);
	if (change !== undefined) {
		const request = parseAddressChange(words, options.family);
		if (ctx !== null) ctx.io.err(changeAddress(ctx, change, request));
		return 0;
	}
	if (isShow(verb)) {
		const filter = parseAddressFilter(words, options.family);
		onlyPlain(call);
		if (options.details) unsupported("ip option -d with address");
		return out(call, (ctx) => showAddresses(ctx, filter, options.family, options));
	}
	if (abbreviates(verb, "flush")) {
		if (words.done) fail(1, "Flush requires arguments.");
		const filter = parseAddressFilter(words, options.family);
		if (ctx !== null) flushAddresses(ctx, filter, options.family);
		return 0;
	}
	if (["showdump", "save", "restore", "help"].some((name) => abbreviates(verb, name)))
		unsupported(`ip address ${verb}`);
	return unknownCommand(verb, "address");
}

function runRoute(call: Call): number {
	const { words, ctx, options } = call;
	const verb = verbOf(words);
	const six = runSix("route", verb, call);
	if (six !== undefined) return six;
	const change = pick(verb, ROUTE_VERBS);
	if (change !== undefined) {
		if (abbreviates(verb, "test")) unsupported("ip route test");
		if (words.done) fail(255, "Usage: ip route { add | del | change | append | replace } ROUTE");
		const request = parseRoute(words, options.family);
		if (ctx !== null) changeRoute(ctx.ns, change, request);
		return 0;
	}
	if (isShow(verb)) {
		const filter = parseRouteFilter(words, options.family);
		return out(call, ({ ns }) => showRoutes(ns, filter, options.details));
	}
	if (abbreviates(verb, "get")) {
		const request = parseRouteGet(words, options.family);
		if (ctx !== null && request.note !== undefined) ctx.io.err(request.note);
		return out(call, ({ ns }) => getRoute(ns, request, options.details, options.oneline));
	}
	if (abbreviates(verb, "flush")) {
		if (words.done) fail(1, '"ip route flush" requires arguments.');
		const filter = parseRouteFilter(words, options.family);
		if (ctx !== null) flushRoutes(ctx.ns, filter);
		return 0;
	}
	if (["save", "restore", "showdump", "help"].some((name) => abbreviates(verb, name)))
		unsupported(`ip route ${verb}`);
	return unknownCommand(verb, "route");
}

/** A rule's family is never taken from its addresses. */
function runRule(call: Call): number {
	return call.options.family === 6 ? runRuleOf(RULES_6, call) : runRuleOf(RULES_4, call);
}
function runRuleOf<A>(family: RuleFamily<A>, call: Call): number {
	const { words, ctx, options } = call;
	const verb = verbOf(words);
	if (isShow(verb)) {
		const filter = family.parse(words, options.family, true);
		return out(call, ({ ns }) => showRules(family, ns, filter, options.details));
	}
	if (abbreviates(verb, "add") || abbreviates(verb, "delete")) {
		const adding = abbreviates(verb, "add");
		if (!adding && words.done) requireArguments("del");
		const request = family.parse(words, options.family, false);
		if (ctx !== null) (adding ? addRule : deleteRule)(family, ctx.ns, request);
		return 0;
	}
	if (abbreviates(verb, "flush")) {
		const filter = family.parse(words, options.family, true);
		if (ctx !== null) flushRules(family, ctx.ns, filter);
		return 0;
	}
	if (["save", "restore", "help"].some((name) => abbreviates(verb, name))) unsupported(`ip rule ${verb}`);
	return unknownCommand(verb, "rule");
}

function runNeigh(call: Call): number {
	return isSix(call) ? runNeighOf(NEIGH_6, call) : runNeighOf(NEIGH_4, call);
}
function runNeighOf<A>(family: NeighFamily<A>, call: Call): number {
	const { words, ctx, options } = call;
	const verb = verbOf(words);
	const address = (word: string): A => family.address(word, options.family);
	const change = pick(verb, CHANGE_VERBS);
	if (change !== undefined) {
		const request = parseNeigh(words, address);
		if (ctx !== null) changeNeigh(family, ctx.ns, change, request);
		return 0;
	}
	if (abbreviates(verb, "get")) {
		const request = parseNeigh(words, address);
		return out(call, ({ ns }) => getNeigh(family, ns, request));
	}
	const flush = abbreviates(verb, "flush");
	if (flush && words.done) fail(1, "Flush requires arguments.");
	if (flush || isShow(verb)) {
		if (!flush) onlyPlain(call);
		const filter = parseNeighFilter(words, (word) => family.prefix(word, options.family));
		// a filter that knows no family holds for both
		const { to, ...both } = filter;
		const second = options.family === 0 && to === undefined;
		if (!flush)
			return out(
				call,
				({ ns }) => showNeigh(family, ns, filter) + (second ? showNeigh(NEIGH_6, ns, both) : ""),
			);
		if (ctx !== null) {
			if (filter.dev !== undefined && ctx.ns.device(filter.dev) === undefined) noDevice(filter.dev);
			flushNeigh(family, ctx.ns, filter);
			if (second) flushNeigh(NEIGH_6, ctx.ns, both);
		}
		return 0;
	}
	if (abbreviates(verb, "help")) unsupported("ip neigh help");
	return unknownCommand(verb, "neigh");
}
