/** The final state of a lab from the real tools, in the lines of state.txt: sorted, without time-outs and use counts. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Agent } from "./agent.ts";

const MARK = "=====hookline=====";

/** What goes on changing while a neighbour is being asked for: read first, in all namespaces, before the rest takes its time. */
const MOVING = `
section() { echo '${MARK}'; }
section; ip -j -s link show || :
section; ip -4 neigh show || :; if [ "$IPV6" = 1 ]; then ip -6 neigh show || :; fi
`;
/** Tools that have nothing to say are not started: a connection table or a rule table that is empty is known from /proc. */
const REST = `
section() { echo '${MARK}'; }
section; bridge fdb show || :
section; n=0; read n </proc/sys/net/netfilter/nf_conntrack_count || :
[ "$n" = 0 ] || { conntrack -f ipv4 -L || :; conntrack -f ipv6 -L || :; }
section; if read n </proc/net/ip_tables_names || [ "$LEGACY" = 0 ]; then iptables-save -c || :; fi
section; if read n </proc/net/ip6_tables_names || [ "$LEGACY" = 0 ]; then ip6tables-save -c || :; fi
`;

interface Link {
	readonly ifname: string;
	readonly address?: string;
	readonly mtu?: number;
	readonly operstate?: string;
	readonly stats64: Readonly<
		Record<"rx" | "tx", Readonly<Record<"packets" | "bytes" | "errors" | "dropped", number>>>
	>;
}

/** Lines of state.txt, the root namespace first, the others by name. `work` is a folder for the tools' output. */
export async function stateLines(
	agent: Agent,
	namespaces: readonly string[],
	options: { work: string; ipv6: boolean; legacy: boolean },
): Promise<string[]> {
	const file = join(options.work, "state");
	const ask = async (netns: string, script: string): Promise<string[]> => {
		const status = await agent.run(
			netns,
			`exec >'${file}' 2>/dev/null; IPV6=${options.ipv6 ? 1 : 0}; LEGACY=${options.legacy ? 1 : 0}${script}`,
		);
		const sections = readFileSync(file, "utf8").split(`${MARK}\n`).slice(1);
		if (status !== 0 || sections.length !== script.split("\nsection;").length - 1)
			throw new Error(
				`the state of namespace ${netns} could not be read (status ${status}): ${agent.messages.trim()}`,
			);
		return sections;
	};
	const moving = new Map<string, string[]>();
	for (const netns of namespaces) moving.set(netns, await ask(netns, MOVING));
	const out: string[] = [];
	for (const netns of namespaces) {
		const [links, neigh] = moving.get(netns)!;
		const [fdb, connections, iptables, ip6tables] = await ask(netns, REST);
		const put = (title: string, lines: readonly string[]): void => {
			out.push(`== ${netns === "." ? "root" : netns}: ${title}`, ...lines);
		};
		put("bridge fdb", sorted(fdb));
		put("ip neigh", sorted(neigh));
		put("conntrack", lines(connections).flatMap(connection).sort());
		put("iptables-save -c", rules(iptables));
		put("ip6tables-save -c", rules(ip6tables));
		put("links", (JSON.parse(links || "[]") as Link[]).map((l) => link(l, options.ipv6)).sort());
	}
	return out;
}

function lines(text: string): string[] {
	return text.split("\n").filter((l) => l !== "");
}
function sorted(text: string): string[] {
	return lines(text)
		.map((l) => l.trim())
		.sort();
}
function rules(text: string): string[] {
	return lines(text)
		.filter((l) => !l.startsWith("#"))
		.map((l) => l.trimEnd());
}
/** The third word of a connection is its time-out. */
function connection(line: string): string[] {
	const words = line.trim().split(/\s+/);
	if (words.length <= 2) return [];
	words.splice(2, 1);
	return [words.filter((w) => !/^(use|secctx|delta-time)=/.test(w)).join(" ")];
}
function link(l: Link, ipv6: boolean): string {
	const head = `${l.ifname} mac=${l.address ?? "None"} mtu=${l.mtu} state=${l.operstate}`;
	// with IPv6 the counters hold multicast listener reports, which come after a random delay
	if (ipv6) return head;
	const count = (d: "rx" | "tx"): string => {
		const s = l.stats64[d];
		return `${d}=${s.packets}/${s.bytes}B err=${s.errors} drop=${s.dropped}`;
	};
	return `${head} ${count("rx")} ${count("tx")}`;
}
