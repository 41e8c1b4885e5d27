/** The words of `bridge fdb …`. */
import { Bridge } from "@hookline/engine/device/bridge";
import type { NetDevice } from "@hookline/engine/device/netdev";
import { formatAddress, parseAddress } from "../address-text.ts";
import type { CommandContext } from "../context.ts";
import { formatMac, type Mac, parseMac } from "../mac-text.ts";
import { NotSupported } from "../not-supported.ts";
import type { BridgeOptions } from "./command.ts";
import { changeFdb, type FdbVerb, flushFdb } from "./fdb-change.ts";
import {
	type FdbEntry,
	fdbEntries,
	fdbFlagNames,
	fdbLine,
	fdbStateName,
	NTF_EXT_LEARNED,
	NTF_ROUTER,
	NTF_STICKY,
	NUD_NOARP,
	NUD_PERMANENT,
	NUD_REACHABLE,
} from "./fdb-list.ts";
import { jsonText } from "./json.ts";
import { abbreviates, BridgeError, BridgeWords, kernelError, noDevice } from "./words.ts";

/** Runs `bridge fdb WORDS…`. Throws `BridgeError` and `NotSupported`. */
export function runFdb(words: readonly string[], ctx: CommandContext, options: BridgeOptions): void {
	const [verb = "show", ...rest] = words;
	for (const name of ["add", "append", "replace", "delete", "flush", "get"] as const) {
		if (!abbreviates(verb, name)) continue;
		if (name === "flush") flush(rest, ctx);
		else if (name === "get") get(rest, ctx, options);
		else change(name === "delete" ? "del" : name, rest, ctx);
		return;
	}
	if (["show", "lst", "list"].some((name) => abbreviates(verb, name))) show(rest, ctx, options);
	else if (verb === "help") throw new NotSupported("the help text of bridge is not supported");
	else throw new BridgeError(`Command "${verb}" is unknown, try "bridge fdb help".`);
}

function change(verb: FdbVerb, rest: readonly string[], ctx: CommandContext): void {
	const words = new BridgeWords(rest);
	let devName: string | undefined;
	let address: string | undefined;
	let self = false;
	let master = false;
	let state = NUD_NOARP;
	let flags = 0;
	let dst: number | undefined;
	let port = 0;
	let vni = -1;
	let via = -1;
	for (let word = words.next(); word !== undefined; word = words.next()) {
		if (word === "dev") devName = words.value();
		else if (word === "dst") {
			const text = words.value();
			if (text.includes(":")) throw new NotSupported("an IPv6 tunnel end point is not supported");
			dst = parseAddress(text);
			if (dst === undefined)
				throw new BridgeError(`Error: any valid address is expected rather than "${text}".`, 1);
		} else if (word === "port") {
			const text = words.value();
			if (!/^(0x[0-9a-f]+|\d+)$/i.test(text) || Number(text) > 0xffff)
				throw new BridgeError(`Error: argument "${text}" is wrong: invalid port\n`);
			port = Number(text);
		} else if (word === "vni") {
			const text = words.value();
			if (!/^(0x[0-9a-f]+|\d+)$/i.test(text) || Number(text) >= 1 << 24)
				throw new BridgeError(`Error: argument "${text}" is wrong: invalid VNI\n`);
			vni = Number(text);
		} else if (word === "via") {
			const name = words.value();
			const dev = ctx.ns.device(name);
			if (dev === undefined) throw noDevice(name);
			via = dev.id;
		} else if (word === "self") self = true;
		else if (word === "master") master = true;
		else if (abbreviates(word, "router")) flags |= NTF_ROUTER;
		else if (abbreviates(word, "local") || abbreviates(word, "permanent")) state |= NUD_PERMANENT;
		else if (abbreviates(word, "temp") || abbreviates(word, "static")) state |= NUD_REACHABLE;
		else if (abbreviates(word, "dynamic")) {
			state |= NUD_REACHABLE;
			state &= ~NUD_NOARP;
		} else if (FDB_UNSUPPORTED.includes(word))
			throw new NotSupported(`bridge fdb ${verb} … ${word} is not supported`);
		else if (abbreviates(word, "extern_learn")) flags |= NTF_EXT_LEARNED;
		else if (abbreviates(word, "sticky")) flags |= NTF_STICKY;
		else {
			if (word === "to") word = words.value();
			if (address !== undefined)
				throw new BridgeError(`Error: either "to" is duplicate, or "${word}" is a garbage.`);
			address = word;
		}
	}
	if (devName === undefined || address === undefined)
		throw new BridgeError("Device and address are required arguments.");
	if (!self && !master) self = true;
	if ((state & (NUD_PERMANENT | NUD_REACHABLE)) === 0) state |= NUD_PERMANENT;
	const mac = parseMac(address);
	if (mac === undefined) throw new BridgeError(`Invalid mac address ${address}`);
	const dev = device(ctx, devName);
	changeFdb(verb, { mac, dev, self, master, state, flags, dst, port, vni, via });
}

/** Words that the tool knows and this one does not. */
export const FDB_UNSUPPORTED: readonly string[] = [
	"use",
	"vlan",
	"nhid",
	"src_vni",
	"activity_notify",
	"inactive",
	"norefresh",
];

