/** Forwarding entries of a namespace in the order in which the kernel dumps them, and their text (`bridge fdb show`). */
import { Bridge } from "@hookline/engine/device/bridge";
import { FDB_EXT_LEARNED, FDB_LOCAL, FDB_STATIC, FDB_STICKY } from "@hookline/engine/device/fdb";
import type { NetDevice } from "@hookline/engine/device/netdev";
import { Vxlan } from "@hookline/engine/device/vxlan";
import type { Netns } from "@hookline/engine/ip/netns";
import { formatAddress } from "../address-text.ts";
import { carrierOf, netnsId } from "../ip/link-state.ts";
import { formatMac } from "../mac-text.ts";

export const NTF_SELF = 0x02;
export const NTF_EXT_LEARNED = 0x10;
export const NTF_STICKY = 0x40;
export const NTF_ROUTER = 0x80;
export const NUD_REACHABLE = 0x02;
export const NUD_NOARP = 0x40;
export const NUD_PERMANENT = 0x80;

export interface FdbEntry {
	readonly hi: number;
	readonly lo: number;
	readonly dev: NetDevice;
	/** NTF_* */
	readonly flags: number;
	/** NUD_* */
	readonly state: number;
	readonly master?: NetDevice;
	/** IPv4 of a remote tunnel end point. */
	readonly dst?: number;
	readonly port?: number;
	readonly vni?: number;
	readonly via?: NetDevice;
	/** Id of the namespace in which the tunnel's packets stay, if it is another one. */
	readonly linkNetnsId?: number;
	/** Seconds since the entry was used and updated; undefined for addresses of devices. */
	readonly used?: number;
	readonly updated?: number;
}

/** All entries: a bridge's own, each port's, then the devices' own. */
export function fdbEntries(ns: Netns): FdbEntry[] {
	return ns.devices.flatMap((dev) => [
		...(dev.master instanceof Bridge ? bridgeEntries(dev.master, dev) : []),
		...selfEntries(ns, dev),
		...(dev instanceof Bridge ? bridgeEntries(dev, dev) : []),
	]);
}

/** The bridge's entries that point to `dev`, a port or the bridge itself; the newest first. */
function bridgeEntries(bridge: Bridge, dev: NetDevice): FdbEntry[] {
	const { fdb } = bridge;
	const now = bridge.core.clock[0]!;
	const number = dev === bridge ? 0 : (bridge.portOf(dev)?.number ?? -1);
	return newestFirst(bridge)
		.filter((row) => fdb.port[row] === number)
		.map((row) => {
			const f = fdb.flags[row]!;
			return {
				hi: fdb.hi[row]!,
				lo: fdb.lo[row]!,
				dev,
				flags:
					((f & FDB_STICKY) !== 0 ? NTF_STICKY : 0) | ((f & FDB_EXT_LEARNED) !== 0 ? NTF_EXT_LEARNED : 0),
				state: bridgeState(f),
				master: bridge,
				used: Math.floor((now - fdb.used[row]!) / 1e9),
				updated: Math.floor((now - fdb.updated[row]!) / 1e9),
			};
		});
}

/** Rows of the bridge's fdb, the last added first. */
function newestFirst(bridge: Bridge): number[] {
	const { fdb } = bridge;
	const born = "born" in fdb ? (fdb.born as ArrayLike<number>) : undefined;
	const age = (row: number): number => born?.[row] ?? fdb.updated[row]!;
	return fdb.rows().sort((a, b) => age(b) - age(a) || fdb.lo[b]! - fdb.lo[a]!);
}

/** fdb_to_nud; an entry whose ageing time has passed is gone already. */
export function bridgeState(flags: number): number {
	if ((flags & FDB_LOCAL) !== 0) return NUD_PERMANENT;
	return (flags & FDB_STATIC) !== 0 ? NUD_NOARP : NUD_REACHABLE;
}

function selfEntries(ns: Netns, dev: NetDevice): FdbEntry[] {
	if (dev.loopback) return [];
	if (dev instanceof Vxlan) return vxlanEntries(ns, dev);
	return [...dev.uc.entries, ...dev.mc.entries].map(({ hi, lo }) => ({
		hi,
		lo,
		dev,
		flags: NTF_SELF,
		state: NUD_PERMANENT,
	}));
}

function vxlanEntries(ns: Netns, dev: Vxlan): FdbEntry[] {
	const now = dev.core.clock[0]!;
	const carrier = carrierOf(dev);
	return dev.fdb
		.list()
		.reverse()
		.flatMap((e) =>
			e.remotes.map((r) => ({
				hi: e.hi,
				lo: e.lo,
				dev,
				flags: NTF_SELF | (e.flags & (NTF_ROUTER | NTF_EXT_LEARNED)),
				state: e.state,
				...(r.addr === 0 ? {} : { dst: r.addr }),
				...(r.port === 0 || r.port === dev.options.port ? {} : { port: r.port }),
				...(r.vni < 0 || r.vni === dev.options.vni ? {} : { vni: r.vni }),
				...(r.dev < 0 ? {} : { via: ns.deviceById(r.dev) }),
				...(carrier === undefined || carrier === ns ? {} : { linkNetnsId: netnsId(ns, carrier) }),
				used: Math.floor((now - e.used) / 1e9),
				updated: Math.floor((now - e.updated) / 1e9),
			})),
		);
}

export interface FdbTextOptions {
	/** A device was asked for, so its name is not repeated. */
	readonly withoutDevice?: boolean;
	readonly statistics?: boolean;
}

/** A line of `bridge fdb show`, without the line feed; dynamic entries end in a blank. */
export function fdbLine(e: FdbEntry, options: FdbTextOptions = {}): string {
	let line = `${formatMac(e.hi, e.lo)} `;
	if (!options.withoutDevice) line += `dev ${e.dev.name} `;
	if (e.dst !== undefined) line += `dst ${formatAddress(e.dst)} `;
	if (e.port !== undefined) line += `port ${e.port} `;
	if (e.vni !== undefined) line += `vni ${e.vni} `;
	if (e.via !== undefined) line += `via ${e.via.name} `;
	if (e.linkNetnsId !== undefined) line += `link-netnsid ${e.linkNetnsId} `;
	if (options.statistics && e.used !== undefined) line += `used ${e.used}/${e.updated ?? 0} `;
	for (const name of fdbFlagNames(e.flags)) line += `${name} `;
	if (e.master !== undefined) line += `master ${e.master.name} `;
	return line + fdbStateName(e.state);
}

/** In the order in which the tool prints them. */
export function fdbFlagNames(flags: number): string[] {
	const names: string[] = [];
	if ((flags & NTF_SELF) !== 0) names.push("self");
	if ((flags & NTF_ROUTER) !== 0) names.push("router");
	if ((flags & NTF_EXT_LEARNED) !== 0) names.push("extern_learn");
	if ((flags & NTF_STICKY) !== 0) names.push("sticky");
	return names;
}

export function fdbStateName(state: number): string {
	if ((state & NUD_PERMANENT) !== 0) return "permanent";
	return (state & NUD_NOARP) !== 0 ? "static" : "";
}

/** What `bridge fdb show` prints, one line each. */
export function bridgeFdbLines(ns: Netns): string[] {
	return fdbEntries(ns).map((e) => fdbLine(e));
}
