/** `ip address show` and `flush`: which addresses are meant, and the text. */
import type { NetDevice } from "@hookline/engine/device/netdev";
import { type Address, prefixMask } from "@hookline/engine/ip/address";
import {
	IFA_F_DADFAILED,
	IFA_F_DEPRECATED,
	IFA_F_HOMEADDRESS,
	IFA_F_PERMANENT,
	IFA_F_TENTATIVE,
} from "@hookline/engine/ip6/inet6-device";
import { formatAddress, isIpv6 } from "../address-text.ts";
import type { CommandContext } from "../context.ts";
import { type AddressText, address6Text, addresses6 } from "../ip6/address-show.ts";
import { type Prefix6Value, prefix6Value } from "../ip6/values.ts";
import { operState } from "../state/links.ts";
import { addressLine, headLine, headLine6, type Layout, peerNetns, peerSuffix } from "./link-show.ts";
import { parseScope, scopeName } from "./names.ts";
import { deviceValue, type Family, namedValue, type PrefixValue, prefixValue } from "./values.ts";
import { fail, garbage, UNKNOWN, unsupported, type Words } from "./words.ts";

export interface AddressFilter {
	dev?: string;
	up?: boolean;
	master?: string;
	type?: string;
	scope?: number;
	/** A pattern with `*` and `?`. */
	label?: string;
	to?: PrefixValue;
	to6?: Prefix6Value;
	secondary?: boolean;
	/** IPv6 flags that must be set, and that must not (IFA_F_*). */
	set?: number;
	clear?: number;
}
/** Words that choose by a flag of IPv6 addresses; IPv4 addresses have none of them. */
const SIX_FLAGS: ReadonlyMap<string, number> = new Map([
	["deprecated", IFA_F_DEPRECATED],
	["tentative", IFA_F_TENTATIVE],
	["dadfailed", IFA_F_DADFAILED],
	["home", IFA_F_HOMEADDRESS],
]);
export function parseAddressFilter(words: Words, family: Family): AddressFilter {
	const r: AddressFilter = {};
	while (!words.done) {
		const key = words.keyword(r.dev === undefined);
		if (key === "to") {
			const word = words.value();
			if (family === 6 || isIpv6(word)) r.to6 = prefix6Value(word);
			else r.to = prefixValue(word, family);
		} else if (key === "scope") {
			const word = words.value();
			if (word !== "all") r.scope = namedValue(word, parseScope, 'invalid "scope"', 0);
		} else if (key === "up") r.up = true;
		else if (key === "label") r.label = words.value();
		else if (key === "secondary" || key === "temporary") r.secondary = true;
		else if (key === "primary") r.secondary = false;
		else if (key === "master") r.master = words.value();
		else if (key === "type") r.type = words.value();
		else if (key === "permanent") r.set = (r.set ?? 0) | IFA_F_PERMANENT;
		else if (key === "dynamic") r.clear = (r.clear ?? 0) | IFA_F_PERMANENT;
		else if (SIX_FLAGS.has(key)) r.set = (r.set ?? 0) | (SIX_FLAGS.get(key) as number);
		else if (["group", "vrf", "nomaster", "proto"].includes(key)) unsupported(`ip address show ${key}`);
		else {
			const word = key === "dev" ? words.value() : key;
			if (r.dev !== undefined) garbage("dev", word);
			r.dev = word;
		}
	}
	return r;
}
function selectDevices(ctx: CommandContext, r: AddressFilter): NetDevice[] {
	if (r.dev !== undefined && r.dev !== UNKNOWN && ctx.ns.device(r.dev) === undefined)
		fail(1, `Device "${r.dev}" does not exist.`);
	const master = r.master === undefined ? undefined : deviceValue(ctx.ns, r.master);
	return ctx.ns.devices.filter(
		(dev) =>
			(r.dev === undefined || dev.name === r.dev) &&
			(!r.up || dev.up) &&
			(master === undefined || dev.master === master) &&
			(r.type === undefined || r.type === dev.kind),
	);
}
function selectAddresses(ctx: CommandContext, dev: NetDevice, r: AddressFilter): Address[] {
	const pattern = r.label === undefined ? undefined : globPattern(r.label);
	return (ctx.ns.inDevices[dev.id]?.addresses ?? []).filter(
		(a) =>
			(r.scope === undefined || a.scope === r.scope) &&
			(r.secondary === undefined || a.secondary === r.secondary) &&
			((r.set ?? 0) & ~IFA_F_PERMANENT) === 0 &&
			((r.clear ?? 0) & IFA_F_PERMANENT) === 0 &&
			r.to6 === undefined &&
			(pattern === undefined || pattern.test(a.label)) &&
			(r.to === undefined || (a.prefixLen >= 0 && ((a.local ^ r.to.addr) & prefixMask(r.to.length)) === 0)),
	);
}
/** The addresses of a device that are wanted, as text; IPv4 first. */
function texts(ctx: CommandContext, dev: NetDevice, r: AddressFilter, family: Family): AddressText[] {
	const four = family === 6 ? [] : selectAddresses(ctx, dev, r).map(addressLines);
	// labels, secondaries and IPv4 prefixes are not for IPv6
	if (family === 4 || r.to !== undefined || r.label !== undefined || r.secondary === true) return four;
	const { scope, to6, set, clear } = r;
	const filter = {
		...(scope !== undefined ? { scope } : {}),
		...(to6 !== undefined ? { to: to6 } : {}),
		...(set !== undefined ? { set } : {}),
		...(clear !== undefined ? { clear } : {}),
	};
	return [...four, ...addresses6(ctx, dev, filter).map((a) => address6Text(ctx, a))];
}
/** Does the filter choose among addresses? */
function isChosen(r: AddressFilter): boolean {
	return (
		r.to !== undefined ||
		r.to6 !== undefined ||
		r.label !== undefined ||
		r.scope !== undefined ||
		r.secondary !== undefined ||
		r.set !== undefined ||
		r.clear !== undefined
	);
}
function globPattern(text: string): RegExp {
	const escaped = text.replace(/[.+^${}()|[\]\\]/g, "\\$&");
	return new RegExp(`^${escaped.replaceAll("*", ".*").replaceAll("?", ".")}$`);
}
export function showAddresses(ctx: CommandContext, r: AddressFilter, family: Family, layout: Layout): string {
	let out = "";
	for (const dev of selectDevices(ctx, r)) {
		const addresses = texts(ctx, dev, r, family);
		// a device without any address stays when only addresses were chosen among
		const every = texts(ctx, dev, {}, 0);
		const needed = family !== 0 || r.to !== undefined || r.label !== undefined || every.length > 0;
		const chosen = needed && (family !== 0 || isChosen(r));
		if (chosen && addresses.length === 0) continue;
		if (layout.brief) {
			out += `${(dev.name + peerSuffix(ctx, dev)).padEnd(16)} ${operState(dev).padEnd(14)} `;
			out += `${addresses.map((a) => `${a.brief} `).join("")}\n`;
			continue;
		}
		if (layout.oneline) {
			for (const a of addresses) out += `${dev.ifindex}: ${dev.name}${a.lines.replace("\n", "\\")}\n`;
			continue;
		}
		if (r.label === undefined) {
			const six = family === 6 && r.dev === undefined;
			out += six ? headLine6(ctx, dev) : headLine(ctx, dev, false);
			if (six) out += "\n";
			else if (family !== 0 || r.to !== undefined || r.to6 !== undefined) out += `${peerNetns(ctx, dev)}\n`;
			else out += `\n${addressLine(ctx, dev)}\n`;
		}
		for (const a of addresses) out += `${a.lines}\n`;
	}
	return out;
}
function addressText(a: Address): string {
	const peer = a.peer === a.local ? "" : ` peer ${formatAddress(a.peer)}`;
	return `${formatAddress(a.local)}${peer}/${a.prefixLen}`;
}
function addressLines(a: Address): AddressText {
	let s = `    inet ${addressText(a)} `;
	if (a.metric !== 0) s += `metric ${a.metric} `;
	if (a.broadcast !== 0) s += `brd ${formatAddress(a.broadcast)} `;
	s += `scope ${scopeName(a.scope)} `;
	if (a.secondary) s += "secondary ";
	if (a.noPrefixRoute) s += "noprefixroute ";
	return { brief: addressText(a), lines: `${s}${a.label}\n       valid_lft forever preferred_lft forever` };
}
/** `ip address flush`: secondaries that go with their primary are gone by then. */
export function flushAddresses(ctx: CommandContext, r: AddressFilter, family: Family): void {
	const { ns } = ctx;
	for (const dev of selectDevices(ctx, r)) {
		for (const a of family === 6 ? [] : selectAddresses(ctx, dev, r))
			if (ns.inDevices[dev.id]?.addresses.includes(a)) ns.inet.removeAddress(dev, a);
		if (family === 4 || r.to !== undefined || r.label !== undefined || r.secondary === true) continue;
		const { scope, to6 } = r;
		const filter = { ...(scope !== undefined ? { scope } : {}), ...(to6 !== undefined ? { to: to6 } : {}) };
		for (const a of addresses6(ctx, dev, filter)) ns.ip6.addr.remove(dev, a);
	}
}
