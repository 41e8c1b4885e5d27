/** What labs of hosts with VXLAN between them begin with. */
import { macOf, patient, wire } from "./lab.ts";

/** A switch in namespace u, which all hosts are on. */
export const UNDERLAY: readonly string[] = [
	"ip netns add u",
	"ip netns exec u ip link add lan address 02:00:00:00:09:00 type bridge",
	"ip netns exec u ip link set lan up",
];
/** Lines for host `h`: on the underlay as 10.50.0.`h`, with a bridge br0 and a VXLAN device vx0 on it. */
export function overlayHost(h: number, mtu: number, vni: string, learning: string): string[] {
	const on = `ip netns exec h${h} `;
	return [
		...wire(`h${h}`, macOf(0x700 + h), "u", `u${h}`, macOf(0x900 + h)),
		`ip netns exec u ip link set u${h} master lan`,
		`ip netns exec u ip link set u${h} up`,
		`${on}ip link set eth0 mtu ${mtu}`,
		`ip netns exec u ip link set u${h} mtu ${mtu}`,
		`${on}ip addr add 10.50.0.${h}/24 dev eth0`,
		...patient(on, "eth0"),
		`${on}ip link set eth0 up`,
		`${on}ip link add br0 address ${macOf(0x100 + h)} type bridge`,
		`${on}ip link add vx0 address ${macOf(0x200 + h)} type vxlan id ${vni} dstport 4789 dev eth0 local 10.50.0.${h}${learning}`,
		`${on}ip link set vx0 master br0`,
		`${on}ip link set br0 up`,
		`${on}ip link set vx0 up`,
	];
}
