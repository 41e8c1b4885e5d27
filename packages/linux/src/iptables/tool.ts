/** The two sets of commands: iptables for IPv4, ip6tables for IPv6. */
import type { NfFamily } from "@hookline/engine/netfilter/types";

export interface Tool {
	readonly family: NfFamily;
	/** Names of the commands, which stand in their messages. */
	readonly name: "iptables" | "ip6tables";
	readonly save: "iptables-save" | "ip6tables-save";
	readonly restore: "iptables-restore" | "ip6tables-restore";
}
export const IPTABLES: Tool = {
	family: 4,
	name: "iptables",
	save: "iptables-save",
	restore: "iptables-restore",
};
export const IP6TABLES: Tool = {
	family: 6,
	name: "ip6tables",
	save: "ip6tables-save",
	restore: "ip6tables-restore",
};
export function toolOf(family: NfFamily): Tool {
	return family === 4 ? IPTABLES : IP6TABLES;
}
