/** The canonical paths as plain lab files: what is measured, and where frames go in and come out. */

export interface Path {
	readonly name: "bridge" | "nat" | "vxlan";
	/** The lab file, plain shell; `rules` of them in FORWARD on each host where the path has any. */
	readonly lab: (rules: number) => string;
	/** Where the sender's frames leave: NETNS:DEV */
	readonly source: string;
	/** Where they must arrive. */
	readonly sink: string;
	readonly dstMac: string;
	readonly srcIp: string;
	readonly dstIp: string;
	/** Longest frame that nothing on the way has to cut. */
	readonly maxFrame: number;
	/** Rules a packet meets in FORWARD on each host, unless told otherwise; 0: the path has none. */
	readonly rules: number;
	/** TTL at the sink. */
	readonly ttl: number;
	/** Addresses there. */
	readonly arrives: { readonly srcIp: string; readonly dstIp: string };
}

export const UNDERLAY = `
ip netns add h1
ip netns add h2
ip netns exec h1 sysctl -qw net.ipv4.ip_forward=1
ip netns exec h2 sysctl -qw net.ipv4.ip_forward=1
ip link add eth0 netns h1 address 02:00:00:00:01:01 type veth peer name eth0 netns h2 address 02:00:00:00:01:02
ip netns exec h1 ip link set eth0 up
ip netns exec h2 ip link set eth0 up
ip netns exec h1 ip addr add 192.168.205.10/24 dev eth0
ip netns exec h2 ip addr add 192.168.205.11/24 dev eth0
ip netns exec h1 ip neigh add 192.168.205.11 lladdr 02:00:00:00:01:02 dev eth0 nud permanent
ip netns exec h2 ip neigh add 192.168.205.10 lladdr 02:00:00:00:01:01 dev eth0 nud permanent
`;

export function container(host: string, bridge: string, name: string, mac: string, portMac: string): string {
	return `
ip netns add ${name}
ip link add v${name} netns ${host} address ${portMac} type veth peer name eth0 netns ${name} address ${mac}
ip netns exec ${host} ip link set v${name} master ${bridge}
ip netns exec ${host} ip link set v${name} up
ip netns exec ${name} ip link set eth0 up
`;
}
export function bridge(host: string, name: string, mac: string, address: string): string {
	return `
ip netns exec ${host} ip link add ${name} type bridge
ip netns exec ${host} ip link set ${name} address ${mac}
${address === "" ? "" : `ip netns exec ${host} ip addr add ${address} dev ${name}`}
ip netns exec ${host} ip link set ${name} up
`;
}
function forwardRules(host: string, count: number, last: string): string {
	if (count === 0) return "";
	let text = "";
	for (let i = 1; i < count; i++)
		text += `ip netns exec ${host} iptables -A FORWARD -s 10.${77 + (i >> 8)}.${i & 255}.0/24 -p udp --dport ${7000 + i} -j DROP\n`;
	return `${text}ip netns exec ${host} iptables -A FORWARD ${last} -j ACCEPT\n`;
}

export interface NatOptions {
	/** Rules in FORWARD of each host, of which the last matches; 0: none. */
	readonly rules: number;
	readonly protocol: "udp" | "tcp";
	/** Published ports, FIRST:LAST. */
	readonly dports: string;
}
/** Two hosts: c1 is masqueraded by the first, d1 published by the second. */
export function natLab({ rules, protocol, dports }: NatOptions): string {
	return `
${UNDERLAY}
${bridge("h1", "docker0", "02:42:00:00:00:01", "172.17.0.1/16")}
${bridge("h2", "docker0", "02:42:00:00:00:02", "172.18.0.1/16")}
${container("h1", "docker0", "c1", "02:42:ac:11:00:02", "02:00:00:00:03:01")}
${container("h2", "docker0", "d1", "02:42:ac:12:00:02", "02:00:00:00:03:03")}
ip netns exec h2 ip neigh add 172.18.0.2 lladdr 02:42:ac:12:00:02 dev docker0 nud permanent
ip netns exec h2 bridge fdb replace 02:42:ac:12:00:02 dev vd1 master static
ip netns exec h1 iptables -t nat -A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
${forwardRules("h1", rules, "-i docker0 ! -o docker0")}
ip netns exec h2 iptables -t nat -N DOCKER
ip netns exec h2 iptables -t nat -A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
ip netns exec h2 iptables -t nat -A DOCKER ! -i docker0 -p ${protocol} --dport ${dports} -j DNAT --to-destination 172.18.0.2
${forwardRules("h2", rules, `-d 172.18.0.2 ! -i docker0 -o docker0 -p ${protocol} --dport ${dports}`)}
`;
}

