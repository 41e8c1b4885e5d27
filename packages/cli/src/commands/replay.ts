/** `hookline replay`: captures into a lab, captures out of it. */
import { existsSync, realpathSync } from "node:fs";
import type { Command } from "../command.ts";
import { UsageError } from "../errors.ts";
import { CaptureFile } from "../io/capture-in.ts";
import { isCaptureName } from "../io/capture-out.ts";
import type { Io } from "../io/console.ts";
import { buildLab } from "../io/lab-file.ts";
import { Progress } from "../io/progress.ts";
import { TraceFile } from "../io/trace-file.ts";
import { LAB_OPTIONS, labSettings, one, parse } from "../options.ts";
import { AddressMap } from "../replay/address-map.ts";
import { Injector } from "../replay/injector.ts";
import { Observer } from "../replay/observer.ts";
import { deviceOf, type FileSpec, parseFile, portText } from "../replay/port-spec.ts";
import { play, type Source } from "../replay/session.ts";
import { summarize, summaryText } from "../replay/summary.ts";

export const replay: Command = {
	name: "replay",
	usage:
		"LAB.sh --in NETNS:DEV[:tx|rx]=FILE… [--out NETNS:DEV[:tx|rx]=FILE…] [--speed asap|recorded] [--trace FILE] [--map OLD=NEW…] [--keep-mac] [--json] [--seed N] [--vector N] [--ipv6]",
	about: "play captures into a lab, write captures out of it, and sum up",
	help: `  --in PORT=FILE    a capture (pcap or pcapng; Ethernet, or raw IP, which gets a header). tx (default): sent out of the
                    device; rx: as if it came from the wire. Several are merged in order of time.
  --out PORT=FILE   what passes there; both directions unless :tx or :rx. FILE.pcap, or FILE.pcapng with an interface
                    per port and directions; ports may share a file.
  --speed S         asap (default): in order, each frame run to its end, no virtual time between; recorded: as spaced in
                    the capture (a stamp that goes back counts as the one before)
  --map OLD=NEW     rewrite IPv4 addresses (or prefixes of one length) in IP, ARP and ICMP quotes; checksums follow
  --keep-mac        keep the capture's MACs; else they are the lab's: source the device's, destination the next hop's
  --trace FILE      record all that happens to every frame (hookline trace FILE prints it)
  --json            the summary as one JSON object
  --seed N, --vector N, --ipv6   as for run
A damaged capture is used up to the damage, all outputs are written, then it is an error (1). NETNS "." is the root.
`,
	run(args, io) {
		const { values, positionals } = parse(args, {
			in: { type: "string", multiple: true },
			out: { type: "string", multiple: true },
			map: { type: "string", multiple: true },
			speed: { type: "string" },
			trace: { type: "string" },
			"keep-mac": { type: "boolean" },
			json: { type: "boolean" },
			...LAB_OPTIONS,
		});
		const { speed = "asap", json = false } = values;
		if (speed !== "asap" && speed !== "recorded")
			throw new UsageError(`--speed ${speed}: expected asap or recorded`);
		return replayLab(
			{
				lab: one(positionals, "LAB.sh"),
				ins: (values.in ?? []).map((text) => parseFile("--in", text)),
				outs: (values.out ?? []).map((text) => parseFile("--out", text)),
				map: new AddressMap(values.map ?? []),
				recorded: speed === "recorded",
				keepMac: values["keep-mac"] ?? false,
				trace: values.trace,
				json,
				settings: labSettings(values),
			},
			io,
		);
	},
};

interface ReplayRequest {
	readonly lab: string;
	readonly ins: readonly FileSpec[];
	readonly outs: readonly FileSpec[];
	readonly map: AddressMap;
	readonly recorded: boolean;
	readonly keepMac: boolean;
	readonly trace: string | undefined;
	readonly json: boolean;
	readonly settings: ReturnType<typeof labSettings>;
}

function replayLab(request: ReplayRequest, io: Io): number {
	const { ins, outs, json } = request;
	checkFiles(request);
	const files: CaptureFile[] = [];
	const progress = new Progress(io);
	let observer: Observer | undefined;
	let trace: TraceFile | undefined;
	try {
		for (const spec of ins) files.push(new CaptureFile(spec.file));
		const lab = buildLab(request.lab, request.settings, json ? { out: io.err, err: io.err } : io);
		const sources = ins.map(
			(spec, i): Source => ({
				file: files[i],
				injector: new Injector(lab, deviceOf(lab, "--in", spec), {
					direction: spec.direction ?? "tx",
					map: request.map,
					keepMac: request.keepMac,
				}),
				frames: 0,
				cut: 0,
			}),
		);
		for (const spec of outs) deviceOf(lab, "--out", spec);
		const played = play(lab, sources, {
			recorded: request.recorded,
			progress,
			begin: (epoch) => {
				observer = new Observer(lab, outs, epoch);
				if (request.trace !== undefined)
					trace = new TraceFile(request.trace, lab, { lab: request.lab, seed: request.settings.seed ?? 1 });
			},
			after: () => trace?.drain(),
		});
		progress.end();
		observer?.close();
		trace?.close();
		const summary = summarize(lab, sources, ins.map(portText), observer?.ports ?? [], played);
		io.out(json ? `${JSON.stringify(summary)}\n` : summaryText(summary, io.colour));
		for (const d of played.damage) io.err(`hookline replay: ${d.message}\n`);
		return played.damage.length > 0 ? 1 : 0;
	} finally {
		progress.end();
		for (const file of files) file.close();
		observer?.close();
		trace?.close();
	}
}

/** What can be seen to be wrong before anything runs, and before an output overwrites something that is still to be read. */
function checkFiles({ lab, ins, outs, trace }: ReplayRequest): void {
	if (ins.length === 0) throw new UsageError("--in is missing");
	const written = outs.map((o) => o.file);
	for (const file of written)
		if (!isCaptureName(file))
			throw new UsageError(`--out ${file}: expected a name that ends in .pcap or .pcapng`);
	if (trace !== undefined) {
		if (written.includes(trace)) throw new UsageError(`--trace ${trace}: is an --out too`);
		written.push(trace);
	}
	const read = [lab, ...ins.map((i) => i.file)].filter((f) => existsSync(f)).map((f) => realpathSync(f));
	for (const file of written)
		if (existsSync(file) && read.includes(realpathSync(file)))
			throw new UsageError(`${file}: would be overwritten while it is read`);
}
