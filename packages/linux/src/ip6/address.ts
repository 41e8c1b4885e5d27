/** `ip -6 address`: words to changes of a device's addresses (ipaddr_modify, and net/ipv6/addrconf.c for what is refused). */
import { EACCES, EADDRNOTAVAIL, EEXIST, EINVAL } from "@hookline/engine/ip/errno";
import type { Address6Spec } from "@hookline/engine/ip6/addrconf";
import {
	type Address6,
	IFA_F_HOMEADDRESS,
	IFA_F_NODAD,
	IFA_F_NOPREFIXROUTE,
	INFINITY_LIFE_TIME,
} from "@hookline/engine/ip6/inet6-device";
import { isLoopback, isMulticast } from "@hookline/engine/ip6/kinds";
import { formatAddress6 } from "../address6-text.ts";
import type { CommandContext } from "../context.ts";
import type { AddressVerb } from "../ip/address.ts";
import { parseScope } from "../ip/names.ts";
import { deviceValue, namedValue, numberValue } from "../ip/values.ts";
import {
	abbreviates,
	answers,
	badArgument,
	fail,
	garbage,
	kernelError,
	UNKNOWN,
	unsupported,
	type Words,
} from "../ip/words.ts";
import { type Prefix6Value, prefix6Value } from "./values.ts";

export interface Address6Request {
	local?: Prefix6Value;
	peer?: Prefix6Value;
	dev?: string;
	/** IFA_F_* */
	flags: number;
	metric?: number;
	/** Seconds. */
	valid?: number;
	preferred?: number;
}

export function parseAddress6Change(words: Words): Address6Request {
	const r: Address6Request = { flags: 0 };
	while (!words.done) {
		const key = words.keyword(r.local === undefined);
		if (key === "peer" || key === "remote") {
			const word = words.value();
			if (r.peer !== undefined) fail(255, `Error: duplicate "peer": "${word}" is the second value.`);
			r.peer = prefix6Value(word);
		} else if (abbreviates(key, "broadcast") || key === "brd") {
			words.value();
			fail(1, "Broadcast can be set only for IPv4 addresses");
		} else if (key === "scope") namedValue(words.value(), parseScope, "invalid scope value.", 0, false);
		else if (key === "dev") r.dev = words.value();
		else if (key === "label") words.value();
		else if (key === "metric" || key === "priority" || key === "preference")
			r.metric = numberValue(words.value(), '"metric" value is invalid');
		else if (abbreviates(key, "valid_lft")) r.valid = lifetime(words.value(), "valid_lft");
		else if (abbreviates(key, "preferred_lft")) r.preferred = lifetime(words.value(), "preferred_lft");
		else if (key === "noprefixroute") r.flags |= IFA_F_NOPREFIXROUTE;
		else if (key === "nodad") r.flags |= IFA_F_NODAD;
		else if (key === "home") r.flags |= IFA_F_HOMEADDRESS;
		else if (["anycast", "mngtmpaddr", "optimistic", "autojoin", "proto"].includes(key))
			unsupported(`ip address option ${key}`);
		else {
			const word = key === "local" ? words.value() : key;
			if (r.local !== undefined) garbage("local", word);
			r.local = prefix6Value(word);
		}
	}
	return r;
}
function lifetime(word: string, name: string): number {
	if (word === "forever" || word === UNKNOWN) return INFINITY_LIFE_TIME;
	const seconds = /^\d+$/.test(word) ? Number(word) : Number.NaN;
	return seconds <= 0xffffffff ? seconds : badArgument(`${name} value`, word);
}

export function changeAddress6(ctx: CommandContext, verb: AddressVerb, r: Address6Request): void {
	const { ip6 } = ctx.ns;
	const { local } = r;
	if (r.dev === undefined) fail(1, 'Not enough information: "dev" argument is required.');
	if (r.valid !== undefined && r.preferred !== undefined && r.preferred > r.valid)
		fail(255, "preferred_lft is greater than valid_lft");
	const dev = deviceValue(ctx.ns, r.dev as string);
	if (local === undefined) throw answers("Invalid argument");
	// with a peer, the length is the peer's
	const addr = ip6.handle(local.addr);
	const { length } = r.peer ?? local;
	const found = ip6.devices[dev.id]?.addresses.find((a) => a.addr === addr);
	if (verb === "del") {
		if (found === undefined || found.prefixLen !== length) throw kernelError("ipv6: address not found");
		ip6.addr.remove(dev, found);
		return;
	}
	const preferred = r.preferred ?? (r.valid === undefined ? INFINITY_LIFE_TIME : undefined);
	const spec: Address6Spec = {
		addr,
		prefixLen: length,
		peer: r.peer === undefined ? 0 : ip6.handle(r.peer.addr),
		flags: r.flags,
		metric: r.metric ?? 0,
		validLft: r.valid ?? INFINITY_LIFE_TIME,
		preferredLft: preferred ?? INFINITY_LIFE_TIME,
	};
	if (spec.validLft === 0 || (spec.preferredLft as number) > (spec.validLft as number))
		kernelError("ipv6: address lifetime invalid");
	const error =
		found !== undefined && verb !== "add"
			? ip6.addr.modify(dev, found as Address6, spec)
			: ip6.addr.add(dev, spec);
	if (error !== 0) refuse(error, local);
}
function refuse(error: number, local: Prefix6Value): never {
	if (error === EEXIST) return kernelError("ipv6: address already assigned");
	if (error === EADDRNOTAVAIL) {
		if (isMulticast(local.addr))
			return kernelError('ipv6: Cannot assign multicast address without "IFA_F_MCAUTOJOIN" flag');
		if (isLoopback(local.addr)) return kernelError("ipv6: Cannot assign loopback address on this device");
		return kernelError("ipv6: Invalid address");
	}
	if (error === EACCES) return kernelError("ipv6: IPv6 is disabled on this device");
	// no IPv6 on so small an MTU
	if (error === EINVAL) return answers("Invalid argument");
	return unsupported(`ip address add ${formatAddress6(local.addr)}: error ${error}`);
}
