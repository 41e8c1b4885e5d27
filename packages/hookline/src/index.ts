/** The package's door: what a user of the library needs, and nothing else. */
export { LabError } from "@hookline/linux/shell/errors";
export { type CaseDefinition, type CaseFiles, type CaseResult, runCase } from "./case.ts";
export { DeviceHandle, type TapFrame } from "./device-handle.ts";
export { type Explanation, explainText } from "./explain.ts";
export { frameWords } from "./frame-words.ts";
export { Lab, type LabCounters, type LabOptions } from "./lab.ts";
export { NetnsHandle } from "./netns-handle.ts";
export { packetFor } from "./packet-for.ts";
export { traceNames } from "./trace-names.ts";
export { TraceRecorder } from "./trace-recorder.ts";
export { ms, ns, parsePacketWords, seconds, us } from "./words.ts";
