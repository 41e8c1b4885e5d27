/** `hookline explain`: one packet's way. */
import { CaptureError, type CaptureRecord, toEthernet } from "@hookline/pcap";
import { explainText, parsePacketWords } from "hookline";
import { packetFor } from "hookline/packet-for";
import type { Command } from "../command.ts";
import { Failure, messageOf, UsageError } from "../errors.ts";
import { CaptureFile } from "../io/capture-in.ts";
import { buildLab } from "../io/lab-file.ts";
import { LAB_OPTIONS, labSettings, parse } from "../options.ts";
import { AddressMap } from "../replay/address-map.ts";
import { Injector } from "../replay/injector.ts";
import { deviceOf, parsePort } from "../replay/port-spec.ts";

export const explain: Command = {
	name: "explain",
	usage:
		"LAB.sh --at NETNS:DEV[:tx|rx] PACKET [--map OLD=NEW…] [--keep-mac] [--seed N] [--vector N] [--ipv6]",
	about: "one packet's way through a lab, hop by hop",
	help: `PACKET is a frame of a capture, FILE#N (N from 1), or words:
  "udp 10.0.0.2:5000 > 192.168.0.10:80"   "tcp A:P > A:P syn"   "icmp A > A"   also ttl=N len=N df
  --at PORT      tx (default): sent out of the device; rx: as if it came from the wire
  --map OLD=NEW  rewrite addresses of a captured frame, as replay does
  --keep-mac     keep the captured frame's MACs
`,
	run(args, io) {
		const { values, positionals } = parse(args, {
			at: { type: "string" },
			map: { type: "string", multiple: true },
			"keep-mac": { type: "boolean" },
			...LAB_OPTIONS,
		});
		const [file, ...rest] = positionals;
		if (file === undefined) throw new UsageError("LAB.sh is missing");
		if (values.at === undefined) throw new UsageError("--at is missing");
		if (rest.length === 0) throw new UsageError("PACKET is missing");
		const spec = parsePort("--at", values.at);
		const direction = spec.direction ?? "tx";
		const map = new AddressMap(values.map ?? []);
		const packet = readPacket(rest.join(" "));
		const lab = buildLab(file, labSettings(values), io);
		const at = deviceOf(lab, "--at", spec);
		const keepMac = values["keep-mac"] ?? false;
		const frame = packet.captured
			? new Injector(lab, at, { direction, map, keepMac }).prepare(packet.bytes)
			: packetFor(lab, at, packet.bytes, direction);
		io.out(explainText(lab.explain(frame, { at, direction })));
		return 0;
	},
};

interface PacketGiven {
	readonly bytes: Uint8Array;
	/** A whole frame out of a capture; else an IPv4 packet. */
	readonly captured: boolean;
}

function readPacket(text: string): PacketGiven {
	const m = /^(.+)#(\d+)$/.exec(text);
	if (m !== null) return { bytes: capturedFrame(m[1], Number(m[2])), captured: true };
	try {
		return { bytes: parsePacketWords(text), captured: false };
	} catch (error) {
		throw new UsageError(`${messageOf(error)}, or FILE#N`);
	}
}

function capturedFrame(path: string, number: number): Uint8Array {
	const file = new CaptureFile(path);
	try {
		let count = 0;
		for (let record: CaptureRecord | undefined; (record = file.next()) !== undefined; )
			if (++count === number) return toEthernet(record).slice();
		throw new UsageError(`${path}#${number}: the capture has ${count} frames`);
	} catch (error) {
		if (error instanceof CaptureError) throw new Failure(`${path}#${number}: ${error.message}`);
		throw error;
	} finally {
		file.close();
	}
}
