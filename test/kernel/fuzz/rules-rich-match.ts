/** Draws matches of either family of addresses, each where it may stand. */
import type { Draw } from "./draw.ts";
import type { RuleWorld } from "./rules.ts";

export interface RichWorld extends RuleWorld {
	/** ip6tables. */
	readonly six: boolean;
}
export interface Place {
	readonly table: string;
	readonly chain: string;
	readonly user: boolean;
}

/** One match with its option; nothing where what was drawn may not stand. */
export function matchOf(draw: Draw, world: RichWorld, place: Place): string {
	const not = draw.chance(20) ? "! " : "";
	const { chain, user } = place;
	const before = !user && ["PREROUTING", "INPUT", "FORWARD"].includes(chain);
	const behind = !user && ["FORWARD", "OUTPUT", "POSTROUTING"].includes(chain);
	const special = draw.chance(world.six ? 25 : 10) ? (world.six ? six(draw, not) : " -f") : "";
	if (special !== "") return special;
	switch (draw.below(26)) {
		case 0:
			return ` -m addrtype ${not}--${draw.pick(["src", "dst"])}-type ${draw.pick(world.six ? ["LOCAL", "UNICAST", "MULTICAST", "ANYCAST", "UNREACHABLE"] : ["LOCAL", "UNICAST", "MULTICAST", "BROADCAST", "UNREACHABLE", "BLACKHOLE"])}${before && chain !== "FORWARD" && draw.chance(20) ? " --limit-iface-in" : ""}`;
		case 1: {
			const [low, high] = world.six ? ["2001:db8:1::", "2001:db8:2::3"] : ["10.1.0.0", "10.2.0.3"];
			return ` -m iprange ${not}--${draw.pick(["src", "dst"])}-range ${low}-${high}`;
		}
		case 2:
			return ` -m length ${not}--length ${draw.pick(["28", "0:100", "60:1500", "1000:", "48", "40:60"])}`;
		case 3:
			return world.six
				? ` -m hl ${draw.pick(["--hl-eq 64", "--hl-lt 64", "--hl-gt 60", "--hl-eq 63"])}`
				: ` -m ttl ${draw.pick(["--ttl-eq 64", "--ttl-lt 64", "--ttl-gt 60", "--ttl-eq 63"])}`;
		case 4:
			return before ? ` -m mac ${not}--mac-source ${draw.pick(world.macs)}` : "";
		case 5:
			return ` -m pkttype ${not}--pkt-type ${draw.pick(["unicast", "broadcast", "multicast"])}`;
		case 6:
			return physdev(draw, world, place, not);
		case 7:
			return ` -m statistic --mode nth ${not}--every ${draw.int(2, 4)} --packet ${draw.below(2)}`;
		case 8:
		case 9:
			return ` -m conntrack ${not}--ctstate ${draw.pick(["NEW", "ESTABLISHED", "RELATED,ESTABLISHED", "INVALID", "NEW,UNTRACKED", "UNTRACKED", "DNAT", "SNAT"])}`;
		case 10:
			return ` -m conntrack ${not}${draw.pick([`--ctorigdst ${draw.pick(world.addresses)}`, `--ctorigsrc ${draw.pick(world.addresses)}`, `--ctreplsrc ${draw.pick(world.addresses)}`, `--ctrepldst ${draw.pick(world.addresses)}`, "--ctproto udp", "--ctproto tcp --ctorigdstport 80", "--ctproto udp --ctreplsrcport 53:4000"])}`;
		case 11:
			return draw.chance(50)
				? ` -m conntrack --ctdir ${draw.pick(["ORIGINAL", "REPLY"])} --ctstate NEW,ESTABLISHED,RELATED`
				: ` -m conntrack ${not}--ctstatus ${draw.pick(["NONE", "SEEN_REPLY", "ASSURED", "CONFIRMED", "EXPECTED", "ASSURED,SEEN_REPLY"])}`;
		case 12:
			return ` -m connmark ${not}--mark ${draw.pick(["0x1", "0x2/0x3", "0x0", "0x10/0xf0"])}`;
		case 13:
			return ` -m mark ${not}--mark ${draw.pick(["0x1", "0x2/0x3", "0x0", "0x10/0xf0"])}`;
		case 14:
			return ` -m tos ${not}--tos ${draw.pick(["0x00", "0x10/0x3f", "0x08", "0x01/0x03"])}`;
		case 15:
			return ` -m dscp ${not}--dscp ${draw.pick(["0", "12", "46"])}`;
		case 16:
		case 17: {
			const [set, dirs] = draw.pick([
				["S1", ["src", "dst"]],
				["S2", ["src", "dst"]],
				["S3", ["src,src", "dst,dst", "src,dst", "dst,src"]],
				["S4", ["src", "dst"]],
			] as const);
			return ` -m set ${not}--match-set ${set} ${draw.pick(dirs)}${set === "S2" && draw.chance(20) ? " --return-nomatch" : ""}`;
		}
		case 18: {
			const name = draw.pick(["R1", "R2"]);
			const side = draw.pick(["", " --rsource", " --rdest"]);
			const hits = draw.chance(50) ? ` --hitcount ${draw.int(1, 4)}` : "";
			return ` -m recent --name ${name}${draw.pick([" --set", " --set", ` ${not}--rcheck${hits}`, ` ${not}--update${hits}`, " --remove"])}${side}`;
		}
		case 19:
			return ` -m limit --limit ${draw.pick(["1/min", "2/hour"])} --limit-burst ${draw.int(1, 6)}`;
		case 20:
			return before && chain === "PREROUTING" && ["raw", "mangle"].includes(place.table) && !world.six
				? ` -m rpfilter${draw.pick(["", " --loose", " --validmark", " --accept-local"])}${draw.chance(50) ? " --invert" : ""}`
				: "";
		case 21:
			return !user && ["OUTPUT", "POSTROUTING"].includes(chain)
				? ` -m owner ${not}${draw.pick(["--uid-owner 0", "--socket-exists", "--gid-owner 0", "--uid-owner 1000"])}`
				: "";
		case 22:
			return ` ${not}-${draw.pick(["s", "d"])} ${prefix(draw, world)}`;
		case 23:
			return before ? ` ${not}-i ${draw.pick(world.devices)}` : "";
		case 24:
			return behind ? ` ${not}-o ${draw.pick(world.devices)}` : "";
		default:
			return " -m comment --comment fuzz";
	}
}
function prefix(draw: Draw, world: RichWorld): string {
	const ip = draw.pick(world.addresses);
	return world.six
		? draw.pick([ip, `${ip}/64`, `${ip}/48`, `${ip}/127`, "2001:db8::/32"])
		: draw.pick([ip, `${ip}/24`, `${ip}/16`, `${ip}/30`, "10.0.0.0/8", "0.0.0.0/1"]);
}
function physdev(draw: Draw, world: RichWorld, place: Place, not: string): string {
	if (world.ports.length === 0 || place.user) return "";
	const port = draw.pick(world.ports);
	switch (place.chain) {
		case "PREROUTING":
		case "INPUT":
			return ` -m physdev ${draw.pick([`${not}--physdev-in ${port}`, `${not}--physdev-is-in`])}`;
		case "FORWARD":
		case "POSTROUTING":
			return ` -m physdev ${draw.pick([`${not}--physdev-in ${port}`, `--physdev-is-bridged ${not}--physdev-out ${port}`, `${not}--physdev-is-bridged`, `${not}--physdev-is-in`, `${not}--physdev-is-out`])}`;
		default:
			return "";
	}
}
function six(draw: Draw, not: string): string {
	return draw.pick([
		` -m frag ${not}--fragid ${draw.pick(["0:4294967295", "0:1000000"])}`,
		" -m frag --fragfirst",
		" -m frag --fragmore",
		" -m frag --fraglast",
		` -m dst ${not}--dst-len 8`,
		" -m dst",
		" -m dst --dst-opts 5",
		" -m hbh",
		` -m hbh ${not}--hbh-len 8`,
		" -m hbh --hbh-opts 5:2,30",
		` -m rt ${not}--rt-type ${draw.pick(["0", "2", "253"])}`,
		` -m rt ${not}--rt-segsleft ${draw.pick(["0", "1:3"])}`,
		` -m rt ${not}--rt-len 24`,
		` -m ipv6header --soft --header ${draw.pick(["hop", "dst", "route", "frag", "frag,dst", "prot", "none"])}`,
		` -m ipv6header ${not}--header ${draw.pick(["hop", "dst", "frag", "hop,dst", "none"])}`,
		" -m mh --mh-type 1:5 -p 135",
	]);
}
