/**
 * The address lists of a device beside its own MAC: what was added with `bridge fdb add … self`, and the groups that the
 * kernel joins by itself (dev->uc, dev->mc). They decide nothing in software devices; they are kept for showing.
 */
import { Bridge } from "@hookline/engine/device/bridge";
import type { NetDevice } from "@hookline/engine/device/netdev";
import type { Mac } from "../mac-text.ts";

const IPV6_MIN_MTU = 1280;
const ALL_NODES_6: Mac = { hi: 0x3333, lo: 0x00000001 };
const SNOOPERS_6: Mac = { hi: 0x3333, lo: 0x0000006a };
const ALL_HOSTS_4: Mac = { hi: 0x0100, lo: 0x5e000001 };
const SNOOPERS_4: Mac = { hi: 0x0100, lo: 0x5e00006a };

const added: WeakMap<NetDevice, { unicast: Mac[]; multicast: Mac[] }> = new WeakMap();

function listsOf(dev: NetDevice): { unicast: Mac[]; multicast: Mac[] } {
	let lists = added.get(dev);
	if (lists === undefined) {
		lists = { unicast: [], multicast: [] };
		added.set(dev, lists);
	}
	return lists;
}

/** Unicast addresses that were added, in that order. */
export function unicastAddresses(dev: NetDevice): readonly Mac[] {
	return added.get(dev)?.unicast ?? [];
}

/** Groups: all nodes from the device's making on; a bridge's snoopers and IPv4's all hosts while it is up; then what was added. */
export function multicastAddresses(dev: NetDevice): readonly Mac[] {
	// IPv6 leaves a link that cannot carry it (NETDEV_CHANGEMTU in addrconf_notify)
	const own = dev.mtu >= IPV6_MIN_MTU ? [ALL_NODES_6] : [];
	if (dev.up) {
		if (dev instanceof Bridge && dev.mcastSnooping) own.push(SNOOPERS_4, SNOOPERS_6);
		own.push(ALL_HOSTS_4);
	}
	return [...own, ...(added.get(dev)?.multicast ?? [])];
}

/** dev_uc_add_excl, dev_mc_add_excl: false when the address is in the list already. */
export function addAddress(dev: NetDevice, mac: Mac): boolean {
	const group = (mac.hi & 0x0100) !== 0;
	const known = group ? multicastAddresses(dev) : unicastAddresses(dev);
	if (known.some((m) => same(m, mac))) return false;
	const lists = listsOf(dev);
	(group ? lists.multicast : lists.unicast).push(mac);
	return true;
}

/** False when there was no such address. */
export function removeAddress(dev: NetDevice, mac: Mac): boolean {
	const lists = listsOf(dev);
	const list = (mac.hi & 0x0100) !== 0 ? lists.multicast : lists.unicast;
	const at = list.findIndex((m) => same(m, mac));
	if (at < 0) return false;
	list.splice(at, 1);
	return true;
}

export function same(a: Mac, b: Mac): boolean {
	return a.hi === b.hi && a.lo === b.lo;
}