export const PATHS: readonly Path[] = [
	{
		name: "bridge",
		source: "c1:eth0",
		sink: "c2:eth0",
		dstMac: "02:42:ac:11:00:03",
		srcIp: "172.17.0.2",
		dstIp: "172.17.0.3",
		arrives: { srcIp: "172.17.0.2", dstIp: "172.17.0.3" },
		maxFrame: 1514,
		rules: 0,
		ttl: 64,
		lab: () => `
ip netns add h1
${bridge("h1", "docker0", "02:42:00:00:00:01", "172.17.0.1/16")}
${container("h1", "docker0", "c1", "02:42:ac:11:00:02", "02:00:00:00:03:01")}
${container("h1", "docker0", "c2", "02:42:ac:11:00:03", "02:00:00:00:03:02")}
ip netns exec h1 bridge fdb replace 02:42:ac:11:00:03 dev vc2 master static
`,
	},
	{
		name: "nat",
		source: "c1:eth0",
		sink: "d1:eth0",
		dstMac: "02:42:00:00:00:01",
		srcIp: "172.17.0.2",
		dstIp: "192.168.205.11",
		arrives: { srcIp: "192.168.205.10", dstIp: "172.18.0.2" },
		maxFrame: 1514,
		rules: 10,
		ttl: 62,
		lab: (rules) => natLab({ rules, protocol: "udp", dports: "5000:5001" }),
	},
	{
		name: "vxlan",
		source: "o1:eth0",
		sink: "o2:eth0",
		dstMac: "02:42:0a:00:00:03",
		srcIp: "10.0.0.2",
		dstIp: "10.0.0.3",
		arrives: { srcIp: "10.0.0.2", dstIp: "10.0.0.3" },
		maxFrame: 1464,
		rules: 0,
		ttl: 64,
		lab: () => `
${UNDERLAY}
${bridge("h1", "br-ov", "02:00:00:00:0a:01", "")}
${bridge("h2", "br-ov", "02:00:00:00:0a:02", "")}
ip netns exec h1 ip link add vx0 address 02:00:00:00:09:01 type vxlan id 4097 dstport 4789 local 192.168.205.10 dev eth0 nolearning
ip netns exec h2 ip link add vx0 address 02:00:00:00:09:02 type vxlan id 4097 dstport 4789 local 192.168.205.11 dev eth0 nolearning
ip netns exec h1 ip link set vx0 master br-ov
ip netns exec h2 ip link set vx0 master br-ov
ip netns exec h1 ip link set vx0 up
ip netns exec h2 ip link set vx0 up
${container("h1", "br-ov", "o1", "02:42:0a:00:00:02", "02:00:00:00:03:01")}
${container("h2", "br-ov", "o2", "02:42:0a:00:00:03", "02:00:00:00:03:02")}
ip netns exec h1 bridge fdb add 02:42:0a:00:00:03 dev vx0 dst 192.168.205.11
ip netns exec h1 bridge fdb replace 02:42:0a:00:00:03 dev vx0 master static
ip netns exec h2 bridge fdb replace 02:42:0a:00:00:03 dev vo2 master static
`,
	},
];

/** Throws on a name that there is not. */
export function pathNamed(name: string): Path {
	const path = PATHS.find((p) => p.name === name);
	if (path === undefined)
		throw new RangeError(`no path "${name}"; there are: ${PATHS.map((p) => p.name).join(" ")}`);
	return path;
}
