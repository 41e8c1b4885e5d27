/** Draws targets of either family, each where it may stand. */
import type { Draw } from "./draw.ts";
import type { Place, RichWorld } from "./rules-rich-match.ts";

export interface Target {
	readonly text: string;
	/** Only packets of this protocol, with the words behind it. */
	readonly protocol?: string;
}

export function chainTarget(draw: Draw, later: readonly string[]): Target {
	return { text: ` -${draw.chance(25) ? "g" : "j"} ${draw.pick(later)}` };
}
const plain = (text: string): Target => ({ text: text === "" ? "" : ` -j ${text}` });

export function targetOf(draw: Draw, world: RichWorld, place: Place): Target {
	const any = draw.below(10);
	if (any === 0) return plain("");
	if (any === 1) return plain(draw.pick(["ACCEPT", "RETURN"]));
	if (any === 2) return common(draw);
	switch (place.table) {
		case "raw":
			return plain(
				draw.pick(["CT --notrack", "NOTRACK", "NOTRACK", "ACCEPT", "DROP", "RETURN", "CT --ctevents new"]),
			);
		case "mangle":
			return mangle(draw, world, place);
		case "nat":
			return nat(draw, world, place);
		case "filter":
			return filter(draw, world, place);
		default:
			return plain(draw.pick(["ACCEPT", "DROP", "RETURN", "MARK --set-mark 1", ""]));
	}
}
/** What may stand in any table. */
function common(draw: Draw): Target {
	return plain(
		draw.pick([
			"LOG --log-prefix fuzz",
			"LOG --log-ip-options --log-tcp-options --log-tcp-sequence",
			"NFLOG --nflog-group 3",
			"SET --add-set S4 src",
			"SET --add-set S4 dst --exist",
			"SET --del-set S1 src",
			"SET --add-set S3 dst,dst",
			...MARKS,
		]),
	);
}
const MARKS = [
	"MARK --set-mark 1",
	"MARK --set-xmark 0x2/0x3",
	"MARK --and-mark 0xfe",
	"MARK --or-mark 0x10",
	"MARK --xor-mark 0x11",
	"CONNMARK --set-mark 2",
	"CONNMARK --set-xmark 0x10/0xf0",
	"CONNMARK --and-mark 0xf0",
	"CONNMARK --or-mark 1",
	"CONNMARK --xor-mark 3",
	"CONNMARK --save-mark",
	"CONNMARK --save-mark --nfmask 0xf0 --ctmask 0xff",
	"CONNMARK --restore-mark",
	"CONNMARK --restore-mark --nfmask 0x0f --ctmask 0xf3",
];
function mangle(draw: Draw, world: RichWorld, { chain, user }: Place): Target {
	const k = draw.below(12);
	if (k < 4) return plain(draw.pick(MARKS));
	if (k < 6)
		return plain(
			world.six
				? draw.pick(["HL --hl-set 33", "HL --hl-dec 1", "HL --hl-inc 2", "HL --hl-set 1", "HL --hl-dec 63"])
				: draw.pick([
						"TTL --ttl-set 33",
						"TTL --ttl-dec 1",
						"TTL --ttl-inc 2",
						"TTL --ttl-set 1",
						"TTL --ttl-dec 63",
					]),
		);
	if (k < 8)
		return plain(
			draw.pick([
				"TOS --set-tos 0x10",
				"TOS --set-tos 0x04/0x1c",
				"TOS --and-tos 0xf0",
				"TOS --or-tos 0x08",
				"TOS --xor-tos 0x20",
				"DSCP --set-dscp 12",
				"DSCP --set-dscp-class EF",
				"DSCP --set-dscp 0",
			]),
		);
	if (k < 10) {
		const clamp = !user && ["FORWARD", "OUTPUT", "POSTROUTING"].includes(chain) && draw.chance(60);
		return {
			protocol: "tcp --tcp-flags SYN,RST SYN",
			text: ` -j TCPMSS ${clamp ? "--clamp-mss-to-pmtu" : `--set-mss ${draw.pick([536, 1000, 1400, 1460, 8000])}`}`,
		};
	}
	if (k === 10 && !user && ["FORWARD", "OUTPUT", "POSTROUTING"].includes(chain))
		return plain(`CLASSIFY --set-class 1:${draw.int(1, 9)}`);
	return draw.chance(50)
		? { protocol: "udp", text: " -j CHECKSUM --checksum-fill" }
		: plain(draw.pick(["ACCEPT", "DROP", "RETURN"]));
}
function filter(draw: Draw, world: RichWorld, _place: Place): Target {
	const k = draw.below(12);
	if (k < 3) return plain("ACCEPT");
	if (k < 4) return plain("DROP");
	if (k < 6) return plain("RETURN");
	if (k < 8) return { protocol: "tcp", text: " -j REJECT --reject-with tcp-reset" };
	return plain(
		`REJECT${draw.pick(
			world.six
				? [
						"",
						" --reject-with icmp6-adm-prohibited",
						" --reject-with no-route",
						" --reject-with addr-unreach",
						" --reject-with port-unreach",
						" --reject-with policy-fail",
						" --reject-with reject-route",
					]
				: [
						"",
						" --reject-with icmp-net-unreachable",
						" --reject-with icmp-host-unreachable",
						" --reject-with icmp-proto-unreachable",
						" --reject-with icmp-port-unreachable",
						" --reject-with icmp-net-prohibited",
						" --reject-with icmp-host-prohibited",
						" --reject-with icmp-admin-prohibited",
					],
		)}`,
	);
}
/** Only what suits the hook; no range of source ports that is small, of which a kernel draws. */
function nat(draw: Draw, world: RichWorld, { chain, user }: Place): Target {
	const ip = (address: string): string => (world.six ? `[${address}]` : address);
	const protocol = draw.pick(["udp", "tcp"]);
	const to = draw.pick(world.inside);
	const own = draw.pick(world.own);
	if (user) return plain(draw.pick(["ACCEPT", "RETURN", "MARK --set-mark 3"]));
	if (chain === "PREROUTING" || chain === "OUTPUT")
		return draw.pick([
			{ text: ` -j DNAT --to-destination ${to}` },
			{ protocol, text: ` -j DNAT --to-destination ${ip(to)}:${draw.pick(["80", "1000-1003"])}` },
			{ protocol, text: ` -j REDIRECT --to-ports ${draw.pick(["80", "1000-1010"])}` },
			{ protocol, text: " -j REDIRECT" },
			{
				text: world.six
					? ` -d 2001:db8:66::/64 -j NETMAP --to ${to}/64`
					: ` -d 10.66.0.0/24 -j NETMAP --to ${to.replace(/\d+$/, "0")}/24`,
			},
		] as Target[]);
	if (chain === "INPUT")
		return { text: ` -j SNAT --to-source ${world.six ? "2001:db8:77::9" : "10.77.0.9"}` };
	const range = world.six ? "2001:db8:77::1-2001:db8:77::6" : "10.77.0.1-10.77.0.6";
	return draw.pick([
		{ text: " -j MASQUERADE" },
		{ protocol, text: " -j MASQUERADE --to-ports 1024-65535" },
		{ text: ` -j SNAT --to-source ${own}` },
		{ text: ` -j SNAT --to-source ${range}` },
		{ text: ` -j SNAT --to-source ${range} --persistent` },
		{ protocol, text: ` -j SNAT --to-source ${ip(own)}:${draw.pick(["5000", "1024-65535"])}` },
		{ text: world.six ? " -j NETMAP --to 2001:db8:77::/64" : " -j NETMAP --to 10.77.0.0/24" },
	] as Target[]);
}
