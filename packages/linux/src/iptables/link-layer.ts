/** ebtables and arptables: rules of the link layer, which are not here. The refusal names the extension that a rule asks for. */
const BUILT_IN_TARGETS: ReadonlySet<string> = new Set(["ACCEPT", "DROP", "CONTINUE", "RETURN", "QUEUE"]);
/** Extensions of ebtables whose options begin with their name. */
const MATCHES = [
	"among",
	"arp",
	"ip6",
	"ip",
	"limit",
	"mark",
	"nflog",
	"pkttype",
	"stp",
	"string",
	"vlan",
	"802_3",
];

/** `argv[0]` is the tool; words known only at run time are undefined. */
export function linkLayerProblem(argv: readonly (string | undefined)[]): string {
	const tool = argv[0] ?? "";
	const at = argv.findIndex((word) => word === "-j" || word === "--jump");
	const target = at < 0 ? undefined : argv[at + 1];
	if (target !== undefined && !BUILT_IN_TARGETS.has(target))
		return `the target ${target} of ${tool} is not supported, nor is ${tool}`;
	for (const word of argv) {
		const match = MATCHES.find((name) => word?.startsWith(`--${name}-`));
		if (match !== undefined) return `the match ${match} of ${tool} is not supported, nor is ${tool}`;
	}
	return `${tool} is not supported`;
}
