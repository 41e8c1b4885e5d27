/** Names that iptables knows by heart or from /etc/protocols and /etc/services (the common ones of a Debian system). */

/** Protocol names by number; the first of a number is the one that is printed. */
const PROTOCOLS: readonly (readonly [string, number])[] = [
	["icmp", 1],
	["igmp", 2],
	["ggp", 3],
	["ipencap", 4],
	["st", 5],
	["tcp", 6],
	["egp", 8],
	["igp", 9],
	["pup", 12],
	["udp", 17],
	["hmp", 20],
	["xns-idp", 22],
	["rdp", 27],
	["iso-tp4", 29],
	["dccp", 33],
	["xtp", 36],
	["ddp", 37],
	["idpr-cmtp", 38],
	["ipv6", 41],
	["ipv6-route", 43],
	["ipv6-frag", 44],
	["idrp", 45],
	["rsvp", 46],
	["gre", 47],
	["esp", 50],
	["ah", 51],
	["skip", 57],
	["ipv6-icmp", 58],
	["icmpv6", 58],
	["ipv6-nonxt", 59],
	["ipv6-opts", 60],
	["rspf", 73],
	["vmtp", 81],
	["eigrp", 88],
	["ospf", 89],
	["ax.25", 93],
	["ipip", 94],
	["etherip", 97],
	["encap", 98],
	["pim", 103],
	["ipcomp", 108],
	["vrrp", 112],
	["l2tp", 115],
	["isis", 124],
	["sctp", 132],
	["fc", 133],
	["mobility-header", 135],
	["ipv6-mh", 135],
	["mh", 135],
	["udplite", 136],
	["mpls-in-ip", 137],
	["manet", 138],
	["hip", 139],
	["shim6", 140],
	["wesp", 141],
	["rohc", 142],
	["ethernet", 143],
	["hopopt", 0],
	["ip", 0],
	["all", 0],
];
const PROTOCOL_NUMBER: ReadonlyMap<string, number> = new Map(PROTOCOLS);
const PROTOCOL_NAME: ReadonlyMap<number, string> = new Map([...PROTOCOLS].reverse().map(([n, p]) => [p, n]));

export function protocolNumber(name: string): number | undefined {
	return PROTOCOL_NUMBER.get(name);
}
/** The name of a protocol, or its number where it has none. */
export function protocolName(proto: number): string {
	return PROTOCOL_NAME.get(proto) ?? String(proto);
}

/** `t` TCP only, `u` UDP only. */
const SERVICES =
	"tcpmux 1t echo 7 discard 9 systat 11t daytime 13 netstat 15t qotd 17t chargen 19 ftp-data 20t ftp 21t ssh 22t telnet 23t " +
	"smtp 25t mail 25t time 37 whois 43t tacacs 49 domain 53 bootps 67u bootpc 68u tftp 69u gopher 70t finger 79t http 80t www 80t " +
	"kerberos 88 kerberos5 88 pop3 110t pop-3 110t sunrpc 111 portmapper 111 auth 113t nntp 119t ntp 123u epmap 135t " +
	"netbios-ns 137u netbios-dgm 138u netbios-ssn 139t imap2 143t imap 143t snmp 161 snmp-trap 162 snmptrap 162 bgp 179t " +
	"irc 194 ldap 389 https 443 microsoft-ds 445 kpasswd 464 submissions 465t ssmtp 465t smtps 465t isakmp 500u exec 512t " +
	"login 513t shell 514t syslog 514u printer 515t route 520u uucp 540t klogin 543t kshell 544t dhcpv6-client 546u dhcpv6-server 547u " +
	"rtsp 554 nntps 563t submission 587t ipp 631t ldaps 636 domain-s 853 rsync 873t ftps-data 989t ftps 990t telnets 992t imaps 993t " +
	"pop3s 995t socks 1080t openvpn 1194 ms-sql-s 1433t ms-sql-m 1434u l2f 1701u radius 1812u radius-acct 1813u nfs 2049 " +
	"mysql 3306t svn 3690t postgresql 5432t xmpp-client 5222t xmpp-server 5269t amqp 5672 sip 5060 sip-tls 5061 mdns 5353u " +
	"x11 6000t git 9418t http-alt 8080 webcache 8080";
const SERVICE_PORT: Map<string, number> = new Map();
const PORT_SERVICE: Map<string, string> = new Map();
{
	const words = SERVICES.split(" ");
	for (let i = 0; i < words.length; i += 2) {
		const port = Number.parseInt(words[i + 1], 10);
		const only = words[i + 1].slice(String(port).length);
		for (const proto of only === "t" ? ["tcp"] : only === "u" ? ["udp"] : ["tcp", "udp"]) {
			SERVICE_PORT.set(`${proto} ${words[i]}`, port);
			if (!PORT_SERVICE.has(`${proto} ${port}`)) PORT_SERVICE.set(`${proto} ${port}`, words[i]);
		}
	}
}
/** Port of a service; without a protocol of either. */
export function servicePort(name: string, proto?: string): number | undefined {
	if (proto !== undefined) return SERVICE_PORT.get(`${proto} ${name}`);
	return SERVICE_PORT.get(`tcp ${name}`) ?? SERVICE_PORT.get(`udp ${name}`);
}
export function serviceName(port: number, proto: string): string | undefined {
	return PORT_SERVICE.get(`${proto} ${port}`);
}

