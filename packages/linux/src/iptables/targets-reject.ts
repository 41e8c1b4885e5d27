/** The REJECT target, whose answers are of a family. */
import type { Target } from "@hookline/engine/netfilter/rule";
import type { NfFamily } from "@hookline/engine/netfilter/types";
import type { Extension } from "./extension.ts";
import { ToolError } from "./values.ts";

type Reject = Extract<Target, { type: "REJECT" }>;

/** In the order of REJECT_*: the name, and its shorter one. */
const REJECTS: readonly (readonly [string, string])[] = [
	["icmp-net-unreachable", "net-unreach"],
	["icmp-host-unreachable", "host-unreach"],
	["icmp-proto-unreachable", "proto-unreach"],
	["icmp-port-unreachable", "port-unreach"],
	["echo-reply", "echoreply"],
	["icmp-net-prohibited", "net-prohib"],
	["icmp-host-prohibited", "host-prohib"],
	["tcp-reset", "tcp-rst"],
	["icmp-admin-prohibited", "admin-prohib"],
];
const ECHO_REPLY = 4;
/** In the order of REJECT6_*; the tool does not know those without a name. */
const REJECTS6: readonly (readonly [string, string] | undefined)[] = [
	["icmp6-no-route", "no-route"],
	["icmp6-adm-prohibited", "adm-prohibited"],
	undefined,
	["icmp6-addr-unreachable", "addr-unreach"],
	["icmp6-port-unreachable", "port-unreach"],
	undefined,
	["tcp-reset", "tcp-reset"],
	["icmp6-policy-fail", "policy-fail"],
	["icmp6-reject-route", "reject-route"],
];
/** The beginning of either name is enough, and the first that fits is meant. */
function find(names: typeof REJECTS6, word: string): number {
	return names.findIndex((n) => n !== undefined && (n[0].startsWith(word) || n[1].startsWith(word)));
}
export function rejectTarget(family: NfFamily): Extension<Reject> {
	const names = family === 4 ? REJECTS.map((n, i) => (i === ECHO_REPLY ? undefined : n)) : REJECTS6;
	return {
		name: "REJECT",
		options: [{ name: "reject-with", args: 1 }],
		start() {
			let how = find(names, family === 4 ? "icmp-port" : "icmp6-port");
			return {
				option(_name, value, _not, cx) {
					const word = value.toLowerCase();
					if (family === 4 && "echo-reply".startsWith(word) && word !== "")
						cx.warn("--reject-with echo-reply no longer supported\n");
					how = find(names, word);
					if (how < 0) throw new ToolError(`unknown reject type "${value}"`);
				},
				finish: () => ({ type: "REJECT", how }),
			};
		},
	};
}
/** The name of a REJECT_* or REJECT6_*. */
export function rejectName(how: number, family: NfFamily): string {
	return (family === 4 ? REJECTS : REJECTS6)[how]?.[0] ?? "";
}
