/** `ip address show` and `flush`: which addresses are meant, and the text. */
import type { NetDevice } from "@hookline/engine/device/netdev";
import { type Address, prefixMask } from "@hookline/engine/ip/address";
import { formatAddress } from "../address-text.ts";
import type { CommandContext } from "../context.ts";
import { addressLine, headLine, type Layout, operState, peerNetns, peerSuffix } from "./link-show.ts";
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
	secondary?: boolean;
}
export function parseAddressFilter(words: Words, family: Family): AddressFilter {
	const r: AddressFilter = {};
	while (!words.done) {
		const key = words.keyword(r.dev === undefined);
		if (key === "to") r.to = prefixValue(words.value(), family);
		else if (key === "scope") {
			const word = words.value();
			if (word !== "all") r.scope = namedValue(word, parseScope, 'invalid "scope"', 0);
		} else if (key === "up") r.up = true;
		else if (key === "label") r.label = words.value();
		else if (key === "secondary" || key === "temporary") r.secondary = true;
		else if (key === "primary") r.secondary = false;
		else if (key === "master") r.master = words.value();
		else if (key === "type") r.type = words.value();
		else if (key === "permanent") continue;
		else if (
			[
				"dynamic",
				"deprecated",
				"tentative",
				"dadfailed",
				"home",
				"group",
				"vrf",
				"nomaster",
				"proto",
			].includes(key)
		)
			unsupported(`ip address show ${key}`);
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
			(pattern === undefined || pattern.test(a.label)) &&
			(r.to === undefined || (a.prefixLen >= 0 && ((a.local ^ r.to.addr) & prefixMask(r.to.length)) === 0)),
	);
}
/** Does the filter choose among addresses? */
function isChosen(r: AddressFilter): boolean {
	return r.to !== undefined || r.label !== undefined || r.scope !== undefined || r.secondary !== undefined;
}
function globPattern(text: string): RegExp {
	const escaped = text.replace(/[.+^${}()|[\]\\]/g, "\\$&");
	return new RegExp(`^${escaped.replaceAll("*", ".*").replaceAll("?", ".")}$`);
}
export function showAddresses(ctx: CommandContext, r: AddressFilter, family: Family, layout: Layout): string {
	if (family === 6) return "";
	let out = "";
	for (const dev of selectDevices(ctx, r)) {
		const addresses = selectAddresses(ctx, dev, r);
		// a device without any address stays when only addresses were chosen among
		const every = ctx.ns.inDevices[dev.id]?.addresses ?? [];
		const needed = family === 4 || r.to !== undefined || r.label !== undefined || every.length > 0;
		const chosen = needed && (family === 4 || isChosen(r));
		if (chosen && addresses.length === 0) continue;
		if (layout.brief) {
			out += `${(dev.name + peerSuffix(ctx, dev)).padEnd(16)} ${operState(dev).padEnd(14)} `;
			out += `${addresses.map((a) => `${addressText(a)} `).join("")}\n`;
			continue;
		}
		if (layout.oneline) {
			for (const a of addresses) out += `${dev.ifindex}: ${dev.name}${addressLines(a).replace("\n", "\\")}\n`;
			continue;
		}
		if (r.label === undefined) {
			out += headLine(ctx, dev, false);
			if (family === 4 || r.to !== undefined) out += `${peerNetns(ctx, dev)}\n`;
			else out += `\n${addressLine(ctx, dev)}\n`;
		}
		for (const a of addresses) out += `${addressLines(a)}\n`;
	}
	return out;
}
function addressText(a: Address): string {
	const peer = a.peer === a.local ? "" : ` peer ${formatAddress(a.peer)}`;
	return `${formatAddress(a.local)}${peer}/${a.prefixLen}`;
}
/** Two lines, without the last newline. */
function addressLines(a: Address): string {
	let s = `    inet ${addressText(a)} `;
	if (a.metric !== 0) s += `metric ${a.metric} `;
	if (a.broadcast !== 0) s += `brd ${formatAddress(a.broadcast)} `;
	s += `scope ${scopeName(a.scope)} `;
	if (a.secondary) s += "secondary ";
	if (a.noPrefixRoute) s += "noprefixroute ";
	return `${s}${a.label}\n       valid_lft forever preferred_lft forever`;
}
/** `ip address flush`: secondaries that go with their primary are gone by then. */
export function flushAddresses(ctx: CommandContext, r: AddressFilter): void {
	for (const dev of selectDevices(ctx, r)) {
		for (const a of selectAddresses(ctx, dev, r)) {
			if (ctx.ns.inDevices[dev.id]?.addresses.includes(a)) ctx.ns.inet.removeAddress(dev, a);
		}
	}
}
