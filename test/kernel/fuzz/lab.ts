/** What a drawn lab is: lines of plain shell, the ends where frames go in and are watched, and addresses worth sending to. */

import type { Weighted } from "./flows.ts";

/** An end of the lab: a namespace with one device whose other side is in the lab proper. */
export interface End {
	readonly netns: string;
	readonly dev: string;
	/** `02:…` */
	readonly mac: string;
	/** The address that the rest of the lab knows it by. */
	readonly ip: string;
	/** In a lab with IPv6. */
	readonly ip6?: string;
	/** Link-local, in a lab with IPv6; an end that answers may have it or not. */
	readonly local6?: string;
	/** Its stack has the addresses and answers; otherwise it only watches. */
	readonly answers: boolean;
	/** MAC of the router on its link; none on a lab without one. */
	readonly gateway?: string;
	/** Ends on the same link. */
	readonly link: string;
}
export interface Target {
	readonly ip: string;
	/** Ports that mean something there. */
	readonly ports: readonly number[];
}
export interface DrawnLab {
	readonly kind: string;
	readonly lines: string[];
	readonly ends: readonly End[];
	/** Addresses besides the ends': of hosts, published ones, ones that lead nowhere. */
	readonly targets: readonly Target[];
	readonly ipv6: boolean;
	/** IPv6 addresses besides the ends', in a lab with IPv6. */
	readonly targets6?: readonly Target[];
	/** IPv4 besides IPv6. */
	readonly dual?: boolean;
	/** Milliseconds to listen after the last frame. */
	readonly settle: number;
	/** Traffic of its own besides what every lab has. */
	readonly episodes?: Weighted;
	/** Traffic of its own that is dealt in this often in a hundred episodes, of the family that the lab has. */
	readonly special?: { readonly percent: number; readonly episodes: Weighted };
	/** How many per cent go as bursts; default 35. */
	readonly bursts?: number;
	/** Whether it may change on the way; default yes. "answers": ends only answer what reached them. */
	readonly changes?: boolean | "answers";
	/** No frame goes to a group. */
	readonly unicast?: boolean;
	/** Between spaced frames, ns; default 2 ms. */
	readonly gap?: number;
}

/** A lab with IPv6 as IPv6 sees it: its IPv6 addresses stand where the IPv4 ones stood. */
export function sixView(lab: DrawnLab): DrawnLab {
	return {
		...lab,
		ends: lab.ends.map((e) => ({ ...e, ip: e.ip6 ?? e.ip })),
		targets: lab.targets6 ?? [],
	};
}

/** The n-th MAC of a lab. */
export function macOf(n: number): string {
	return `02:00:00:00:${hexByte(n >> 8)}:${hexByte(n & 255)}`;
}
function hexByte(n: number): string {
	return n.toString(16).padStart(2, "0");
}

/**
 * Lines that keep a router from sending redirects, to be said before it has devices: after 20 ms, 40 ms … of real time the next one
 * is due, so where a kernel sends many its timing decides.
 */
export function quiet(on: string): string[] {
	return ["all", "default"].map((which) => `${on}sysctl -qw net.ipv4.conf.${which}.send_redirects=0`);
}
/** Lines that make an end: a veth pair between namespace `netns` (its eth0) and `port` in `inside`. */
export function wire(netns: string, mac: string, inside: string, port: string, portMac: string): string[] {
	return [
		`ip netns add ${netns}`,
		`ip link add eth0 netns ${netns} address ${mac} type veth peer name ${port} netns ${inside} address ${portMac}`,
	];
}
/** Lines that bring an end up; one that answers gets its address and a default route, and does not ask again. */
export function endUp(end: End, prefix: number, router: string | undefined): string[] {
	const on = `ip netns exec ${end.netns} `;
	const lines = [`${on}ip link set eth0 up`];
	if (!end.answers) return lines;
	lines.push(
		`${on}ip link set lo up`,
		`${on}ip addr add ${end.ip}/${prefix} dev eth0`,
		...patient(on, "eth0"),
	);
	if (router !== undefined) lines.push(`${on}ip route add default via ${router}`);
	return lines;
}
/** A line by which a router knows an end without asking. */
export function neighbour(on: string, end: End, dev: string): string {
	return `${on}ip neigh replace ${end.ip} lladdr ${end.mac} dev ${dev} nud permanent`;
}
/** Lines by which a device's neighbours are not asked again, nor believed to have moved, before a lab is over, however busy the machine. */
export function patient(on: string, dev: string): string[] {
	return ["retrans_time_ms", "locktime"].map((name) => `${on}sysctl -qw net.ipv4.neigh.${dev}.${name}=10000`);
}
