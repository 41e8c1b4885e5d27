/** IPv4 addresses of a device and what is asked of them (net/ipv4/devinet.c). Addresses are signed 32-bit integers, host order. */
import type { NetDevice } from "../device/netdev.ts";
import type { DevConf, NeighConf } from "./sysctl.ts";

export const RT_SCOPE_UNIVERSE = 0;
export const RT_SCOPE_SITE = 200;
export const RT_SCOPE_LINK = 253;
export const RT_SCOPE_HOST = 254;
export const RT_SCOPE_NOWHERE = 255;

export interface Address {
	readonly local: number;
	/** The other end of a point-to-point link, else `local`. */
	readonly peer: number;
	readonly prefixLen: number;
	/** 0 = none */
	readonly broadcast: number;
	readonly scope: number;
	readonly label: string;
	secondary: boolean;
	readonly noPrefixRoute: boolean;
	/** Metric of the connected route. */
	readonly metric: number;
}

/** The IPv4 side of a device (struct in_device). */
export interface InDevice {
	readonly dev: NetDevice;
	readonly conf: DevConf;
	/** What counts for all devices of the namespace. */
	readonly all: DevConf;
	readonly neigh: NeighConf;
	addresses: Address[];
	/** `dev.macChanges` when its neighbours were last forgotten for it. */
	macChanges: number;
	/** Joined groups. */
	groups: Set<number>;
}

export function prefixMask(length: number): number {
	return length === 0 ? 0 : (-1 << (32 - length)) | 0;
}
/** Is `addr` in the subnet of `a` (inet_ifa_match)? */
export function inSubnet(addr: number, a: Address): boolean {
	return ((addr ^ a.peer) & prefixMask(a.prefixLen)) === 0;
}

/**
 * inet_select_addr: the source address for `dst` (0 = any) out of a device. Falls back to the other devices of the namespace.
 * 0 when there is none.
 */
export function selectAddress(
	inDev: InDevice | undefined,
	all: Iterable<InDevice>,
	dst: number,
	scope: number,
): number {
	let found = 0;
	if (inDev !== undefined) {
		const localnet = localnetScope(inDev);
		for (const a of inDev.addresses) {
			if (a.secondary || Math.min(a.scope, localnet) > scope) continue;
			if (dst === 0 || inSubnet(dst, a)) {
				found = a.local;
				break;
			}
			if (found === 0) found = a.local;
		}
	}
	if (found !== 0) return found;
	for (const other of all) {
		for (const a of other.addresses) {
			if (!a.secondary && a.scope !== RT_SCOPE_LINK && a.scope <= scope) return a.local;
		}
	}
	return 0;
}

/** Addresses of 127/8 may be seen on the wire of a device with route_localnet. */
function localnetScope(inDev: InDevice): number {
	return inDev.conf.route_localnet !== 0 || inDev.all.route_localnet !== 0 ? RT_SCOPE_LINK : RT_SCOPE_HOST;
}
/**
 * confirm_addr_indev: is `local` (0 = any) an address of the device, of at most that scope, and in a subnet with `dst` (0 = any)?
 * The address, or 0.
 */
export function confirmAddress(inDev: InDevice, dst: number, local: number, scope: number): number {
	const localnet = localnetScope(inDev);
	let addr = 0;
	let same = false;
	for (const a of inDev.addresses) {
		const narrow = Math.min(a.scope, localnet);
		if (addr === 0 && (local === 0 || local === a.local) && narrow <= scope) {
			addr = a.local;
			if (same) break;
		}
		if (same) continue;
		same = (local === 0 || inSubnet(local, a)) && (dst === 0 || inSubnet(dst, a));
		if (!same || addr === 0) continue;
		if (local !== 0 || dst === 0 || inSubnet(addr, a)) break;
		if (narrow <= scope) {
			addr = a.local;
			break;
		}
		same = false;
	}
	return same ? addr : 0;
}
/** inet_addr_onlink: are `a` and `b` (0 = any) both in one of the device's subnets? */
export function onLink(inDev: InDevice, a: number, b: number): boolean {
	return inDev.addresses.some((x) => inSubnet(a, x) && (b === 0 || inSubnet(b, x)));
}

/** The set of a namespace's own addresses, for one look per packet (inet_lookup_ifaddr_rcu). Open addressing on Int32. */
export class AddressSet {
	private table: Int32Array = new Int32Array(16);
	private mask = 15;

	rebuild(addresses: readonly number[]): void {
		let size = 16;
		while (size < addresses.length * 4) size *= 2;
		this.table = new Int32Array(size);
		this.mask = size - 1;
		for (const a of addresses) {
			let i = spread(a) & this.mask;
			while (this.table[i] !== 0 && this.table[i] !== a) i = (i + 1) & this.mask;
			this.table[i] = a;
		}
	}
	has(a: number): boolean {
		const { table, mask } = this;
		let i = spread(a) & mask;
		while (table[i] !== 0) {
			if (table[i] === a) return true;
			i = (i + 1) & mask;
		}
		return false;
	}
}

function spread(a: number): number {
	const h = Math.imul(a, 0x9e3779b1);
	return h ^ (h >>> 15);
}
