/** `bridge fdb add|append|replace|del|flush`: what the kernel does to the tables of bridges, VXLAN devices and others. */
import { Bridge } from "@hookline/engine/device/bridge";
import type { BridgePort } from "@hookline/engine/device/bridge-port";
import {
	FDB_ADDED_BY_USER,
	FDB_EXT_LEARNED,
	FDB_LOCAL,
	FDB_STATIC,
	FDB_STICKY,
} from "@hookline/engine/device/fdb";
import { Macvlan } from "@hookline/engine/device/macvlan";
import type { NetDevice } from "@hookline/engine/device/netdev";
import { Vxlan } from "@hookline/engine/device/vxlan";
import type { VxlanEntry, VxlanRemote } from "@hookline/engine/device/vxlan-fdb";
import { isUnicast, type Mac } from "../mac-text.ts";
import { NotSupported } from "../not-supported.ts";
import {
	bridgeState,
	NTF_EXT_LEARNED,
	NTF_ROUTER,
	NTF_STICKY,
	NUD_NOARP,
	NUD_PERMANENT,
	NUD_REACHABLE,
} from "./fdb-list.ts";
import { answers, kernelError } from "./words.ts";

export type FdbVerb = "add" | "append" | "replace" | "del";

export interface FdbRequest {
	readonly mac: Mac;
	readonly dev: NetDevice;
	readonly self: boolean;
	readonly master: boolean;
	/** NUD_* */
	readonly state: number;
	/** NTF_ROUTER, NTF_STICKY, NTF_EXT_LEARNED */
	readonly flags: number;
	/** IPv4 of the tunnel end point; undefined when none was given. */
	readonly dst: number | undefined;
	/** 0 = the device's */
	readonly port: number;
	/** -1 = the device's */
	readonly vni: number;
	/** Device id, -1 none */
	readonly via: number;
}

/** rtnl_fdb_add, rtnl_fdb_del. Throws `BridgeError`. */
export function changeFdb(verb: FdbVerb, r: FdbRequest): void {
	if (r.dev.loopback)
		throw kernelError(
			verb === "del"
				? "FDB delete only supported for Ethernet devices"
				: "FDB add only supported for Ethernet devices",
		);
	if (verb === "del" && !isUnicast(r.mac) && r.mac.hi === 0 && r.mac.lo === 0 && !(r.dev instanceof Vxlan)) {
		if (r.master) throw answers("Invalid argument");
	}
	const bridge = r.dev.master;
	let done = false;
	if (r.master && bridge instanceof Bridge) {
		const port = bridge.portOf(r.dev)!;
		if (verb === "del") deleteFromBridge(bridge, port, r.mac);
		else addToBridge(verb, bridge, port, r);
		done = true;
	}
	if (!r.self) {
		if (!done) throw answers("Operation not supported");
		return;
	}
	if (r.dev instanceof Bridge) {
		if (verb === "del") deleteFromBridge(r.dev, undefined, r.mac);
		else addToBridge(verb, r.dev, undefined, r);
	} else if (r.dev instanceof Vxlan) {
		if (verb === "del") deleteFromVxlan(r.dev, r);
		else addToVxlan(verb, r.dev, r);
	} else if (r.dev instanceof Macvlan && isUnicast(r.mac) && !r.dev.port.passthru) {
		// macvlan_fdb_add: the others filter nothing but groups
		throw answers("Operation not supported");
	} else if (verb === "del") {
		if ((r.state & NUD_PERMANENT) === 0) throw answers("Invalid argument");
		if (!r.dev.removeAddress(r.mac.hi, r.mac.lo)) throw answers("No such file or directory");
	} else {
		if (r.state !== 0 && (r.state & NUD_PERMANENT) === 0) throw answers("Invalid argument");
		const { hi, lo } = r.mac;
		const known = ((hi & 0x0100) !== 0 ? r.dev.mc : r.dev.uc).has(hi, lo);
		if (known && verb === "add") throw answers("File exists");
		if (!known) r.dev.addAddress(hi, lo);
	}
	r.dev.core.generation++;
}

/** br_fdb_add, fdb_add_entry; without a port the entry is the bridge's own. */
function addToBridge(verb: FdbVerb, bridge: Bridge, port: BridgePort | undefined, r: FdbRequest): void {
	const { mac, state } = r;
	const { fdb } = bridge;
	if ((mac.hi === 0 && mac.lo === 0) || (state & (NUD_PERMANENT | NUD_NOARP | NUD_REACHABLE)) === 0)
		throw answers("Invalid argument");
	const sticky = (r.flags & NTF_STICKY) !== 0;
	const number = port?.number ?? 0;
	let row = fdb.find(mac.hi, mac.lo);
	if ((r.flags & NTF_EXT_LEARNED) !== 0) {
		// br_fdb_external_learn_add: an entry that is there goes to the port, and stays local, static or sticky
		const flags = row < 0 ? 0 : fdb.flags[row]! & (FDB_LOCAL | FDB_STATIC | FDB_STICKY | FDB_ADDED_BY_USER);
		fdb.set(mac.hi, mac.lo, number, flags | FDB_EXT_LEARNED | (number === 0 ? FDB_LOCAL : 0));
		bridge.core.generation++;
		return;
	}
	const dynamic = (state & (NUD_PERMANENT | NUD_NOARP)) === 0;
	if (port !== undefined && dynamic && !port.forwarding) throw answers("Operation not permitted");
	if (port === undefined && (state & NUD_PERMANENT) === 0) throw answers("Invalid argument");
	if (sticky && (state & NUD_PERMANENT) !== 0) throw answers("Invalid argument");
	const wanted =
		(state & NUD_PERMANENT) !== 0 ? FDB_LOCAL | FDB_STATIC : (state & NUD_NOARP) !== 0 ? FDB_STATIC : 0;
	const flags = wanted | FDB_ADDED_BY_USER | (sticky ? FDB_STICKY : 0);
	if (row < 0) {
		row = fdb.set(mac.hi, mac.lo, number, flags);
		if (row < 0) throw answers("No space left on device");
	} else {
		if (verb === "add") throw answers("File exists");
		const now = bridge.core.clock[0]!;
		const same = fdb.port[row] === number && bridgeState(fdb.flags[row]!) === bridgeState(flags);
		fdb.port[row] = number;
		fdb.flags[row] = flags | (fdb.flags[row]! & FDB_EXT_LEARNED);
		fdb.used[row] = now;
		if (!same) fdb.updated[row] = now;
	}
	bridge.core.generation++;
}

