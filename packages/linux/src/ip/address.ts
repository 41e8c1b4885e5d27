/** `ip address`: words to changes of a device's addresses (ipaddr_modify, and net/ipv4/devinet.c for what is refused). */
import type { NetDevice } from "@hookline/engine/device/netdev";
import { type Address, inSubnet } from "@hookline/engine/ip/address";
import { EEXIST } from "@hookline/engine/ip/errno";
import { formatAddress } from "../address-text.ts";
import type { CommandContext } from "../context.ts";
import { parseScope } from "./names.ts";
import {
	addressValue,
	deviceValue,
	type Family,
	namedValue,
	numberValue,
	type PrefixValue,
	prefixValue,
} from "./values.ts";
import {
	abbreviates,
	answers,
	fail,
	garbage,
	kernelError,
	UNKNOWN,
	unsupported,
	type Words,
} from "./words.ts";

export type AddressVerb = "add" | "change" | "replace" | "del";

export interface AddressRequest {
	local?: PrefixValue;
	peer?: PrefixValue;
	broadcast?: number | "+" | "-";
	scope?: number;
	label?: string;
	dev?: string;
	noPrefixRoute?: boolean;
	metric?: number;
}

export function parseAddressChange(words: Words, family: Family): AddressRequest {
	const r: AddressRequest = {};
	while (!words.done) {
		const key = words.keyword(r.local === undefined);
		if (key === "peer" || key === "remote") {
			const word = words.value();
			if (r.peer !== undefined) fail(255, `Error: duplicate "peer": "${word}" is the second value.`);
			r.peer = prefixValue(word, r.local === undefined ? family : 4);
		} else if (abbreviates(key, "broadcast") || key === "brd") {
			const word = words.value();
			r.broadcast =
				word === "+" || word === "-" ? word : addressValue(word, r.local === undefined ? family : 4);
		} else if (key === "anycast") unsupported("ip address option anycast");
		else if (key === "scope") {
			r.scope = namedValue(words.value(), parseScope, "invalid scope value.", 0, false);
		} else if (key === "dev") r.dev = words.value();
		else if (key === "label") r.label = words.value();
		else if (key === "metric" || key === "priority" || key === "preference")
			r.metric = numberValue(words.value(), '"metric" value is invalid');
		else if (abbreviates(key, "valid_lft") || abbreviates(key, "preferred_lft")) {
			const word = words.value();
			if (word !== "forever" && word !== UNKNOWN) unsupported(`${key} other than forever`);
		} else if (key === "noprefixroute") r.noPrefixRoute = true;
		else if (["home", "mngtmpaddr", "nodad", "optimistic", "autojoin", "proto"].includes(key))
			unsupported(`ip address option ${key}`);
		else {
			const word = key === "local" ? words.value() : key;
			if (r.local !== undefined) garbage("local", word);
			r.local = prefixValue(word, r.peer === undefined ? family : 4);
		}
	}
	return r;
}

/** Returns a note for the error output, "" when there is none. */
export function changeAddress(ctx: CommandContext, verb: AddressVerb, r: AddressRequest): string {
	if (r.dev === undefined) return fail(1, 'Not enough information: "dev" argument is required.');
	let note = "";
	const wildcard = verb === "del" && r.local !== undefined && r.peer === undefined && !r.local.given;
	if (wildcard) {
		const text = formatAddress((r.local as PrefixValue).addr);
		note =
			"Warning: Executing wildcard deletion to stay compatible with old scripts.\n" +
			`         Explicitly specify the prefix length (${text}/32) to avoid this warning.\n` +
			"         This special behaviour is likely to disappear in further releases,\n" +
			"         fix your scripts!\n";
	}
	const dev = deviceValue(ctx.ns, r.dev);
	if (r.local === undefined) return answers("Operation not supported");
	const peer = r.peer ?? r.local;
	const prefixLen = peer.length;
	const inDev = ctx.ns.inDevices[dev.id];
	const list = inDev?.addresses ?? [];
	if (verb === "del") {
		const { addr } = r.local;
		const found = list.find(
			(a) =>
				a.local === addr &&
				(r.label === undefined || a.label === r.label) &&
				(wildcard || (a.prefixLen === prefixLen && inSubnet(peer.addr, a))),
		);
		if (found === undefined) {
			ctx.io.err(note);
			kernelError("ipv4: Address not found");
		}
		ctx.ns.inet.removeAddress(dev, found as Address);
		return note;
	}
	const spec = newAddress(dev, r, peer);
	// an address of 0 is accepted and forgotten
	if (spec.local === 0) return "";
	const same = list.find(
		(a) => a.prefixLen === prefixLen && a.local === spec.local && inSubnet(spec.peer, a),
	);
	if (same !== undefined && verb !== "add") {
		if (r.metric !== undefined || r.noPrefixRoute)
			unsupported(`ip address ${verb} of an existing address's routes`);
		return "";
	}
	if (same !== undefined) kernelError("ipv4: Address already assigned");
	const primary = list.find((a) => !a.secondary && a.prefixLen === prefixLen && inSubnet(spec.peer, a));
	if (primary !== undefined && primary.scope !== spec.scope) kernelError("ipv4: Invalid scope value");
	const error = ctx.ns.inet.addAddress(dev, spec);
	if (error === EEXIST) kernelError("ipv4: Address already assigned");
	if (error !== 0) answers("No such device");
	return "";
}
function newAddress(dev: NetDevice, r: AddressRequest, peer: PrefixValue): Omit<Address, "secondary"> {
	const local = (r.local as PrefixValue).addr;
	let broadcast = 0;
	if (typeof r.broadcast === "number") broadcast = r.broadcast;
	else if (r.broadcast !== undefined && peer.length <= 30) {
		const host = (0xffffffff >>> peer.length) | 0;
		broadcast = r.broadcast === "+" ? peer.addr | host : peer.addr & ~host;
	}
	return {
		local,
		peer: peer.addr,
		prefixLen: peer.length,
		broadcast,
		scope: r.scope ?? (local >>> 24 === 127 ? 254 : 0),
		label: r.label?.slice(0, 15) ?? dev.name,
		noPrefixRoute: r.noPrefixRoute ?? false,
		metric: r.metric ?? 0,
	};
}
