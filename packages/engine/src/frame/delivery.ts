/** Where a frame that was not dropped ended: who consumed it. */
const NAMES = [
	"arp",
	"icmp",
	"udp-socket",
	"ping-socket",
	"sink",
	"reassembly",
	"fragmentation",
	"clones",
	"igmp",
] as const;
export type DeliveryName = (typeof NAMES)[number];

export const DELIVERED: { readonly [K in DeliveryName]: number } = Object.fromEntries(
	NAMES.map((name, i) => [name, i]),
) as { [K in DeliveryName]: number };

export const DELIVERIES: number = NAMES.length;

export function deliveryName(to: number): DeliveryName {
	return NAMES[to] ?? "sink";
}