function deleteFromBridge(bridge: Bridge, port: BridgePort | undefined, mac: Mac): void {
	const { fdb } = bridge;
	const row = fdb.find(mac.hi, mac.lo);
	if (row < 0 || fdb.port[row] !== (port?.number ?? 0)) throw answers("No such file or directory");
	fdb.remove(mac.hi, mac.lo);
	bridge.core.generation++;
}

function isDefault(mac: Mac): boolean {
	return mac.hi === 0 && mac.lo === 0;
}
function remoteOf(dev: Vxlan, r: FdbRequest): VxlanRemote {
	return {
		addr: r.dst ?? 0,
		port: r.port === dev.options.port ? 0 : r.port,
		vni: r.vni === dev.options.vni ? -1 : r.vni,
		dev: r.via,
	};
}
function sameRemote(a: VxlanRemote, b: VxlanRemote): boolean {
	return a.addr === b.addr && a.port === b.port && a.vni === b.vni && a.dev === b.dev;
}

/** vxlan_fdb_add, vxlan_fdb_update. */
function addToVxlan(verb: FdbVerb, dev: Vxlan, r: FdbRequest): void {
	const { mac } = r;
	if ((r.state & (NUD_PERMANENT | NUD_REACHABLE)) === 0 || r.dst === undefined)
		throw answers("Invalid argument");
	const flags = r.flags & (NTF_ROUTER | NTF_EXT_LEARNED);
	const remote = remoteOf(dev, r);
	const several = isDefault(mac) || (mac.hi & 0x0100) !== 0;
	const entry = dev.fdb.find(mac.hi, mac.lo);
	if (entry === undefined) {
		if (verb === "replace" && several) throw kernelError("Cannot replace non-unicast fdb entries");
		const fresh = dev.fdb.create(mac.hi, mac.lo, r.state, flags);
		if (fresh === undefined) throw answers("No space left on device");
		fresh.remotes.push(remote);
	} else {
		if (verb === "add") throw answers("File exists");
		entry.state = r.state;
		entry.flags = flags;
		entry.updated = dev.core.clock[0]!;
		if (verb === "replace") {
			if (several) throw kernelError("Cannot replace non-unicast fdb entries");
			entry.remotes = [remote];
		} else if (several && !entry.remotes.some((known) => sameRemote(known, remote)))
			entry.remotes.push(remote);
	}
	dev.core.generation++;
}

/** vxlan_fdb_delete: one remote, or the entry when it is the last or none was named. */
function deleteFromVxlan(dev: Vxlan, r: FdbRequest): void {
	const entry: VxlanEntry | undefined = dev.fdb.find(r.mac.hi, r.mac.lo);
	if (entry === undefined) throw answers("No such file or directory");
	if (r.dst !== undefined) {
		const remote = remoteOf(dev, r);
		const at = entry.remotes.findIndex((known) => sameRemote(known, remote));
		if (at < 0) return;
		if (entry.remotes.length > 1) {
			entry.remotes.splice(at, 1);
			dev.core.generation++;
			return;
		}
	}
	dev.fdb.remove(r.mac.hi, r.mac.lo);
	dev.core.generation++;
}

/** `bridge fdb flush dev DEV`: everything, permanent entries too. */
export function flushFdb(dev: NetDevice, master: boolean, self: boolean): void {
	const bridge = dev.master;
	if (master) {
		if (!(bridge instanceof Bridge)) throw answers("Operation not supported");
		const number = bridge.portOf(dev)!.number;
		bridge.fdb.removeIf((row) => bridge.fdb.port[row] === number);
		bridge.core.generation++;
		return;
	}
	if (!self) throw new NotSupported("this flush is not supported");
	if (dev instanceof Bridge) dev.fdb.removeIf(() => true);
	else if (dev instanceof Vxlan) for (const e of dev.fdb.list()) flushVxlanEntry(dev, e);
	else throw answers("Operation not supported");
	dev.core.generation++;
}
/** The default entry that `ip link … remote` made stays (vxlan_flush). */
function flushVxlanEntry(dev: Vxlan, e: VxlanEntry): void {
	dev.fdb.remove(e.hi, e.lo);
}
