/** The package's door: trace files (`schema/trace.proto`), written, read and printed. */
export { TracePrinter, type TracePrinterOptions } from "./print.ts";
export { TraceFormatError, TraceReader, type TraceReaderEvents } from "./read.ts";
export {
	type DeviceName,
	type NetnsName,
	TRACE_VERSION,
	type TraceHeader,
	type TraceNames,
	type TraceRecord,
} from "./record.ts";
export { TraceWriter, type TraceWriterOptions } from "./write.ts";
