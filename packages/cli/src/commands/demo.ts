/** `hookline demo`: two Docker hosts, a published port, NAT and an overlay; a real capture goes through. */
import { dirname, relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { Lab } from "hookline";
import { addressText } from "hookline/words";
import { createColors } from "picocolors";
import type { Command } from "../command.ts";
import { type Flow, HASTE, playSession, readSession } from "../demo/conversation.ts";
import { greet } from "../demo/greet.ts";
import { measure } from "../demo/speed.ts";
import { Failure, UsageError } from "../errors.ts";
import type { Io } from "../io/console.ts";
import { buildLab } from "../io/lab-file.ts";
import { columns, grouped } from "../io/table.ts";
import { parse } from "../options.ts";
import { natTable } from "../replay/nat-table.ts";
import { Observer } from "../replay/observer.ts";
import { accountText } from "../replay/summary.ts";

const FILES = fileURLToPath(new URL("../../demo/", import.meta.url));
const DEFAULT_OUT = "out/demo.pcapng";
/** Where frames are watched, in the order of the way. */
const PORTS = [
	"c1:eth0",
	"host1:docker0",
	"host1:eth0",
	"host2:eth0",
	"host2:docker0",
	"c2:eth0",
	"c1:eth1",
	"overlay1:vxlan1",
	"overlay2:vxlan1",
	"c2:eth1",
];
/** Each path is run so long for its speed, ms of wall clock. */
const SPEED_MS = 600;

export const demo: Command = {
	name: "demo",
	usage: "[--out FILE.pcapng]",
	about: "two Docker hosts, a published port, NAT and a VXLAN overlay; a real capture goes through",
	help: `A captured FTP session (95 frames) is replayed twice between a container on each host: through bridge, MASQUERADE, wire,
DNAT and bridge to a published port, then through the VXLAN overlay. All watched ports go to FILE (default ${DEFAULT_OUT}).
Exit status 1 when frames did not arrive at both ends.
`,
	run(args, io) {
		const { values, positionals } = parse(args, { out: { type: "string" } });
		if (positionals.length > 0) throw new UsageError(`unexpected argument "${positionals[0]}"`);
		const out = values.out ?? DEFAULT_OUT;
		if (!out.endsWith(".pcapng")) throw new UsageError(`--out ${out}: expected a name that ends in .pcapng`);
		runDemo(out, io);
		return 0;
	},
};

function runDemo(out: string, io: Io): void {
	const { bold } = createColors(io.colour);
	const title = (text: string): void => io.out(`${bold(text)}\n`);
	const file = shown(`${FILES}two-hosts.sh`);
	const lab = buildLab(`${FILES}two-hosts.sh`, {}, io);
	title(`Two Docker hosts (${file})`);
	io.out(`${columns(deviceRows(lab), "  ")}\n`);

	greet(lab, "c1", "192.168.50.2");
	greet(lab, "c2", "192.168.50.1");
	greet(lab, "c1", "10.0.9.2");

	const session = readSession(`${FILES}captures/ftp.pcap`);
	const specs = PORTS.map((port) => {
		const [netns, dev] = port.split(":");
		return { netns, dev, direction: undefined, file: out };
	});
	const observer = new Observer(lab, specs, session.epoch);
	const at = (netns: string, dev: string) => lab.netns(netns).device(dev);
	title(
		`A real FTP session, ${session.frames.length} frames (${shown(`${FILES}captures/ftp.pcap`)}), its pauses 1/${HASTE} as long`,
	);
	let published: Account;
	let overlay: Account;
	try {
		published = playSession(
			lab,
			session,
			{ at: at("c1", "eth0"), own: "172.17.0.2", other: "192.168.50.2" },
			{ at: at("c2", "eth0"), own: "172.17.0.2", other: "192.168.50.1" },
			false,
		);
		overlay = playSession(
			lab,
			session,
			{ at: at("c1", "eth1"), own: "10.0.9.1", other: "10.0.9.2" },
			{ at: at("c2", "eth1"), own: "10.0.9.2", other: "10.0.9.1" },
			true,
		);
	} finally {
		observer.close();
	}
	const ways: [string, Account][] = [
		["through the published ports of 192.168.50.2", published],
		["through the overlay, to 10.0.9.2", overlay],
	];
	for (const [way, { client, server }] of ways) {
		const rows = [
			["client in c1", "sent", client.sent, "arrived in c2", client.arrived, refusedText(client)],
			["server in c2", "sent", server.sent, "arrived in c1", server.arrived, refusedText(server)],
		];
		io.out(`  ${way}\n${columns(rows, "    ")}`);
	}
	const active = session.frames.filter((f) => !f.clientOpened).length;
	io.out(`  ${active} frames of the active data connections, which the server opens, went only through the overlay: no way leads
  them through the client's MASQUERADE.\n\n`);
	title("Frames at each port");
	io.out(
		`${columns(
			observer.ports.map((p) => [p.port, "in", p.rx, "out", p.tx]),
			"  ",
		)}\n`,
	);
	title("NAT table (conntrack -L, translated connections)");
	io.out(
		`${columns(
			natTable(lab).map((n) => [n.netns, n.line]),
			"  ",
		)}\n`,
	);
	io.out(`${accountText(lab.counters(), io.colour)}\n`);
	checkArrived(ways);

	title("How fast (64-byte UDP frames of one flow, CPU time)");
	const fast: [string, string, string, string][] = [
		[
			"bridge, MASQUERADE, wire, DNAT, bridge",
			"eth0",
			"udp 172.17.0.2:5000 > 192.168.50.2:53 len=22",
			"published port",
		],
		["bridge, VXLAN, wire, VXLAN, bridge", "eth1", "udp 10.0.9.1:5000 > 10.0.9.2:53 len=22", "overlay"],
	];
	const rows = fast.map(([way, dev, words, name]) => {
		const { frames, nsPerFrame } = measure(lab, at("c1", dev), at("c2", dev), words, SPEED_MS);
		const mpps = (1000 / nsPerFrame).toFixed(2);
		return [
			name,
			way,
			`${mpps} Mpps`,
			`${grouped(nsPerFrame)} ns per packet`,
			`(${grouped(frames)} packets)`,
		];
	});
	io.out(`${columns(rows, "  ")}\n`);
	io.out(`Every frame at these ports is in ${bold(out)}\n`);
}

interface Account {
	readonly client: Flow;
	readonly server: Flow;
}

function refusedText({ refused }: Flow): string {
	return refused === 0 ? "" : `${refused} longer than the sender's MTU, refused`;
}

function checkArrived(ways: readonly (readonly [string, Account])[]): void {
	for (const [way, { client, server }] of ways)
		for (const [side, { sent, arrived }] of [
			["client", client],
			["server", server],
		] as const)
			if (sent === 0 || arrived !== sent)
				throw new Failure(`${way}: ${arrived} of the ${side}'s ${sent} frames arrived at the other end`);
}

function deviceRows(lab: Lab): string[][] {
	return lab.machine.all().flatMap((ns) =>
		ns.devices
			.filter((dev) => dev.up && !dev.loopback)
			.map((dev, i) => {
				const addresses = ns.inDevices[dev.id]?.addresses ?? [];
				const text = addresses.map((a) => `${addressText(a.local)}/${a.prefixLen}`).join(" ");
				const port = dev.master === null ? "" : `port of ${dev.master.name}`;
				return [i === 0 ? ns.name : "", dev.name, dev.kind, `mtu ${dev.mtu}`, text || port];
			}),
	);
}

/** A path as short as it can be said from here. */
function shown(path: string): string {
	const short = relative(process.cwd(), path);
	return dirname(short).startsWith("..") ? path : short;
}