function flush(rest: readonly string[], ctx: CommandContext): void {
	const words = new BridgeWords(rest);
	let devName: string | undefined;
	let master = false;
	let self = false;
	for (let word = words.next(); word !== undefined; word = words.next()) {
		if (word === "dev") devName = words.value();
		else if (word === "master") master = true;
		else if (word === "self") self = true;
		else throw new NotSupported(`bridge fdb flush … ${word} is not supported`);
	}
	if (devName === undefined) throw new BridgeError("Device is a required argument.");
	flushFdb(device(ctx, devName), master, self || !master);
}

function device(ctx: CommandContext, name: string): NetDevice {
	const dev = ctx.ns.device(name);
	if (dev === undefined) throw noDevice(name);
	dev.linkWatch.sync();
	return dev;
}

function show(rest: readonly string[], ctx: CommandContext, options: BridgeOptions): void {
	const words = new BridgeWords(rest);
	let dev: string | undefined;
	let br: string | undefined;
	let wanted: number | undefined;
	let dynamic = false;
	for (let word = words.next(); word !== undefined; word = words.next()) {
		if (word === "brport" || word === "dev") dev = words.value();
		else if (word === "br") br = words.value();
		else if (word === "state") {
			const name = words.value();
			wanted = stateNumber(name);
			if (wanted === undefined) throw new BridgeError("invalid state");
		} else if (word === "dynamic") dynamic = true;
		else if (word === "vlan") throw new NotSupported("bridge fdb show vlan is not supported");
		else if (abbreviates(word, "help")) throw new NotSupported("the help text of bridge is not supported");
	}
	if (br !== undefined && ctx.ns.device(br) === undefined)
		throw new BridgeError(`Cannot find bridge device "${br}"`);
	if (dev !== undefined) device(ctx, dev);
	const entries = fdbEntries(ctx.ns).filter((e) => {
		if (dev !== undefined && e.dev.name !== dev) return false;
		if (br !== undefined && e.dev.name !== br && e.dev.master?.name !== br) return false;
		if (wanted !== undefined && (e.state & wanted) === 0) return false;
		return !dynamic || fdbStateName(e.state) === "";
	});
	print(entries, ctx, options, dev !== undefined);
}

function stateNumber(name: string): number | undefined {
	if (abbreviates(name, "permanent")) return NUD_PERMANENT;
	if (abbreviates(name, "static") || abbreviates(name, "temp")) return NUD_NOARP;
	if (abbreviates(name, "stale")) return 0x04;
	if (abbreviates(name, "reachable")) return NUD_REACHABLE;
	return name === "all" ? 0xff : undefined;
}

function get(rest: readonly string[], ctx: CommandContext, options: BridgeOptions): void {
	const words = new BridgeWords(rest);
	let dev: string | undefined;
	let br: string | undefined;
	let mac: Mac | undefined;
	for (let word = words.next(); word !== undefined; word = words.next()) {
		if (word === "brport" || word === "dev") dev = words.value();
		else if (word === "br") br = words.value();
		else if (word === "self" || word === "master") continue;
		else if (word === "vlan" || word === "vni" || word === "dynamic")
			throw new NotSupported(`bridge fdb get … ${word} is not supported`);
		else {
			const text = word === "to" ? words.value() : word;
			mac = parseMac(text);
			if (mac === undefined) throw new BridgeError(`Invalid mac address ${text}`);
		}
	}
	if (mac === undefined || (dev === undefined && br === undefined))
		throw new BridgeError("Device and address are required arguments.");
	if (br !== undefined && ctx.ns.device(br) === undefined)
		throw new BridgeError(`Cannot find bridge device "${br}"`);
	const own = dev === undefined ? undefined : device(ctx, dev);
	const bridge = br !== undefined ? ctx.ns.device(br) : (own?.master ?? own);
	const { hi, lo } = mac;
	const found = fdbEntries(ctx.ns).find(
		(e) =>
			e.hi === hi &&
			e.lo === lo &&
			(e.master === bridge || (!(bridge instanceof Bridge) && e.dev === bridge)),
	);
	if (found === undefined) throw kernelError("Fdb entry not found", 254);
	print([found], ctx, options, false);
}

function print(
	entries: readonly FdbEntry[],
	ctx: CommandContext,
	options: BridgeOptions,
	withoutDevice: boolean,
): void {
	if (options.json) {
		ctx.io.out(
			jsonText(
				entries.map((e) => entryObject(e, withoutDevice, options)),
				options.pretty,
			),
		);
		return;
	}
	const { statistics } = options;
	for (const e of entries) ctx.io.out(`${fdbLine(e, { withoutDevice, statistics })}\n`);
}

function entryObject(e: FdbEntry, withoutDevice: boolean, options: BridgeOptions): Record<string, unknown> {
	return {
		mac: formatMac(e.hi, e.lo),
		...(withoutDevice ? {} : { ifname: e.dev.name }),
		...(e.dst === undefined ? {} : { dst: formatAddress(e.dst) }),
		...(e.port === undefined ? {} : { port: e.port }),
		...(e.vni === undefined ? {} : { vni: e.vni }),
		...(e.via === undefined ? {} : { viaIf: e.via.name }),
		...(e.linkNetnsId === undefined ? {} : { linkNetNsId: e.linkNetnsId }),
		...(options.statistics && e.used !== undefined ? { used: e.used, updated: e.updated } : {}),
		flags: fdbFlagNames(e.flags),
		...(e.master === undefined ? {} : { master: e.master.name }),
		state: fdbStateName(e.state),
	};
}
