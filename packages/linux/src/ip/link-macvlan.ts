/** `ip link … type macvlan`: its options, its making, its changes (iplink_macvlan.c of iproute2, macvlan_newlink of the kernel). */
import { Macvlan } from "@hookline/engine/device/macvlan";
import {
	MACVLAN_MODE_BRIDGE,
	MACVLAN_MODE_PASSTHRU,
	MACVLAN_MODE_PRIVATE,
	MACVLAN_MODE_VEPA,
	MacvlanPort,
} from "@hookline/engine/device/macvlan-port";
import type { NetDevice } from "@hookline/engine/device/netdev";
import type { CommandContext } from "../context.ts";
import type { Mac } from "../mac-text.ts";
import { answers, fail, IpError, UNKNOWN, unsupported, type Words } from "./words.ts";

export interface MacvlanRequest {
	/** MACVLAN_MODE_* */
	mode?: number;
	nopromisc?: boolean;
}
const MODES: Readonly<Record<string, number>> = {
	private: MACVLAN_MODE_PRIVATE,
	vepa: MACVLAN_MODE_VEPA,
	bridge: MACVLAN_MODE_BRIDGE,
	passthru: MACVLAN_MODE_PASSTHRU,
};
const USAGE = `Usage: ... macvlan mode MODE [flag MODE_FLAG] MODE_OPTS [bcqueuelen BC_QUEUE_LEN]

MODE: private | vepa | bridge | passthru | source
MODE_FLAG: null | nopromisc | nodst
MODE_OPTS: for mode "source":
	macaddr { { add | del } <macaddr> | set [ <macaddr> [ <macaddr>  ... ] ] | flush }
BC_QUEUE_LEN: Length of the rx queue for broadcast/multicast: [0-4294967295]
`;

export function parseMacvlan(words: Words): MacvlanRequest {
	const o: MacvlanRequest = {};
	while (!words.done) {
		const key = words.keyword();
		if (key === "mode") {
			const word = words.value();
			if (word === "source") unsupported("macvlan mode source");
			if (word === UNKNOWN) continue;
			if (!Object.hasOwn(MODES, word))
				fail(
					1,
					`Error: argument of "mode" must be "private", "vepa", "bridge", "passthru" or "source", not "${word}"`,
				);
			o.mode = MODES[word];
		} else if (key === "flag") {
			const word = words.value();
			if (word === "nodst") unsupported("macvlan flag nodst");
			else if (word === "nopromisc") o.nopromisc = true;
			else if (word !== "null" && word !== UNKNOWN)
				fail(1, `Error: argument of "flag" must be "nopromisc", "nodst" or "null", not "${word}"`);
		} else if (["macaddr", "bcqueuelen", "bclim"].includes(key)) unsupported(`macvlan option ${key}`);
		else if (key === "help") throw new IpError(255, USAGE);
		else
			throw new IpError(1, `macvlan: unknown option "${key}"?\n${USAGE}`, `unknown macvlan option "${key}"`);
	}
	if (o.nopromisc && o.mode !== MACVLAN_MODE_PASSTHRU)
		fail(1, `macvlan: nopromisc flag only valid in passthru mode\n${USAGE.trimEnd()}`);
	return o;
}
/** What the kernel asks before it makes one on `link`. Returns the real lower device: a macvlan's own, if `link` is one. */
export function macvlanLower(link: NetDevice | undefined, mtu: number | undefined, mode: number): NetDevice {
	if (link === undefined) return answers("Invalid argument");
	const lower = link instanceof Macvlan ? link.lower : link;
	if (mtu !== undefined && mtu > lower.mtu) answers("Invalid argument");
	if (lower.loopback) answers("Invalid argument");
	const port = MacvlanPort.of(lower);
	if (port === undefined) {
		if (lower.rxHandler !== null) answers("Device or resource busy");
	} else if (port.passthru || (mode === MACVLAN_MODE_PASSTHRU && port.children.length > 0))
		answers("Invalid argument");
	return lower;
}
/** Make one; everything was asked before. */
export function makeMacvlan(
	ctx: CommandContext,
	name: string,
	mac: Mac,
	lower: NetDevice,
	o: MacvlanRequest,
): Macvlan {
	const mode = o.mode ?? MACVLAN_MODE_VEPA;
	return new Macvlan(ctx.machine.core, name, mac.hi, mac.lo, lower, mode, o.nopromisc ?? false);
}
/** macvlan_changelink */
export function checkMacvlanChange(dev: Macvlan, o: MacvlanRequest): void {
	if (o.nopromisc !== undefined && o.nopromisc !== dev.nopromisc)
		unsupported("ip link set type macvlan flag");
	if (o.mode === undefined) return;
	if ((o.mode === MACVLAN_MODE_PASSTHRU) !== (dev.mode === MACVLAN_MODE_PASSTHRU))
		answers("Invalid argument");
}
/** What the kernel asks of `ip link set` on a macvlan: its MTU, its MAC, its coming up. */
export function checkMacvlanSet(
	dev: Macvlan,
	mtu: number | undefined,
	mac: Mac | undefined,
	up: boolean,
): void {
	if (mac !== undefined && dev.macIsTaken(mac.hi, mac.lo)) answers("Address already in use");
	if (mtu !== undefined && mtu > dev.lower.mtu) answers("Invalid argument");
	const { hi, lo } = mac ?? { hi: dev.macHi, lo: dev.macLo };
	if (up && !dev.up && dev.mode !== MACVLAN_MODE_PASSTHRU && dev.port.isBusy(hi, lo))
		answers("Address already in use");
}
/** A device that carries macvlans cannot become a bridge port. */
export function checkNoMacvlanPort(dev: NetDevice): void {
	if (MacvlanPort.of(dev) !== undefined) answers("Device or resource busy");
}
