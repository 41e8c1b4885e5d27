/** IPv6 in tests: addresses as text, and a machine whose namespaces have it. */
import type { NetDevice } from "../../src/device/netdev.ts";
import { Machine } from "../../src/ip/machine.ts";
import type { Netns } from "../../src/ip/netns.ts";
import type { In6 } from "../../src/ring/in6.ts";

/** Four words of an address such as `2001:db8::1`. */
export function in6(text: string): In6 {
	const [left = "", right] = text.split("::");
	const head = left === "" ? [] : left.split(":");
	const tail = right === undefined || right === "" ? [] : right.split(":");
	const gap = right === undefined ? 0 : 8 - head.length - tail.length;
	const groups = [...head, ...new Array<string>(gap).fill("0"), ...tail].map((g) => Number.parseInt(g, 16));
	if (groups.length !== 8) throw new Error(`"${text}" is not an IPv6 address`);
	return [
		(groups[0] << 16) | groups[1],
		(groups[2] << 16) | groups[3],
		(groups[4] << 16) | groups[5],
		(groups[6] << 16) | groups[7],
	];
}
export function machine6(): Machine {
	return new Machine({ small: 256, big: 4, debug: true, ipv6: true });
}
export function handle(ns: Netns, text: string): number {
	return ns.ip6.handle(in6(text));
}
/** `ip -6 addr add TEXT dev DEV`; throws when it is refused. */
export function address6(ns: Netns, dev: NetDevice, text: string, preferredLft?: number): void {
	const [addr, length] = text.split("/");
	const error = ns.ip6.addr.add(dev, {
		addr: handle(ns, addr),
		prefixLen: Number(length),
		...(preferredLft === undefined ? {} : { preferredLft }),
	});
	if (error !== 0) throw new Error(`address ${text}: errno ${error}`);
}
