/** The IPv6 side of a device (struct inet6_dev) and one of its addresses (struct inet6_ifaddr). Addresses are In6 handles. */
import type { NetDevice } from "../device/netdev.ts";
import type { NeighConf } from "../ip/sysctl.ts";
import type { Dev6Conf } from "./sysctl.ts";

export const IFA_F_TEMPORARY = 0x01;
export const IFA_F_NODAD = 0x02;
export const IFA_F_OPTIMISTIC = 0x04;
export const IFA_F_DADFAILED = 0x08;
export const IFA_F_HOMEADDRESS = 0x10;
export const IFA_F_DEPRECATED = 0x20;
export const IFA_F_TENTATIVE = 0x40;
export const IFA_F_PERMANENT = 0x80;
export const IFA_F_MANAGETEMPADDR = 0x100;
export const IFA_F_NOPREFIXROUTE = 0x200;

/** A lifetime that does not end. */
export const INFINITY_LIFE_TIME = 0xffffffff;

export interface Address6 {
	/** In6 handle. */
	readonly addr: number;
	/** The other end of a point-to-point link, 0 none. */
	peer: number;
	readonly prefixLen: number;
	/** IFA_F_* */
	flags: number;
	/** RT_SCOPE_*, as `ip addr` prints it. */
	readonly scope: number;
	/** Metric of the connected route, 0 = 256. */
	metric: number;
	/** Lifetimes in seconds from `stamp`; INFINITY_LIFE_TIME. */
	validLft: number;
	preferredLft: number;
	/** Virtual ns when the lifetimes were set. */
	stamp: number;
	/** IFAPROT_*: who made it. */
	readonly protocol: number;
	/** Duplicate address detection: probes that are still to be sent, and when the next step is due (-1: none). */
	dadProbes: number;
	dadDue: number;
	/** Nonce of the probes (RFC 7527), two words; 0 none. */
	dadNonceHi: number;
	dadNonceLo: number;
	/** Made of an advertised prefix: its subnet's route is the advertisement's. */
	fromRouter: boolean;
	/** The local route stands (ip6_ins_rt has run). */
	installed: boolean;
}

export interface Inet6Device {
	readonly dev: NetDevice;
	readonly conf: Dev6Conf;
	readonly neigh: NeighConf;
	/** By scope, widest last; within a scope newest first (ipv6_link_dev_addr). */
	addresses: Address6[];
	/** Joined groups: how often, by In6 handle. */
	readonly groups: Map<number, number>;
	/** Those of them that the device was told to take (MAF_LOADED): a link that goes down forgets them, and not all ways up tell it again. */
	readonly loaded: Set<number>;
	/** Anycast addresses: how often, by In6 handle. */
	readonly anycast: Map<number, number>;
	/** The device was up and had a carrier when last looked at (IF_READY); where IPv6 is disabled, when its IPv6 side was made. */
	ready: boolean;
	/** The device was up when last looked at. */
	wasUp: boolean;
	/** MTU when last looked at. */
	mtuSeen: number;
	/** Router solicitations sent since the link came up. */
	solicitations: number;
}
