/** What stands in a drawn lab, read from its lines: who has which devices, addresses, ports and rules. Events choose among it. */
import type { DrawnLab } from "./lab.ts";

export interface DeviceFacts {
	readonly name: string;
	readonly kind: "veth" | "bridge" | "vxlan" | "macvlan";
	readonly addresses: string[];
	master?: string;
}
export interface HostFacts {
	readonly netns: string;
	readonly devices: DeviceFacts[];
	/** Words after `ip route add`. */
	readonly routes: string[];
	/** User chains of the filter table. */
	readonly chains: string[];
	/** `TABLE CHAIN` of each rule, in order. */
	readonly rules: string[];
	/** IPv4 packets pass from one of its devices to another. */
	forwards: boolean;
}

/** Hosts by name; "." is the root namespace. Ends are hosts too. */
export function factsOf(lab: DrawnLab): Map<string, HostFacts> {
	const hosts = new Map<string, HostFacts>();
	const host = (netns: string): HostFacts => {
		let h = hosts.get(netns);
		if (h === undefined) {
			h = { netns, devices: [], routes: [], chains: [], rules: [], forwards: false };
			hosts.set(netns, h);
		}
		return h;
	};
	const device = (netns: string, name: string): DeviceFacts | undefined =>
		host(netns).devices.find((d) => d.name === name);
	for (const line of lab.lines) {
		const [, inside, command] = /^(?:ip netns exec (\S+) )?(.*)$/.exec(line) as unknown as [
			string,
			string?,
			string?,
		];
		const netns = inside ?? ".";
		const text = command ?? "";
		let m = /^ip link add (\S+) netns (\S+) .*type veth peer name (\S+) netns (\S+)/.exec(text);
		if (m !== null) {
			host(m[2]!).devices.push({ name: m[1]!, kind: "veth", addresses: [] });
			host(m[4]!).devices.push({ name: m[3]!, kind: "veth", addresses: [] });
			continue;
		}
		m = /^ip link add (?:link \S+ )?(?:name )?(\S+) .*type (bridge|vxlan|macvlan)/.exec(text);
		if (m !== null)
			host(netns).devices.push({ name: m[1]!, kind: m[2] as DeviceFacts["kind"], addresses: [] });
		m = /^ip link set (\S+) netns (\S+) name (\S+)/.exec(text);
		const gone = m === null ? undefined : device(netns, m[1]!);
		if (m !== null && gone !== undefined) {
			host(netns).devices.splice(host(netns).devices.indexOf(gone), 1);
			host(m[2]!).devices.push({ ...gone, name: m[3]! });
		}
		m = /^ip link set (\S+) master (\S+)/.exec(text);
		const port = m === null ? undefined : device(netns, m[1]!);
		if (port !== undefined) port.master = m![2]!;
		m = /^ip addr add (\S+) dev (\S+)/.exec(text);
		if (m !== null) device(netns, m[2]!)?.addresses.push(m[1]!);
		m = /^ip route add (.*)/.exec(text);
		if (m !== null) host(netns).routes.push(m[1]!);
		m = /^iptables -N (\S+)/.exec(text);
		if (m !== null) host(netns).chains.push(m[1]!);
		m = /^iptables (?:-t (\S+) )?-A (\S+)/.exec(text);
		if (m !== null) host(netns).rules.push(`${m[1] ?? "filter"} ${m[2]}`);
		if (text.includes("net.ipv4.ip_forward=1")) host(netns).forwards = true;
	}
	return hosts;
}
