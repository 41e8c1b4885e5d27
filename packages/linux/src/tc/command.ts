/** `tc qdisc` of iproute2 6.1.0, for `netem` with delay, rate and limit at the root of a device. */

import type { NetDevice } from "@hookline/engine/device/netdev";
import { Netem } from "@hookline/engine/device/netem";
import type { Machine } from "@hookline/engine/ip/machine";
import type { CommandContext } from "../context.ts";
import { NotSupported } from "../not-supported.ts";
import { parseRate, parseTime, printRate, printTime } from "./units.ts";

type Word = string | undefined;

class TcError extends Error {
	readonly status: number;

	constructor(text: string, status: number) {
		super(text);
		this.name = "TcError";
		this.status = status;
	}
}

const DEFAULT_LIMIT = 1000;
/** `8001:` and on, one count for all devices (qdisc_alloc_handle). */
const handles: WeakMap<Netem, number> = new WeakMap();
const lastHandle: WeakMap<Machine, number> = new WeakMap();

interface Wanted {
	readonly dev: string;
	/** undefined when none was named */
	readonly kind: string | undefined;
	readonly delay: number;
	readonly rate: number;
	readonly limit: number;
}

/** Runs `tc`; argv[0] is the command word. Throws `NotSupported`. */
export function runTc(argv: readonly string[], ctx: CommandContext): number {
	const problems = checkTc(argv);
	if (problems[0] !== undefined) throw new NotSupported(problems[0]);
	try {
		run(argv, ctx);
		return 0;
	} catch (error) {
		if (!(error instanceof TcError)) throw error;
		ctx.io.err(`${error.message}\n`);
		return error.status;
	}
}

function run(argv: readonly string[], ctx: CommandContext): void {
	const [, , verb = "show", ...rest] = argv;
	if (isShow(verb)) {
		show(rest, ctx);
		return;
	}
	const wanted = parse(rest);
	const dev = ctx.ns.device(wanted.dev);
	if (dev === undefined) throw new TcError(`Cannot find device "${wanted.dev}"`, 1);
	dev.linkWatch.sync();
	if (verb === "del" || verb === "delete") {
		if (dev.netem === null) throw new TcError("Error: Cannot delete qdisc with handle of zero.", 2);
		if (wanted.kind !== undefined && wanted.kind !== "netem")
			throw new TcError("Error: Invalid qdisc name: must match existing.", 2);
		dev.netem.destroy();
		dev.netem = null;
	} else {
		if (dev.netem !== null && verb === "add")
			throw new TcError("Error: Exclusivity flag on, cannot modify.", 2);
		if (dev.netem === null && verb === "change")
			throw new TcError("Error: Qdisc not found. To create specify NLM_F_CREATE flag.", 2);
		setNetem(ctx.machine, dev, wanted);
	}
	ctx.ns.core.generation++;
}

function setNetem(machine: Machine, dev: NetDevice, { delay, rate, limit }: Wanted): void {
	const before = dev.netem;
	const netem = new Netem(dev, { delay, rate, limit });
	let handle = before === null ? undefined : handles.get(before);
	if (handle === undefined) {
		handle = (lastHandle.get(machine) ?? 0x8000) + 1;
		lastHandle.set(machine, handle);
	}
	handles.set(netem, handle);
	if (before !== null && before.length > 0)
		throw new NotSupported("changing netem while frames are on the wire is not supported");
	before?.destroy();
	dev.netem = netem;
}

function parse(rest: readonly string[]): Wanted {
	let dev: string | undefined;
	let kind: string | undefined;
	let delay = 0;
	let rate = 0;
	let limit = DEFAULT_LIMIT;
	const value = (i: number): string => {
		const text = rest[i];
		if (text === undefined) throw new TcError('Command line is not complete. Try option "help"', 255);
		return text;
	};
	for (let i = 0; i < rest.length; i++) {
		const word = rest[i]!;
		if (word === "dev") dev = value(++i);
		else if (word === "root") continue;
		else if (kind === undefined) kind = word;
		else if (word === "delay" || word === "latency") {
			const text = value(++i);
			const time = parseTime(text);
			if (time === undefined) throw new TcError('Illegal "latency"', 1);
			delay = time;
		} else if (word === "rate") {
			const text = value(++i);
			const bits = parseRate(text);
			if (bits === undefined) throw new TcError('Illegal "rate"', 1);
			rate = bits;
		} else if (word === "limit") {
			const text = value(++i);
			if (!/^(0x[0-9a-f]+|\d+)$/i.test(text)) throw new TcError('Illegal "limit"', 1);
			limit = Number(text);
		}
	}
	if (dev === undefined) throw new TcError('Error: "dev" is required.', 255);
	return { dev, kind, delay, rate, limit };
}

function isShow(verb: string): boolean {
	return ["show", "list", "ls", "lst"].includes(verb);
}

/** Only devices that are up have a queue to show. */
function show(rest: readonly string[], ctx: CommandContext): void {
	const at = rest.indexOf("dev");
	const name = at < 0 ? undefined : rest[at + 1];
	if (name !== undefined && ctx.ns.device(name) === undefined)
		throw new TcError(`Cannot find device "${name}"`, 1);
	for (const dev of ctx.ns.devices) {
		if (name !== undefined && dev.name !== name) continue;
		const where = name === undefined ? `dev ${dev.name} ` : "";
		if (dev.netem !== null) {
			const { limit, delay, rate } = dev.netem;
			const handle = (handles.get(dev.netem) ?? 0x8001).toString(16);
			ctx.io.out(
				`qdisc netem ${handle}: ${where}root refcnt 2 limit ${limit}` +
					`${delay > 0 ? ` delay ${printTime(delay)}` : ""}${rate > 0 ? ` rate ${printRate(rate)}` : ""}\n`,
			);
		} else if (dev.up) ctx.io.out(`qdisc noqueue 0: ${where}root refcnt 2 \n`);
	}
}

/** What a lab file asks of tc and cannot get. */
export function checkTc(argv: readonly Word[]): string[] {
	const [, object, verb, ...rest] = argv;
	if (object === undefined) return argv.length > 1 ? [] : ["tc without an object is not supported"];
	if (object !== "qdisc") return [`tc ${object} is not supported`];
	if (verb === undefined || isShow(verb)) {
		const other = rest.find((word, i) => word !== undefined && word !== "dev" && rest[i - 1] !== "dev");
		return other === undefined ? [] : [`tc qdisc show … ${other} is not supported`];
	}
	if (!["add", "del", "delete", "replace", "change"].includes(verb))
		return [`tc qdisc ${verb} is not supported`];
	const problems: string[] = [];
	let kind: string | undefined;
	let root = false;
	for (let i = 0; i < rest.length; i++) {
		const word = rest[i];
		if (word === "root") root = true;
		else if (word === "dev") i++;
		else if (word === undefined) return problems;
		else if (kind === undefined) {
			kind = word;
			if (kind !== "netem") return [`tc qdisc ${verb} … ${word} is not supported`];
		} else if (["delay", "latency", "rate", "limit"].includes(word)) {
			i++;
			// what follows a delay's time is its jitter, and a rate's its overhead
			const after = rest[i + 1];
			if (word !== "limit" && after !== undefined && /^[\d.-]/.test(after)) {
				problems.push(
					`tc netem ${word === "rate" ? "rate with an overhead" : "delay with a jitter"} is not supported`,
				);
				i++;
			}
		} else problems.push(`tc netem ${word} is not supported`);
	}
	if (!root && problems.length === 0)
		problems.push(`tc qdisc ${verb} elsewhere than at the root is not supported`);
	return problems;
}
