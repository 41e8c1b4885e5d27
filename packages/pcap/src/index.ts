/** pcap and pcapng, streaming read and write, bytes only. This is the package's door; all else is one file, one idea. */
export { type Capture, CaptureReader, type CaptureReaderOptions, readCapture } from "./capture-reader.ts";
export { CaptureError } from "./error.ts";
export { LINKTYPE, linkTypeName } from "./linktype.ts";
export type { PcapHeader } from "./pcap-header.ts";
export { type Packet, PcapWriter, type PcapWriterOptions, type Sink } from "./pcap-writer.ts";
export { type PcapngBlock, PcapngBlockReader } from "./pcapng-block.ts";
export { BLOCK, OPT } from "./pcapng-format.ts";
export {
	type PcapngCustom,
	type PcapngName,
	type PcapngStatistics,
	readCustom,
	readNames,
	readStatistics,
} from "./pcapng-info.ts";
export { findOption, optionText, optionU32, optionU64, type PcapngOption } from "./pcapng-option.ts";
export type { PcapngSection } from "./pcapng-section.ts";
export {
	type PcapngCounters,
	type PcapngInterfaceOptions,
	type PcapngPacket,
	PcapngWriter,
	type PcapngWriterOptions,
} from "./pcapng-writer.ts";
export { type CaptureInterface, type CaptureRecord, direction } from "./record.ts";
export { relativeNs, timestampNs } from "./timestamp.ts";
export { toEthernet } from "./to-ethernet.ts";