export interface IcmpType {
	readonly name: string;
	readonly type: number;
	readonly min: number;
	readonly max: number;
}
const icmp = (name: string, type: number, code?: number): IcmpType => ({
	name,
	type,
	min: code ?? 0,
	max: code ?? 255,
});
/** In the order of `iptables -p icmp -h`, which decides what an ambiguity names first. */
export const ICMP_TYPES: readonly IcmpType[] = [
	icmp("any", 255),
	icmp("echo-reply", 0),
	icmp("pong", 0),
	icmp("destination-unreachable", 3),
	icmp("network-unreachable", 3, 0),
	icmp("host-unreachable", 3, 1),
	icmp("protocol-unreachable", 3, 2),
	icmp("port-unreachable", 3, 3),
	icmp("fragmentation-needed", 3, 4),
	icmp("source-route-failed", 3, 5),
	icmp("network-unknown", 3, 6),
	icmp("host-unknown", 3, 7),
	icmp("network-prohibited", 3, 9),
	icmp("host-prohibited", 3, 10),
	icmp("TOS-network-unreachable", 3, 11),
	icmp("TOS-host-unreachable", 3, 12),
	icmp("communication-prohibited", 3, 13),
	icmp("host-precedence-violation", 3, 14),
	icmp("precedence-cutoff", 3, 15),
	icmp("source-quench", 4),
	icmp("redirect", 5),
	icmp("network-redirect", 5, 0),
	icmp("host-redirect", 5, 1),
	icmp("TOS-network-redirect", 5, 2),
	icmp("TOS-host-redirect", 5, 3),
	icmp("echo-request", 8),
	icmp("ping", 8),
	icmp("router-advertisement", 9),
	icmp("router-solicitation", 10),
	icmp("time-exceeded", 11),
	icmp("ttl-exceeded", 11),
	icmp("ttl-zero-during-transit", 11, 0),
	icmp("ttl-zero-during-reassembly", 11, 1),
	icmp("parameter-problem", 12),
	icmp("ip-header-bad", 12, 0),
	icmp("required-option-missing", 12, 1),
	icmp("timestamp-request", 13),
	icmp("timestamp-reply", 14),
	icmp("address-mask-request", 17),
	icmp("address-mask-reply", 18),
];

/** In the order of `ip6tables -p icmpv6 -h`. */
export const ICMP6_TYPES: readonly IcmpType[] = [
	icmp("destination-unreachable", 1),
	icmp("no-route", 1, 0),
	icmp("communication-prohibited", 1, 1),
	icmp("beyond-scope", 1, 2),
	icmp("address-unreachable", 1, 3),
	icmp("port-unreachable", 1, 4),
	icmp("failed-policy", 1, 5),
	icmp("reject-route", 1, 6),
	icmp("packet-too-big", 2),
	icmp("time-exceeded", 3),
	icmp("ttl-exceeded", 3),
	icmp("ttl-zero-during-transit", 3, 0),
	icmp("ttl-zero-during-reassembly", 3, 1),
	icmp("parameter-problem", 4),
	icmp("bad-header", 4, 0),
	icmp("unknown-header-type", 4, 1),
	icmp("unknown-option", 4, 2),
	icmp("echo-request", 128),
	icmp("ping", 128),
	icmp("echo-reply", 129),
	icmp("pong", 129),
	icmp("router-solicitation", 133),
	icmp("router-advertisement", 134),
	icmp("neighbour-solicitation", 135),
	icmp("neighbor-solicitation", 135),
	icmp("neighbour-advertisement", 136),
	icmp("neighbor-advertisement", 136),
	icmp("redirect", 137),
];
/** Types of the mobility header (RFC 6275); the long name comes first. */
export const MH_TYPES: readonly (readonly [string, number])[] = [
	["binding-refresh-request", 0],
	["brr", 0],
	["home-test-init", 1],
	["hoti", 1],
	["careof-test-init", 2],
	["coti", 2],
	["home-test", 3],
	["hot", 3],
	["careof-test", 4],
	["cot", 4],
	["binding-update", 5],
	["bu", 5],
	["binding-acknowledgement", 6],
	["ba", 6],
	["binding-error", 7],
	["be", 7],
];

/** TCP flags in the order in which they are printed. */
export const TCP_FLAGS: readonly (readonly [string, number])[] = [
	["FIN", 1],
	["SYN", 2],
	["RST", 4],
	["PSH", 8],
	["ACK", 16],
	["URG", 32],
];
/** DSCP classes (RFC 2474, 2597, 3246). */
export const DSCP_CLASSES: ReadonlyMap<string, number> = new Map([
	["CS0", 0x00],
	["CS1", 0x08],
	["CS2", 0x10],
	["CS3", 0x18],
	["CS4", 0x20],
	["CS5", 0x28],
	["CS6", 0x30],
	["CS7", 0x38],
	["BE", 0x00],
	["AF11", 0x0a],
	["AF12", 0x0c],
	["AF13", 0x0e],
	["AF21", 0x12],
	["AF22", 0x14],
	["AF23", 0x16],
	["AF31", 0x1a],
	["AF32", 0x1c],
	["AF33", 0x1e],
	["AF41", 0x22],
	["AF42", 0x24],
	["AF43", 0x26],
	["EF", 0x2e],
]);
/** Names of TOS values (RFC 1349). */
export const TOS_NAMES: ReadonlyMap<string, number> = new Map([
	["Minimize-Delay", 0x10],
	["Maximize-Throughput", 0x08],
	["Maximize-Reliability", 0x04],
	["Minimize-Cost", 0x02],
	["Normal-Service", 0x00],
]);
