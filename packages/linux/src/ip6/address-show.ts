/** IPv6 addresses as `ip address show` prints them. */
import type { NetDevice } from "@hookline/engine/device/netdev";
import {
	type Address6,
	IFA_F_DADFAILED,
	IFA_F_DEPRECATED,
	IFA_F_HOMEADDRESS,
	IFA_F_NODAD,
	IFA_F_NOPREFIXROUTE,
	IFA_F_OPTIMISTIC,
	IFA_F_PERMANENT,
	IFA_F_TENTATIVE,
	INFINITY_LIFE_TIME,
} from "@hookline/engine/ip6/inet6-device";
import { formatAddress6, samePrefix6 } from "../address6-text.ts";
import type { CommandContext } from "../context.ts";
import { scopeName } from "../ip/names.ts";
import type { Prefix6Value } from "./values.ts";

export interface Address6Filter {
	readonly scope?: number;
	readonly to?: Prefix6Value;
	/** Flags that must be set, and those that must not (IFA_F_*). */
	readonly set?: number;
	readonly clear?: number;
}
/** An address as text: alone, and in full in two lines without the last newline. */
export interface AddressText {
	readonly brief: string;
	readonly lines: string;
}
export function addresses6(ctx: CommandContext, dev: NetDevice, filter: Address6Filter): Address6[] {
	const { ip6 } = ctx.ns;
	const { scope, to, set = 0, clear = 0 } = filter;
	return (ip6.devices[dev.id]?.addresses ?? []).filter(
		(a) =>
			(scope === undefined || a.scope === scope) &&
			(a.flags & set) === set &&
			(a.flags & clear) === 0 &&
			(to === undefined || (a.prefixLen >= 0 && samePrefix6(ip6.in6.get(a.addr), to.addr, to.length))),
	);
}
const FLAGS: readonly (readonly [number, string])[] = [
	[IFA_F_DEPRECATED, "deprecated"],
	[IFA_F_TENTATIVE, "tentative"],
	[IFA_F_DADFAILED, "dadfailed"],
	[IFA_F_NODAD, "nodad"],
	[IFA_F_OPTIMISTIC, "optimistic"],
	[IFA_F_HOMEADDRESS, "home"],
	[IFA_F_NOPREFIXROUTE, "noprefixroute"],
];

export function address6Text(ctx: CommandContext, a: Address6): AddressText {
	const { in6, ns } = ctx.ns.ip6;
	const peer = a.peer === 0 ? "" : ` peer ${formatAddress6(in6.get(a.peer))}`;
	const brief = `${formatAddress6(in6.get(a.addr))}${peer}/${a.prefixLen}`;
	let s = `    inet6 ${brief} `;
	if (a.metric !== 0) s += `metric ${a.metric} `;
	s += `scope ${scopeName(a.scope)} `;
	for (const [bit, name] of FLAGS) if ((a.flags & bit) !== 0) s += `${name} `;
	if ((a.flags & IFA_F_PERMANENT) === 0) s += "dynamic ";
	const left = (life: number): string =>
		life === INFINITY_LIFE_TIME
			? "forever"
			: `${Math.max(0, life - Math.floor((ns.core.clock[0]! - a.stamp) / 1e9))}sec`;
	return { brief, lines: `${s}\n       valid_lft ${left(a.validLft)} preferred_lft ${left(a.preferredLft)}` };
}
